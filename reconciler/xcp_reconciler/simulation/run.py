"""Many histories, and what there is to say of them all."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from xcp_reconciler.simulation.history import Outcome, live_through
from xcp_reconciler.simulation.rules import Rule
from xcp_reconciler.simulation.scenario import Scenario
from xcp_reconciler.simulation.tape import Tape
from xcp_reconciler.simulation.truth import Truths
from xcp_reconciler.simulation.verdict import Reference

_MOST_REPORTED: Final = 20

Json = dict[str, object]


class UnsoundError(Exception):
    """A scenario does not come to its end even when nothing goes wrong."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong: whatever the seed draws, and what the rules say."""

    swarm: bool = True
    rules: tuple[Rule, ...] = ()


class Stage:
    """Lives through scenarios over the same kind of hypervisors; knows what each comes to without faults."""

    def __init__(self, truths: Truths, scenarios: Sequence[Scenario]) -> None:
        self._truths = truths
        self._scenarios = {scenario.name: scenario for scenario in scenarios}
        self._names = tuple(self._scenarios)
        self._references: dict[str, Outcome] = {}

    def scenario_of(self, seed: int) -> str:
        """Which scenario a seed is about: all in turn."""
        return self._names[seed % len(self._names)]

    def without_faults(self, name: str) -> Outcome:
        """The history of a scenario that all others are compared with.

        Raises:
            UnsoundError: it breaks a promise by itself.
        """
        known = self._references.get(name)
        if known is None:
            known = live_through(self._scenarios[name], self._truths, Tape(0), swarm=False)
            if known.violations:
                words = "; ".join(f"{one.oracle}: {one.detail}" for one in known.violations)
                raise UnsoundError(f"scenario {name}, without any fault: {words}")
            self._references[name] = known
        return known

    def live(
        self, name: str, tape: Tape, faults: Faults, *, keep: int = 0, reference: Reference | None = None
    ) -> Outcome:
        """One history, compared with the one without faults."""
        reference = reference if reference is not None else self.without_faults(name).reference
        return live_through(
            self._scenarios[name], self._truths, tape, reference, swarm=faults.swarm, rules=faults.rules, keep=keep
        )


@dataclass
class Tally:
    """Adds histories up. `minimum` is the number of effects of the same histories without faults."""

    histories: int = 0
    converged: int = 0
    effects: int = 0
    minimum: int = 0
    effects_in_quiet: int = 0
    violations: list[Json] = field(default_factory=list[Json])
    violated: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    coverage: Counter[str] = field(default_factory=Counter[str])
    passes: list[int] = field(default_factory=list[int])
    scenarios: Counter[str] = field(default_factory=Counter[str])
    _hash: "blake2b" = field(default_factory=lambda: blake2b(digest_size=16))

    def add(self, outcome: Outcome, minimum: int) -> None:
        """Count one history; without faults it takes `minimum` effects."""
        self.histories += 1
        self.converged += outcome.converged
        self.effects += outcome.reference.effects
        self.minimum += minimum
        self.effects_in_quiet += outcome.effects_in_quiet
        self.faults.update(outcome.faults)
        self.coverage.update(outcome.coverage)
        self.passes.append(outcome.passes)
        self.scenarios[outcome.scenario] += 1
        self._hash.update(outcome.trace.encode())
        self.violated += bool(outcome.violations)
        for violation in outcome.violations:
            if len(self.violations) < _MOST_REPORTED:
                self.violations.append(
                    {
                        "seed": outcome.seed,
                        "scenario": outcome.scenario,
                        "oracle": violation.oracle.value,
                        "detail": violation.detail,
                        "tape": list(outcome.choices),
                    }
                )

    def report(self, seconds: float) -> Json:
        """The public result; `seconds` is how long it took."""
        passes = sorted(self.passes)
        return {
            "histories": self.histories,
            "converged": self.converged,
            "violated": self.violated,
            "violations": self.violations,
            "faults": sum(self.faults.values()),
            "faultsByKind": dict(sorted(self.faults.items())),
            "scenarios": dict(sorted(self.scenarios.items())),
            "passesAfterLastFault": {"p50": _at(passes, 50), "p99": _at(passes, 99), "max": _at(passes, 100)},
            "effects": {"issued": self.effects, "minimum": self.minimum},
            "effectsWhileQuiet": self.effects_in_quiet,
            "coverage": dict(sorted(self.coverage.items())),
            "historiesPerSecond": round(self.histories / seconds, 2) if seconds > 0 else None,
            "traceHash": self._hash.hexdigest(),
        }


def run(
    stage: Stage, seeds: Iterable[int], timer: Callable[[], float], faults: Faults, told: Callable[[int], None]
) -> Json:
    """Live through one history for each seed; `timer` gives seconds of a real clock, `told` hears how many are done."""
    began = timer()
    tally = Tally()
    for seed in seeds:
        name = stage.scenario_of(seed)
        tally.add(stage.live(name, Tape(seed), faults), stage.without_faults(name).reference.effects)
        told(tally.histories)
    return tally.report(timer() - began)


def _at(ordered: Sequence[int], percent: int) -> int:
    if not ordered:
        return 0
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def as_mapping(outcome: Outcome) -> Mapping[str, object]:
    """A history in the words of the public result."""
    return {
        "seed": outcome.seed,
        "scenario": outcome.scenario,
        "converged": outcome.converged,
        "violations": [{"oracle": one.oracle.value, "detail": one.detail} for one in outcome.violations],
        "faults": sum(outcome.faults.values()),
        "faultsByKind": dict(sorted(outcome.faults.items())),
        "effects": outcome.reference.effects,
        "passesAfterLastFault": outcome.passes,
        "traceHash": outcome.trace,
        "trace": list(outcome.lines),
    }
