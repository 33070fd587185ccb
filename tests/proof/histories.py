"""Seeded histories: every scenario in turn, with whatever each seed draws."""

from functools import cache
from typing import Final

from tests.proof import coverage
from tests.proof.leg import Leg, Result
from tests.proof.program import PRODUCT
from xcp_drivers.sim.truth import WorldTruth
from xcp_reconciler.simulation.library import all_scenarios
from xcp_reconciler.simulation.run import Faults, Stage
from xcp_reconciler.simulation.tape import Tape

_REPLAY_EVERY: Final = 10


@cache
def stage() -> Stage:
    """All scenarios; what they come to without faults is found out once a process."""
    return Stage(WorldTruth, list(all_scenarios().values()))


def run(seeds: range) -> Result:
    """Live through one history a seed, and through every tenth of them twice."""
    result = Result()
    for seed in seeds:
        name = stage().scenario_of(seed)
        outcome = stage().live(name, Tape(seed), Faults())
        minimum = stage().without_faults(name).reference.effects
        result.done += 1
        result.counts["converged"] += outcome.converged
        result.counts["violated"] += bool(outcome.violations)
        result.counts["faults"] += sum(outcome.faults.values())
        result.counts["effects"] += outcome.reference.effects
        result.counts["effects at least"] += minimum
        result.counts["effects while quiet"] += outcome.effects_in_quiet
        result.counts[f"{coverage.PASSES}{min(outcome.passes, 99):02}"] += 1
        result.counts.update({f"{coverage.MET}{pair}": many for pair, many in outcome.coverage.items()})
        result.peak("passes after the last fault", outcome.passes)
        for violation in outcome.violations:
            result.failures.append(
                f"{violation.oracle}: {violation.detail} (xcp sim run --seeds {seed}..{seed + 1}, scenario {name})"
            )
        if seed % _REPLAY_EVERY == 0:
            again = stage().live(name, Tape(seed + 1, outcome.choices), Faults())
            result.counts["replayed"] += 1
            result.counts["replayed identically"] += again.trace == outcome.trace
            if again.trace != outcome.trace:
                result.failures.append(f"the tape of seed {seed} does not repeat its history")
    return result


def holds(result: Result) -> bool:
    """Whether every history came to its end and kept every promise."""
    return (
        not result.failures
        and result.counts["converged"] == result.done
        and result.counts["replayed identically"] == result.counts["replayed"]
    )


LEG: Final = Leg(
    name="histories",
    about="seeded histories with faults drawn as in swarm testing, of every scenario in turn",
    goal="every history ends as the one without faults, within its scenario's bound, and keeps every promise",
    pieces=100_000,
    chunk=100,
    run=run,
    holds=holds,
    of=(*PRODUCT, "tests/proof/histories.py"),
    tabled=(coverage.MET, coverage.PASSES),
    tables=coverage.tables,
)
