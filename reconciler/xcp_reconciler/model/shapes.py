"""How each type of the model is written as JSON data and read back, worked out once from its annotations.

What is compiled is a pair of functions for each type. Reading checks everything; writing checks as much, because what
cannot be read again must never be written.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Final, TypeGuard, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from xcp_reconciler.model.scalars import SCALARS, TEXT, CodecError, Shape, enum_shape, shown

TAG: Final = "is"
_RESERVED: Final = frozenset({TAG, "v"})
# Stands for the default of a field that has none: no encoded value is equal to it.
_NONE: Final = object()


@cache
def shape_of(hint: object) -> Shape:
    """The shape of a type, of a union or of a generic with its arguments.

    Raises:
        TypeError: the type has no agreed form.
    """
    if isinstance(hint, type) and hint in SCALARS:
        return SCALARS[hint]
    if _is_record(hint):
        return _shape_of_record(_class_of(hint), get_args(hint))
    if _is_enum(hint):
        return enum_shape(hint)
    return _shape_of_generic(hint, get_origin(hint), get_args(hint))


def _is_enum(hint: object) -> TypeGuard[type[Enum]]:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _shape_of_generic(hint: object, origin: object, arguments: tuple[object, ...]) -> Shape:
    if origin is Union or origin is UnionType:
        return _union(arguments)
    if origin is tuple and arguments[1:] == (...,):
        return _array(shape_of(arguments[0]))
    if origin is Mapping:
        return _object(shape_of(arguments[0]), shape_of(arguments[1]))
    raise TypeError(f"{hint!r} has no form in JSON")


# --- collections


def _array(inner: Shape) -> Shape:
    def each(one: Callable[[object], object], values: list[object] | tuple[object, ...]) -> list[object]:
        result: list[object] = []
        try:
            for value in values:
                result.append(one(value))  # noqa: PERF401 - its length says which one failed
        except CodecError as error:
            raise error.under(f"[{len(result)}]") from None
        return result

    def encode(value: object) -> list[object]:
        if not isinstance(value, tuple):
            raise CodecError(f"{shown(value)} is not a tuple")
        return each(inner.encode, cast("tuple[object, ...]", value))

    def decode(data: object) -> tuple[object, ...]:
        if type(data) is not list:
            raise CodecError(f"{shown(data)} is not an array")
        return tuple(each(inner.decode, cast("list[object]", data)))

    return Shape(encode, decode, frozenset({list}))


def _object(keys: Shape, values: Shape) -> Shape:
    if keys.json != TEXT:
        raise TypeError("the keys of a JSON object are texts")

    def encode(value: object) -> dict[object, object]:
        if not isinstance(value, Mapping):
            raise CodecError(f"{shown(value)} is not a mapping")
        return _entries(keys.encode, values.encode, cast("Mapping[object, object]", value))

    def decode(data: object) -> dict[object, object]:
        if type(data) is not dict:
            raise CodecError(f"{shown(data)} is not an object")
        return _entries(keys.decode, values.decode, cast("dict[object, object]", data))

    return Shape(encode, decode, frozenset({dict}))


def _entries(
    key_of: Callable[[object], object], value_of: Callable[[object], object], entries: Mapping[object, object]
) -> dict[object, object]:
    result: dict[object, object] = {}
    key: object = ""
    try:
        for key, value in entries.items():
            result[key_of(key)] = value_of(value)
    except CodecError as error:
        raise error.under(f"[{key}]") from None
    return result


# --- unions


def _union(arguments: tuple[object, ...]) -> Shape:
    others = [hint for hint in arguments if hint is not NoneType]
    if len(others) == 1:
        return _optional(shape_of(others[0]))
    by_json, by_type = _plain_members([hint for hint in arguments if not _is_record(hint)])
    by_tag: dict[str, Shape] = {}
    for hint in arguments:
        if _is_record(hint):
            kind = _class_of(hint)
            if kind.__name__ in by_tag:
                raise TypeError(f"two members of a union are called {kind.__name__}")
            by_tag[kind.__name__] = shape_of(hint)
            by_type[kind] = _tagged(kind.__name__, by_tag[kind.__name__])

    def encode(value: object) -> object:
        member = next((base for base in type(value).__mro__ if base in by_type), None)
        if member is None:
            raise CodecError(f"{shown(value)} is not {_one_of(by_type)}")
        return by_type[member].encode(value)

    def decode(data: object) -> object:
        kind = _kind(data)
        if kind is dict and by_tag:
            untagged = cast("dict[str, object]", data).copy()
            tag = untagged.pop(TAG, None)
            shape = by_tag.get(tag) if isinstance(tag, str) else None
            if shape is None:
                raise CodecError(f"{shown(tag)} is not {_one_of(by_type)}")
            return shape.decode(untagged)
        shape = by_json.get(kind)
        if shape is None:
            raise CodecError(f"{shown(data)} is not {_one_of(by_type)}")
        return shape.decode(data)

    records: frozenset[type] = frozenset({dict}) if by_tag else frozenset()
    return Shape(encode, decode, frozenset(by_json) | records)


def _plain_members(hints: list[object]) -> tuple[dict[type, Shape], dict[type, Shape]]:
    by_json: dict[type, Shape] = {}
    by_type: dict[type, Shape] = {}
    for hint in hints:
        shape = shape_of(hint)
        if not isinstance(hint, type) or not shape.json.isdisjoint(by_json) or dict in shape.json:
            raise TypeError(f"{hint!r} cannot be told from the other members of its union")
        by_json.update(dict.fromkeys(shape.json, shape))
        by_type[hint] = shape
    return by_json, by_type


def _optional(inner: Shape) -> Shape:
    encode_inner, decode_inner = inner.encode, inner.decode

    def encode(value: object) -> object:
        return None if value is None else encode_inner(value)

    def decode(data: object) -> object:
        return None if data is None else decode_inner(data)

    return Shape(encode, decode, inner.json | {NoneType}, inner.plain)


def _tagged(tag: str, inner: Shape) -> Shape:
    def encode(value: object) -> object:
        return {**cast("dict[str, object]", inner.encode(value)), TAG: tag}

    return Shape(encode, inner.decode, inner.json)


def _kind(data: object) -> type:
    return type(data)


def _is_record(hint: object) -> bool:
    return is_dataclass(get_origin(hint) or hint)


def _class_of(hint: object) -> type:
    return cast("type", get_origin(hint) or hint)


def _one_of(members: Mapping[type, Shape]) -> str:
    return f"one of {', '.join('null' if kind is NoneType else kind.__name__ for kind in members)}"


# --- dataclasses


@dataclass(frozen=True, slots=True)
class _Field:
    """One field. `default` is the default itself, `encoded_default` what it is written as."""

    name: str
    shape: Shape
    default: object
    encoded_default: object


class _Record:
    """A dataclass. Its fields are worked out at the first use: a type may hold itself."""

    __slots__ = ("_arguments", "_decoders", "_fields", "_kind", "_required", "_values")

    def __init__(self, kind: type, arguments: tuple[object, ...]) -> None:
        self._kind = kind
        self._arguments = arguments
        self._fields: tuple[_Field, ...] | None = None
        # With each decoder the type that it leaves as it is: most values need no call.
        self._decoders: dict[str, tuple[type | None, Callable[[object], object]]] = {}
        self._required: frozenset[str] = frozenset()
        self._values: Callable[[object], tuple[object, ...]] = _no_values

    def _compile(self) -> tuple[_Field, ...]:
        found: list[_Field] = []
        for name, hint, default in _fields_of(self._kind, self._arguments):
            if name in _RESERVED:
                raise TypeError(f"{self._kind.__name__}.{name} has a name that is kept for the form itself")
            shape = shape_of(hint)
            found.append(_Field(name, shape, default, _NONE if default is _NONE else shape.encode(default)))
        self._decoders = {field.name: (field.shape.plain, field.shape.decode) for field in found}
        self._required = frozenset(field.name for field in found if field.default is _NONE)
        self._values = _values_of(tuple(self._decoders))
        self._fields = tuple(found)
        return self._fields

    def encode(self, value: object) -> dict[str, object]:
        if type(value) is not self._kind:
            raise CodecError(f"{shown(value)} is no {self._kind.__name__}")
        wanted = self._compile() if self._fields is None else self._fields
        data: dict[str, object] = {}
        for field, item in zip(wanted, self._values(value), strict=True):
            if item is field.default:
                continue
            try:
                encoded = field.shape.encode(item)
            except CodecError as error:
                raise error.under(f".{field.name}") from None
            # Equal is not enough: False is equal to 0, and a union may hold both.
            if type(encoded) is not type(field.encoded_default) or encoded != field.encoded_default:
                data[field.name] = encoded
        return data

    def decode(self, data: object) -> object:
        if type(data) is not dict:
            raise CodecError(f"{shown(data)} is no {self._kind.__name__}")
        if self._fields is None:
            self._compile()
        decoders = self._decoders
        arguments: dict[str, object] = {}
        name = ""
        try:
            for name, item in cast("dict[str, object]", data).items():
                plain, decode = decoders[name]
                arguments[name] = item if type(item) is plain else decode(item)
        except KeyError:
            raise CodecError(f"{self._kind.__name__} has no field `{name}`") from None
        except CodecError as error:
            raise error.under(f".{name}") from None
        try:
            return self._kind(**arguments)
        except TypeError:
            # Asked only now: almost nothing is ever missing.
            if self._required <= arguments.keys():
                raise
            missing = ", ".join(sorted(self._required - arguments.keys()))
            raise CodecError(f"{self._kind.__name__} lacks {missing}") from None


def _shape_of_record(kind: type, arguments: tuple[object, ...]) -> Shape:
    record = _Record(kind, arguments)
    return Shape(record.encode, record.decode, frozenset({dict}))


def _fields_of(kind: type, arguments: tuple[object, ...]) -> list[tuple[str, object, object]]:
    hints = get_type_hints(kind)
    bound: dict[object, object] = dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=False))
    result: list[tuple[str, object, object]] = []
    if not is_dataclass(kind):
        return result
    for field in fields(kind):
        if not field.init:
            continue
        default: object = _NONE if field.default is MISSING else field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        result.append((field.name, _bind(hints[field.name], bound), default))
    return result


def _bind(hint: object, bound: Mapping[object, object]) -> object:
    if isinstance(hint, TypeVar):
        if hint not in bound:
            raise TypeError(f"{hint!r} stands for no type here: name it, as in Present[ObservedVm]")
        return bound[hint]
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        return tuple[_bind(get_args(hint)[0], bound), ...]  # type: ignore[misc]
    return hint


def _values_of(names: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    if not names:
        return _no_values
    if len(names) == 1:
        only: Callable[[object], object] = attrgetter(names[0])
        return lambda value: (only(value),)
    return cast("Callable[[object], tuple[object, ...]]", attrgetter(*names))


def _no_values(_value: object) -> tuple[object, ...]:
    return ()
