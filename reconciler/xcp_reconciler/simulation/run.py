"""Many histories of one scenario, and what there is to say of them all."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from xcp_reconciler.simulation.faults import NO_ODDS, Odds
from xcp_reconciler.simulation.history import Outcome, live_through
from xcp_reconciler.simulation.scenario import Scenario
from xcp_reconciler.simulation.tape import Tape
from xcp_reconciler.simulation.truth import Truths

_MOST_REPORTED: Final = 20

Json = dict[str, object]


@dataclass
class Tally:
    """Adds histories up. `minimum` is the number of effects of the history without faults."""

    scenario: str
    minimum: int
    histories: int = 0
    converged: int = 0
    effects: int = 0
    effects_in_quiet: int = 0
    violations: list[Json] = field(default_factory=list[Json])
    violated: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    coverage: Counter[str] = field(default_factory=Counter[str])
    took: list[float] = field(default_factory=list[float])
    _hash: "blake2b" = field(default_factory=lambda: blake2b(digest_size=16))

    def add(self, outcome: Outcome) -> None:
        """Count one history."""
        self.histories += 1
        self.converged += outcome.converged
        self.effects += outcome.effects
        self.effects_in_quiet += outcome.effects_in_quiet
        self.faults.update(outcome.faults)
        self.coverage.update(outcome.coverage)
        self.took.append(outcome.took)
        self._hash.update(outcome.trace.encode())
        self.violated += bool(outcome.violations)
        for violation in outcome.violations:
            if len(self.violations) < _MOST_REPORTED:
                self.violations.append(
                    {
                        "seed": outcome.seed,
                        "oracle": violation.oracle.value,
                        "detail": violation.detail,
                        "tape": list(outcome.choices),
                    }
                )

    def report(self, seconds: float) -> Json:
        """The public result; `seconds` is how long it took."""
        took = sorted(self.took)
        return {
            "scenario": self.scenario,
            "histories": self.histories,
            "converged": self.converged,
            "violated": self.violated,
            "violations": self.violations,
            "faults": dict(sorted(self.faults.items())),
            "coverage": dict(sorted(self.coverage.items())),
            "effects": {"issued": self.effects, "minimum": self.minimum * self.histories},
            "effectsWhileQuiet": self.effects_in_quiet,
            "secondsAfterLastFault": {"p50": _at(took, 50), "p99": _at(took, 99), "max": _at(took, 100)},
            "historiesPerSecond": round(self.histories / seconds, 2) if seconds > 0 else None,
            "traceHash": self._hash.hexdigest(),
        }


def run(
    scenario: Scenario,
    truths: Truths,
    seeds: Iterable[int],
    timer: Callable[[], float],
    odds: Odds | None = None,
) -> Json:
    """Live through one history for each seed; `timer` gives the seconds of a real clock."""
    began = timer()
    reference = without_faults(scenario, truths)
    tally = Tally(scenario.name, reference.effects)
    for seed in seeds:
        tally.add(live_through(scenario, truths, Tape(seed), odds if odds is not None else Odds(), reference))
    return tally.report(timer() - began)


def without_faults(scenario: Scenario, truths: Truths) -> Outcome:
    """The history that all others are compared with."""
    return live_through(scenario, truths, Tape(0), NO_ODDS)


def replay(
    scenario: Scenario, truths: Truths, seed: int, choices: Sequence[int], odds: Odds | None = None, *, keep: int = 400
) -> Outcome:
    """One history again, choice by choice, with the last lines of its trace."""
    reference = without_faults(scenario, truths)
    used = odds if odds is not None else Odds()
    return live_through(scenario, truths, Tape(seed, choices), used, reference, keep=keep)


def _at(ordered: Sequence[float], percent: int) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 3)


def as_mapping(outcome: Outcome) -> Mapping[str, object]:
    """A history in the words of the public result."""
    return {
        "seed": outcome.seed,
        "converged": outcome.converged,
        "violations": [{"oracle": one.oracle.value, "detail": one.detail} for one in outcome.violations],
        "faults": dict(sorted(outcome.faults.items())),
        "effects": outcome.effects,
        "traceHash": outcome.trace,
        "trace": list(outcome.lines),
    }
