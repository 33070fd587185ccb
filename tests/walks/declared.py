"""A declared state: documents as a manifest has them, and the text that the loader is given."""

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from xcp_reconciler.api.plain import is_mapping

Document = dict[str, Any]
Path = tuple[str | int, ...]


class _Absent:
    """Says that a field is not written at all, so that its default holds."""

    def __repr__(self) -> str:
        return "(not given)"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Declared:
    """The documents of one state by kind and name; never changed, only replaced by another state."""

    documents: tuple[Document, ...]

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "Declared":
        """A state of these documents, in this order."""
        return cls(tuple(deepcopy(one) for one in documents))

    def text(self) -> bytes:
        """The manifest, in YAML's flow style."""
        return b"---\n".join(f"{json.dumps(one, indent=1)}\n".encode() for one in self.documents)

    def of_kind(self, kind: str) -> Iterator[Document]:
        """All documents of a kind."""
        return (one for one in self.documents if one["kind"] == kind)

    def get(self, kind: str, name: str) -> Document | None:
        """One document, None where it is not declared."""
        return next((one for one in self.of_kind(kind) if one["metadata"]["name"] == name), None)

    def value(self, kind: str, name: str, path: Path) -> Any:  # noqa: ANN401 - plain data
        """What a field says; `ABSENT` where it says nothing."""
        here: Any = self.get(kind, name) or {}
        for segment in path:
            if _lacks(here, segment):
                return ABSENT
            here = here[segment]
        return here

    def with_value(self, kind: str, name: str, path: Path, value: Any) -> "Declared":  # noqa: ANN401 - plain data
        """The same with one field said otherwise, or not at all. Parts above it that are not there are made."""
        return Declared(
            tuple(
                _edited(one, path, value) if one["kind"] == kind and one["metadata"]["name"] == name else one
                for one in self.documents
            )
        )

    def plus(self, document: Document) -> "Declared":
        """The same with one object more, or instead of the one of its name."""
        kind, name = document["kind"], document["metadata"]["name"]
        return Declared((*self.minus(kind, name).documents, deepcopy(document)))

    def minus(self, kind: str, name: str) -> "Declared":
        """The same without one object."""
        return Declared(tuple(one for one in self.documents if one["kind"] != kind or one["metadata"]["name"] != name))


def _lacks(part: object, segment: str | int) -> bool:
    return is_mapping(part) and segment not in part


def _edited(document: Document, path: Path, value: Any) -> Document:  # noqa: ANN401 - plain data
    copy = deepcopy(document)
    here: Any = copy
    for segment in path[:-1]:
        if _lacks(here, segment):
            here[segment] = {}
        here = here[segment]
    if value is not ABSENT:
        here[path[-1]] = deepcopy(value)
    elif path[-1] in here:
        del here[path[-1]]
    return copy
