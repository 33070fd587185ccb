"""Walks the models: which fields a part of a manifest has, and what each of them is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from xcp_reconciler.api.fields import Unit


class Many(StrEnum):
    """How often a field holds its type."""

    ONE = "one"
    LIST = "list"
    MAP = "map"


class NoDefault:
    """Says that a field must be given."""


REQUIRED: Final = NoDefault()


@dataclass(frozen=True, slots=True)
class Shape:
    """One field. Exactly one of `model` and `choices` is set for parts and enums, neither for plain values."""

    name: str
    many: Many
    model: type[BaseModel] | None
    choices: tuple[str, ...]
    unit: Unit | None
    optional: bool
    default: Any
    description: str
    example: Any

    @property
    def required(self) -> bool:
        """Whether a manifest must give it."""
        return self.default is REQUIRED

    @property
    def type_word(self) -> str:
        """The type in the words of `xcp explain`."""
        if self.model is not None:
            single = "object"
        elif self.choices:
            single = "one of " + ", ".join(self.choices)
        else:
            single = self.unit.type if self.unit else "text"
        match self.many:
            case Many.LIST:
                return f"list of {'objects' if self.model else single}"
            case Many.MAP:
                return f"map of {single}"
            case Many.ONE:
                return single

    @property
    def named_list(self) -> bool:
        """Whether it is a list whose members are told apart by their `name`."""
        return self.many is Many.LIST and self.model is not None and "name" in self.model.model_fields


@cache
def shapes(model: type[BaseModel]) -> Mapping[str, Shape]:
    """The fields of a model by the name that manifests use."""
    return {shape.name: shape for shape in (_shape(name, info) for name, info in _ordered(model))}


def _ordered(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """A kind's own fields first, those that it shares with every other kind behind them."""
    own = [item for item in model.model_fields.items() if item[0] in model.__annotations__]
    shared = [item for item in model.model_fields.items() if item[0] not in model.__annotations__]
    head = ("api_version", "kind", "metadata", "spec")
    return sorted(own + shared, key=lambda item: head.index(item[0]) if item[0] in head else len(head))


def _shape(attribute: str, info: FieldInfo) -> Shape:
    optional, many, plain, metadata = _unwrapped(info.annotation, list(info.metadata))
    unit = next((item for item in metadata if isinstance(item, Unit)), None)
    is_class = isinstance(plain, type)
    if get_origin(plain) is Literal:
        choices = tuple(str(choice) for choice in get_args(plain))
    else:
        choices = tuple(str(choice) for choice in plain) if is_class and issubclass(plain, StrEnum) else ()
    return Shape(
        name=info.alias or attribute,
        many=many,
        model=plain if is_class and issubclass(plain, BaseModel) else None,
        choices=choices,
        unit=unit,
        optional=optional,
        default=_default(info),
        description=info.description or _summary(plain),
        example=info.examples[0] if info.examples else None,
    )


def _summary(plain: Any) -> str:  # noqa: ANN401 whatever the field is annotated with
    return (plain.__doc__ or "").strip() if isinstance(plain, type) and issubclass(plain, BaseModel) else ""


def _default(info: FieldInfo) -> Any:  # noqa: ANN401 a default is of the field's own type
    if info.is_required():
        return REQUIRED
    default = info.get_default(call_default_factory=True, validated_data={})
    return REQUIRED if default is PydanticUndefined else default


def _unwrapped(annotation: Any, metadata: list[Any]) -> tuple[bool, Many, Any, list[Any]]:  # noqa: ANN401
    """Take `| None`, `Annotated`, `tuple[X, ...]` and `dict[str, X]` off a type, keeping what they say."""
    optional, many = False, Many.ONE
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation, metadata = arguments[0], [*metadata, *arguments[1:]]
        elif origin in {Union, UnionType}:
            optional = NoneType in arguments
            (annotation,) = (argument for argument in arguments if argument is not NoneType)
        elif origin is tuple:
            annotation, many = arguments[0], Many.LIST
        elif origin is dict:
            annotation, many = arguments[1], Many.MAP
        else:
            return optional, many, annotation, metadata


def shape_at(model: type[BaseModel], path: tuple[str | int, ...]) -> Shape | None:
    """The field at a path of names and list indexes; None where the path leaves the model."""
    found: Shape | None = None
    here: type[BaseModel] | None = model
    for segment in path:
        if isinstance(segment, int):
            continue
        if here is None:
            return found if found is not None and found.many is Many.MAP else None
        found = shapes(here).get(segment)
        if found is None:
            return None
        here = found.model
    return found
