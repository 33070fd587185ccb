"""Every field that a manifest may have, read from the models: nobody has to remember to add one here."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from tests.walks.declared import Path
from xcp_reconciler.api.kinds import KINDS
from xcp_reconciler.api.shape import Many, Shape, shapes


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that holds a value and no further fields. In a list of parts it is the first part's."""

    kind: str
    path: Path
    shape: Shape

    @property
    def dotted(self) -> str:
        """The path as `xcp explain` writes it."""
        return ".".join(str(segment) for segment in self.path if isinstance(segment, str))

    def __str__(self) -> str:
        return f"{self.kind}.{self.dotted}"


def leaves() -> tuple[Leaf, ...]:
    """All fields of all kinds, in the order of the models."""
    return tuple(leaf for kind, info in KINDS.items() for leaf in _below(str(kind), info.model, ()))


def _below(kind: str, model: type[BaseModel], path: Path) -> Iterator[Leaf]:
    for name, shape in shapes(model).items():
        here = (*path, name)
        if shape.model is None:
            yield Leaf(kind, here, shape)
        elif shape.many is Many.LIST:
            yield from _below(kind, shape.model, (*here, 0))
        else:
            yield from _below(kind, shape.model, here)
