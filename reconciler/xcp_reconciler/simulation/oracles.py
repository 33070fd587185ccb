"""What must hold in every history, whatever went wrong. None of them needs a specification of its own."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from xcp_reconciler.simulation.truth import Facts, Truth


class Oracle(StrEnum):
    """The promises that a history can break."""

    END_STATE = "endState"
    CREATES_AND_DELETES = "createsAndDeletes"
    ONE_RUNNING = "oneRunning"
    NO_VOLUME_LOST = "noVolumeLost"
    STRANGERS = "strangers"
    CONVERGES = "converges"
    QUIET = "quiet"
    STATUS = "status"
    DEFECT = "defect"


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken, and how."""

    oracle: Oracle
    detail: str


@dataclass
class Witness:
    """Watches the truth as a history goes on: looks at it after everything that could have changed it.

    `deletable` are the files that somebody asks to delete.
    """

    truth: Truth
    now: Callable[[], float]
    deletable: tuple[str, ...]
    violations: list[Violation] = field(default_factory=list[Violation])
    created: Counter[str] = field(default_factory=Counter[str])
    deleted: Counter[str] = field(default_factory=Counter[str])
    facts: Facts | None = None
    strangers: dict[str, str] = field(default_factory=dict[str, str])
    _version: int = -1

    def settle_in(self) -> None:
        """Everything that is there now is not ours."""
        self.look()
        facts = self.current()
        self.strangers = dict(facts.objects)
        self.created.clear()

    def current(self) -> Facts:
        """The truth now."""
        self.look()
        if self.facts is None:
            self.facts = self.truth.facts(self.now())
        return self.facts

    def look(self) -> None:
        """See what is different."""
        version = self.truth.version()
        if version == self._version:
            return
        self._version = version
        before, facts = self.facts, self.truth.facts(self.now())
        self.facts = facts
        known: Mapping[str, str] = before.objects if before is not None else {}
        self.created.update(key for key in facts.objects if key not in known)
        gone = [key for key in known if key not in facts.objects]
        self.deleted.update(gone)
        for key in gone:
            if before is not None and key in before.volumes and not key.endswith(self.deletable):
                self._broken(Oracle.NO_VOLUME_LOST, f"{key} was deleted, and nobody asked for that")
        for key, where in facts.running.items():
            if len(where) > 1:
                self._broken(Oracle.ONE_RUNNING, f"{key} runs on {', '.join(where)}")
        for key, was in self.strangers.items():
            if facts.objects.get(key) != was:
                self._broken(Oracle.STRANGERS, f"{key} is not ours and became {facts.objects.get(key)}")

    def _broken(self, oracle: Oracle, detail: str) -> None:
        violation = Violation(oracle, detail)
        if violation not in self.violations:
            self.violations.append(violation)


def differences(expected: Facts, found: Facts) -> list[str]:
    """In words, where two truths differ."""
    keys = {**expected.objects, **found.objects}
    return [
        f"{key}: expected {expected.objects.get(key, 'nothing')}, found {found.objects.get(key, 'nothing')}"
        for key in keys
        if expected.objects.get(key) != found.objects.get(key)
    ]
