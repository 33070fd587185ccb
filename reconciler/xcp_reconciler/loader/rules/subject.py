"""What a rule over several objects looks at."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from xcp_reconciler.api.wire import AnyResource
from xcp_reconciler.loader.finding import Finding
from xcp_reconciler.refs import Kind

Model = TypeVar("Model", bound=AnyResource)


class Subject(NamedTuple):
    """One valid object of the run, by its number in the order of files."""

    number: int
    kind: Kind
    namespace: str
    name: str
    model: AnyResource

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class Told(NamedTuple):
    """A finding, and the subject that it is about."""

    subject: int
    finding: Finding


class Gathered:
    """The subjects by kind, and by namespace and name."""

    def __init__(self, subjects: list[Subject]) -> None:
        self._by_kind: dict[Kind, dict[tuple[str, str], Subject]] = {kind: {} for kind in Kind}
        self.twice: list[tuple[Subject, Subject]] = []
        for subject in subjects:
            named = self._by_kind[subject.kind]
            first = named.setdefault((subject.namespace, subject.name), subject)
            if first is not subject:
                self.twice.append((first, subject))

    def find(self, kind: Kind, namespace: str, name: str) -> Subject | None:
        """The object of that name, None where this run does not declare it."""
        return self._by_kind[kind].get((namespace, name))

    def each(self, kind: Kind, model: type[Model]) -> Iterator[tuple[Subject, Model]]:
        """All objects of a kind with their model, in the order of files."""
        for subject in self._by_kind[kind].values():
            if isinstance(subject.model, model):
                yield subject, subject.model

    def all_of(self, kind: Kind) -> Iterator[Subject]:
        """All objects of a kind, in the order of files."""
        yield from self._by_kind[kind].values()
