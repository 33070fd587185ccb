"""What `xcp explain` says of a kind or field: data, from the models and the drivers' impact tables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from xcp_reconciler.api.kinds import KINDS, KindInfo, kind_called, kind_words
from xcp_reconciler.api.shape import REQUIRED, Shape, shapes
from xcp_reconciler.api.wording import as_yaml, nearest
from xcp_reconciler.refs import Kind

# `disks[root].bus`, `disks[0].bus` and `disks.bus` ask for the same field.
_INDEX: Final = re.compile(r"\[[^\]]*\]")
_SPEC: Final = "spec"
# Impact tables call whole actions by what is seen of them; here is the field that brings each about.
_PSEUDO: Final[Mapping[str, str]] = {"host": "placement.host", "state": "runStrategy"}


class ImpactLine(NamedTuple):
    """What changing a field costs with one driver. `path` is below spec, such as `memory.size`."""

    driver: str
    kind: Kind
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Child:
    """A field of what was asked for."""

    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A kind or field. `default` is None where there is none: `required` says why."""

    path: str
    kind: Kind
    type: str
    description: str
    unit: str | None = None
    default: str | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    example: str | None = None
    children: tuple[Child, ...] = ()
    impacts: tuple[ImpactLine, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class NotKnown:
    """There is no such kind or field: the word that is not known, after what, and what it could have been."""

    word: str
    after: str
    nearest: str | None
    known: tuple[str, ...]


def explain(path: str, impacts: Iterable[ImpactLine] = ()) -> Explained | NotKnown:
    """Explain a dotted path such as `vm`, `vm.spec.memory.size` or `VirtualMachine.memory`."""
    first, *rest = _INDEX.sub("", path.strip().strip(".")).split(".")
    info = kind_called(first)
    if info is None:
        return _not_known(first, "", kind_words())
    if rest and rest[0].lower() not in {name.lower() for name in shapes(info.model)}:
        # `vm.memory` can only mean what is below spec.
        rest = [_SPEC, *rest]
    return _field(info, rest, tuple(impacts)) if rest else _kind(info)


def kinds_explained() -> tuple[Explained, ...]:
    """Every kind, for `xcp explain` without a path."""
    return tuple(_kind(info) for info in KINDS.values())


def _kind(info: KindInfo) -> Explained:
    description = (info.model.__doc__ or "").strip()
    return Explained(info.short, info.kind, str(info.kind), description, children=_children(info.model))


def _field(info: KindInfo, path: Sequence[str], impacts: tuple[ImpactLine, ...]) -> Explained | NotKnown:
    here: type[BaseModel] | None = info.model
    walked = [info.short]
    found: Shape | None = None
    for word in path:
        known: Mapping[str, Shape] = shapes(here) if here is not None else {}
        found = next((shape for name, shape in known.items() if name.lower() == word.lower()), None)
        if found is None:
            return _not_known(word, ".".join(walked), tuple(known))
        walked.append(found.name)
        here = found.model
    if found is None:
        return _kind(info)
    return Explained(
        path=".".join(walked),
        kind=info.kind,
        type=found.type_word,
        description=found.description,
        unit=found.unit.unit if found.unit else None,
        default=_default(found),
        required=found.required,
        choices=found.choices,
        example=_example(found),
        children=_children(found.model) if found.model is not None else (),
        impacts=_about(info.kind, walked[1:], impacts),
    )


def _children(model: type[BaseModel]) -> tuple[Child, ...]:
    return tuple(
        Child(shape.name, shape.type_word, shape.required, shape.description) for shape in shapes(model).values()
    )


def _about(kind: Kind, walked: list[str], impacts: tuple[ImpactLine, ...]) -> tuple[ImpactLine, ...]:
    """The rows of a field: its own, else those of the nearest part above it, and all that are below it."""
    if walked[:1] != [_SPEC]:
        return ()
    asked = ".".join(walked[1:])
    rows = [row for row in impacts if row.kind is kind]
    below = [row for row in rows if not asked or _plain(row.path) == asked or _plain(row.path).startswith(f"{asked}.")]
    if below:
        return tuple(below)
    above = [row for row in rows if asked.startswith(f"{_plain(row.path)}.")]
    closest = max((len(_plain(row.path)) for row in above), default=0)
    return tuple(row for row in above if len(_plain(row.path)) == closest)


def _plain(path: str) -> str:
    plain = _INDEX.sub("", path).removeprefix(f"{_SPEC}.")
    return _PSEUDO.get(plain, plain)


def _default(shape: Shape) -> str | None:
    value: Any = shape.default
    if value is REQUIRED or value is None or isinstance(value, BaseModel):
        return None
    if shape.unit is not None and shape.unit.text is not None:
        return shape.unit.text(value)
    return "[]" if value == () else as_yaml(value)


def _example(shape: Shape) -> str | None:
    return None if shape.example is None else f"{shape.name}: {as_yaml(shape.example)}"


def _not_known(word: str, after: str, known: tuple[str, ...]) -> NotKnown:
    return NotKnown(word, after, nearest(word, known), known)
