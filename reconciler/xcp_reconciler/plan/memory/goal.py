"""The end alone: who shall have how much of a budget, by the kernel, without protocol and without calm."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from xcp_kernels import memory as kernel
from xcp_kernels.outcome import Reason, Status
from xcp_reconciler.plan.memory.types import Algorithm


@dataclass(frozen=True, slots=True)
class Claim:
    """What a guest may claim of a budget, KiB. `demand` is of account where the algorithm is DemandAware only."""

    floor: int
    ceiling: int
    demand: int = 0
    weight: float = 1.0
    active: bool = True
    actual: int = 0


@dataclass(frozen=True, slots=True)
class Pot:
    """A host's guests, and the KiB that its active ones may have together: what inactive ones hold is taken off."""

    budget: int
    claims: Sequence[Claim]


@dataclass(frozen=True, slots=True)
class Goal:
    """What each claim of a pot gets, KiB, and why.

    `level` is what the guests have in common: DemandAware: the share of its demand that a guest of the largest weight
    gets while memory is scarce; Proportional: the fraction of its range.
    """

    targets: tuple[int, ...]
    reasons: tuple[Reason, ...]
    status: Status
    level: float


def goals(algorithm: Algorithm, pots: Sequence[Pot]) -> tuple[Goal, ...]:
    """The goals of many hosts in one call. What cannot be computed is INVALID, and nothing moves.

    Raises:
        OverflowError: a size is beyond 64 bits.
    """
    claims = [claim for pot in pots for claim in pot.claims]
    offsets = array("q", [0])
    for pot in pots:
        offsets.append(offsets[-1] + len(pot.claims))
    budget = array("q", [pot.budget for pot in pots])
    floor = array("q", [claim.floor for claim in claims])
    ceiling = array("q", [claim.ceiling for claim in claims])
    active = array("q", [int(claim.active) for claim in claims])
    actual = array("q", [claim.actual for claim in claims])
    targets, reasons = array("q", bytes(8 * len(claims))), array("q", bytes(8 * len(claims)))
    status, level = array("q", bytes(8 * len(pots))), array("d", bytes(8 * len(pots)))
    match algorithm:
        case Algorithm.DEMAND_AWARE:
            demand = array("q", [claim.demand for claim in claims])
            weight = array("d", [claim.weight for claim in claims])
            kernel.demand_aware(
                offsets, budget, floor, ceiling, demand, weight, active, actual, targets, reasons, status, level
            )
        case Algorithm.PROPORTIONAL:
            # All that is above the floors is on the table, wherever it is now: nobody counts as holding anything.
            nothing, surplus = array("q", bytes(8 * len(pots))), array("q", bytes(8 * len(pots)))
            exact, ranges = array("q", bytes(8 * len(claims))), array("q", bytes(8 * len(pots)))
            spare = array("q", [pot.budget - sum(claim.floor for claim in pot.claims if claim.active) for pot in pots])
            kernel.proportional(
                offsets, spare, nothing, floor, ceiling, floor, exact, active,
                targets, reasons, status, surplus, ranges, level,
            )  # fmt: skip
            _keep_inactive(claims, targets)
        case Algorithm.STATIC:
            kernel.static(offsets, budget, floor, ceiling, active, actual, targets, reasons, status)
    return tuple(
        Goal(
            tuple(targets[offsets[host] : offsets[host + 1]]),
            tuple(Reason(reason) for reason in reasons[offsets[host] : offsets[host + 1]]),
            Status(status[host]),
            level[host],
        )
        for host in range(len(pots))
    )


def _keep_inactive(claims: Sequence[Claim], targets: "array[int]") -> None:
    """The rule was not shown what guests hold, which is what those that take no part keep."""
    for index, claim in enumerate(claims):
        if not claim.active:
            targets[index] = claim.actual
