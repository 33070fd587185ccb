"""What must hold in every history, whatever went wrong. None of them needs a specification of its own."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from xcp_reconciler.simulation.truth import Facts, Truth


class Oracle(StrEnum):
    """The promises that a history can break."""

    END_STATE = "endState"
    CREATES_AND_DELETES = "createsAndDeletes"
    ONE_RUNNING = "oneRunning"
    NO_VOLUME_LOST = "noVolumeLost"
    STRANGERS = "strangers"
    CONVERGES = "converges"
    PASSES = "passes"
    QUIET = "quiet"
    RESERVE = "reserve"
    RULES = "rules"
    LEASE = "lease"
    GRACE = "grace"
    AS_SHOWN = "asShown"
    REPEATED = "repeated"
    STATUS = "status"
    DEFECT = "defect"


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken, and how."""

    oracle: Oracle
    detail: str


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A required rule: at most `limit` of these machines in one unit, or, where that is None, all in one.

    `machines` are keys of `Facts`, `told` those of them whose owner says where to be, whatever the rule says. `units`
    names the unit of each host that is not one by itself.
    """

    name: str
    machines: frozenset[str]
    told: frozenset[str]
    units: Mapping[str, str]
    limit: int | None

    def there(self, *places: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
        """Which of the machines are in each unit, by any of these books."""
        found: dict[str, set[str]] = {}
        for key in self.machines:
            for host in (host for place in places for host in place.get(key, ())):
                found.setdefault(self.units.get(host, host), set()).add(key)
        return {unit: frozenset(keys) for unit, keys in found.items()}

    def broken(self, facts: Facts) -> list[str]:
        """In words, where it does not hold by the doing of anybody but who says where machines are to be."""
        there = self.there(facts.running, facts.coming)
        if self.limit is None:
            apart = len(there) > 1 and not self.told
            return [f"rule {self.name}: they are on {', '.join(sorted(there))}"] if apart else []
        return [
            f"rule {self.name}: {', '.join(sorted(keys))} are on {unit}, and {self.limit} at most should be"
            for unit, keys in there.items()
            if len(keys) > self.limit and not keys & self.told
        ]


_NOTHING: Final = Facts({}, {}, {}, frozenset(), {}, frozenset())


@dataclass
class Witness:
    """Watches the truth as a history goes on: looks at it after everything that could have changed it.

    `deletable` are the ends of the names of files that somebody asks to delete, `adopted` the names of machines that
    somebody asks to adopt.
    """

    truth: Truth
    now: Callable[[], float]
    deletable: tuple[str, ...]
    adopted: frozenset[str] = frozenset()
    violations: list[Violation] = field(default_factory=list[Violation])
    created: Counter[str] = field(default_factory=Counter[str])
    deleted: Counter[str] = field(default_factory=Counter[str])
    facts: Facts = _NOTHING
    strangers: dict[str, str] = field(default_factory=dict[str, str])
    reserves: dict[str, int] = field(default_factory=dict[str, int])
    rules: tuple[KeptRule, ...] = ()
    _short: dict[str, int] = field(default_factory=dict[str, int])
    _version: int = -1

    def reserve(self, reserves: Mapping[str, int]) -> None:
        """What each host keeps for itself from now on, in KiB; what has been given away already is not our doing."""
        self.reserves = dict(reserves)
        self._short = {host: reserves.get(host, 0) - free for host, free in self.current().free.items()}

    @property
    def ours(self) -> tuple[str, ...]:
        """The names of the machines that carry a mark of ours."""
        return tuple(sorted(self.facts.ours))

    def settle_in(self) -> None:
        """Everything that is there now is not ours."""
        self.others_did()
        self.created.clear()

    def current(self) -> Facts:
        """The truth now."""
        self.look()
        return self.facts

    def look(self) -> None:
        """See what is different."""
        version = self.truth.version()
        if version == self._version:
            return
        self._version = version
        before, facts = self.facts, self.truth.facts(self.now())
        self.facts = facts
        self.created.update(key for key in facts.objects if key not in before.objects)
        gone = [key for key in before.objects if key not in facts.objects]
        self.deleted.update(gone)
        for key in gone:
            if key in before.volumes and not key.endswith(self.deletable):
                self._broken(Oracle.NO_VOLUME_LOST, f"{key} was deleted, and nobody asked for that")
        for key, where in facts.running.items():
            if len(where) > 1:
                self._broken(Oracle.ONE_RUNNING, f"{key} runs on {', '.join(where)}")
        for key, was in self.strangers.items():
            if facts.objects.get(key) != was:
                self._broken(Oracle.STRANGERS, f"{key} is not ours and became {facts.objects.get(key)}")
        for host, free in facts.free.items():
            short = self.reserves.get(host, 0) - free
            if short > 0 and short > self._short.get(host, 0):
                self._broken(Oracle.RESERVE, f"{host} has promised {short} KiB more than it may")
        for rule in self.rules:
            self._apart(rule, before, facts)

    def _apart(self, rule: KeptRule, before: Facts, facts: Facts) -> None:
        """Nobody comes to where there are enough already; who is on its way is at both ends."""
        known = rule.there(before.running, before.coming)
        for unit, keys in rule.there(facts.running, facts.coming).items():
            newcomers = keys - known.get(unit, frozenset()) - rule.told
            if newcomers and rule.limit is not None and len(keys) > rule.limit:
                came, there = (", ".join(sorted(some)) for some in (newcomers, keys))
                words = f"{came} came to {unit}, which may have {rule.limit} by rule {rule.name} and has {there}"
                self._broken(Oracle.RULES, words)

    def others_did(self) -> None:
        """What is different now is the doing of others: new things are theirs, and theirs may have changed."""
        self._version = self.truth.version()
        before, self.facts = self.facts, self.truth.facts(self.now())
        objects = self.facts.objects
        theirs = {**self.strangers, **{key: "" for key in objects if key not in before.objects}}
        self.strangers = {key: objects[key] for key in theirs if key in objects and not self._is_to_be_adopted(key)}

    def _is_to_be_adopted(self, key: str) -> bool:
        return key.startswith("machine ") and key.split(" ")[1] in self.adopted

    def _broken(self, oracle: Oracle, detail: str) -> None:
        violation = Violation(oracle, detail)
        if violation not in self.violations:
            self.violations.append(violation)


def differences(expected: Facts, found: Facts, pinned: frozenset[str], strangers: frozenset[str]) -> list[str]:
    """In words, where two truths differ apart from strangers; machines not `pinned` (by name) may be anywhere."""
    keys = [key for key in {**expected.objects, **found.objects} if key not in strangers]
    words = [
        f"{key}: expected {expected.objects.get(key, 'nothing')}, found {found.objects.get(key, 'nothing')}"
        for key in keys
        if expected.objects.get(key) != found.objects.get(key)
    ]
    for key in (key for key in {**expected.where, **found.where} if key not in strangers):
        should, does = expected.where.get(key, ()), found.where.get(key, ())
        if should == does or (len(should) == len(does) and key.split(" ")[1] not in pinned):
            continue
        words.append(f"{key}: expected on {', '.join(should) or 'no host'}, found on {', '.join(does) or 'no host'}")
    return words
