"""Memory targets for the guests of many hosts: the specification. All sizes are integer KiB.

Guests of host h are the entries `offsets[h]` to `offsets[h + 1]` of the arrays; outputs belong to the caller and
overlap no input. Every host gets a status, every guest a target and a reason, whatever the inputs hold; only arrays
of wrong lengths raise. A host is refused as a whole if it has more than 65,536 guests or one of its active guests
is not fit: then every target is what the guest holds.
"""

from collections.abc import Callable, Sequence
from typing import Final

from xcp_kernels._reference.arrays import Floats, FloatsOut, Integers, IntegersOut, check
from xcp_kernels._reference.guests import Guest, flaw, guest_of, pieces, reason_for, stretches, target_at
from xcp_kernels._reference.level import Level, share_out
from xcp_kernels._reference.proportional import proportional
from xcp_kernels.limits import LEAST_WEIGHT, MOST_GUESTS, WEIGHT_PARTS
from xcp_kernels.outcome import Reason, Status

__all__ = ["demand_aware", "demand_aware_calm", "proportional", "static"]

_NO_BANDS: Final = (0, 0, 0)
_SCARCE: Final = 1


def demand_aware(
    offsets: Integers,
    budget: Integers,
    floor: Integers,
    ceiling: Integers,
    demand: Integers,
    weight: Floats,
    active: Integers,
    actual: Integers,
    target_out: IntegersOut,
    reason_out: IntegersOut,
    status_out: IntegersOut,
    level_inout: FloatsOut,
) -> int:
    """Weighted max-min on satisfaction; what is left when all have their demand is spread by the room above it.

    With `top = max(floor, ceiling)` and `wanted = clamp(demand, floor, top)` of each active guest:

    * SHORT, sum(floor) > budget: the floors.
    * SCARCE, sum(wanted) > budget: `clamp(level * weight * demand, floor, wanted)`, with the level at which the sum
      is the budget.
    * PLENTY: `wanted + spread * (top - wanted)`, with the largest spread <= 1 that fits.

    The exact values are cut to whole KiB, and what that leaves of the sum goes to the largest remainders, ties by
    index. So sum(target) = min(budget, sum(top)) unless SHORT. A weight counts in parts of 1/65536 of the host's
    largest, rounded, at least one.

    Args:
        offsets: where the guests of each host begin, and the number of guests; hosts + 1 entries.
        budget: for each host, what its active guests may have together; inactive ones are already taken off.
        floor: never less than this (KiB, below 2^46), even above the ceiling.
        ceiling: never more than this (KiB, below 2^46), but for the floor.
        demand: the demand to serve, its margin already in it (KiB, below 2^46).
        weight: finite, >= 0; only their ratios within a host count.
        active: 0 leaves a guest as it is; nothing else of it is then read but what it holds.
        actual: what the guest holds now.
        target_out: KiB.
        reason_out: `Reason`.
        status_out: for each host a `Status`.
        level_inout: for each host the level of the last call, any number; it makes the search short and never
        changes a
            target. Out: of a SCARCE host the share of its demand that a guest of the largest weight gets before
            bounds; as it was where no guest is between its bounds.

    Returns:
        The gravest status.

    Raises:
        ValueError: lengths or offsets do not fit together.
    """
    check(
        offsets,
        [budget, status_out, level_inout],
        [floor, ceiling, demand, weight, active, actual, target_out, reason_out],
    )
    for host in range(len(offsets) - 1):
        span = range(offsets[host], offsets[host + 1])
        if not _fit(span, active, [floor, ceiling, demand], weight, actual, target_out, reason_out):
            status_out[host] = Status.INVALID
            continue
        parts = _parts(span, weight, active)
        some = [guest_of(i, floor[i], ceiling[i], demand[i], parts(i), _NO_BANDS) for i in span if active[i]]
        status_out[host], level = _balance(some, budget[host], target_out, reason_out)
        _keep(level, level_inout, host)
    return max(status_out, default=Status.PLENTY)


def demand_aware_calm(
    offsets: Integers,
    budget: Integers,
    floor: Integers,
    ceiling: Integers,
    demand: Integers,
    weight: Floats,
    active: Integers,
    actual: Integers,
    held: Integers,
    shrink_band: Integers,
    grow_band: Integers,
    target_out: IntegersOut,
    reason_out: IntegersOut,
    status_out: IntegersOut,
    level_inout: FloatsOut,
) -> int:
    """`demand_aware` with a soft threshold: a target moves only by what its goal is outside the band around `held`.

    The goal of a guest, x, is what `demand_aware` gives at the host's level. Its target is `clamp(max(min(x +
    shrink_band, held), x - grow_band), floor, top)`, and the level is the one at which the sum of these is the
    budget, or the highest if they fit all the same. So one guest's change is carried by those furthest outside
    their bands, and the others do not move. Where the bands would hold back what the budget must have, the downward
    ones narrow, all by the same part. Bands of 0 give `demand_aware`. A rate limit needs nothing more: it is a
    floor and a ceiling at the largest step below and above what the guest holds.

    Args:
        offsets: and all others up to `actual`: as in `demand_aware`.
        budget: the same.
        floor: the same.
        ceiling: the same.
        demand: the same.
        weight: the same.
        active: the same.
        actual: the same.
        held: the target that stands (KiB, below 2^46).
        shrink_band: how far the goal may be below `held` before the target follows (KiB, below 2^46).
        grow_band: the same above.
        target_out: KiB.
        reason_out: `Reason`.
        status_out: for each host a `Status`, by demand as in `demand_aware`.
        level_inout: as in `demand_aware`.

    Returns:
        The gravest status.

    Raises:
        ValueError: lengths or offsets do not fit together.
    """
    sizes = [floor, ceiling, demand, held, shrink_band, grow_band]
    check(offsets, [budget, status_out, level_inout], [*sizes, weight, active, actual, target_out, reason_out])
    for host in range(len(offsets) - 1):
        span = range(offsets[host], offsets[host + 1])
        if not _fit(span, active, sizes, weight, actual, target_out, reason_out):
            status_out[host] = Status.INVALID
            continue
        parts = _parts(span, weight, active)
        some = [
            guest_of(i, floor[i], ceiling[i], demand[i], parts(i), (held[i], shrink_band[i], grow_band[i]))
            for i in span
            if active[i]
        ]
        status_out[host], level = _balance(some, budget[host], target_out, reason_out)
        _keep(level, level_inout, host)
    return max(status_out, default=Status.PLENTY)


def static(
    offsets: Integers,
    budget: Integers,
    floor: Integers,
    ceiling: Integers,
    active: Integers,
    actual: Integers,
    target_out: IntegersOut,
    reason_out: IntegersOut,
    status_out: IntegersOut,
) -> int:
    """What is declared, and nothing else: `floor + share * (top - floor)` with the largest share <= 1 that fits.

    PLENTY where every guest has its `top = max(floor, ceiling)`, SCARCE where the share is smaller, SHORT where the
    floors alone are more than the budget. Sums are exact as in `demand_aware`. Nothing that is measured goes in, so
    targets change only when guests come, go or are declared anew.

    Args:
        offsets: as in `demand_aware`, like all others.
        budget: the same.
        floor: the same.
        ceiling: the same.
        active: the same.
        actual: the same.
        target_out: the same.
        reason_out: FLOOR, SHARE, CEILING or one that all modes have.
        status_out: the same.

    Returns:
        The gravest status.

    Raises:
        ValueError: lengths or offsets do not fit together.
    """
    check(offsets, [budget, status_out], [floor, ceiling, active, actual, target_out, reason_out])
    for host in range(len(offsets) - 1):
        span = range(offsets[host], offsets[host + 1])
        if not _fit(span, active, [floor, ceiling], None, actual, target_out, reason_out):
            status_out[host] = Status.INVALID
            continue
        # What is left of a demand that is nowhere above the floor is spread over all there is; only the words differ.
        some = [guest_of(i, floor[i], ceiling[i], 0, 1.0, _NO_BANDS) for i in span if active[i]]
        status, _ = _balance(some, budget[host], target_out, reason_out)
        for guest in some:
            if reason_out[guest.place] == Reason.SPREAD:
                reason_out[guest.place] = Reason.SHARE
        scarce = status is Status.PLENTY and sum(guest.top for guest in some) > budget[host]
        status_out[host] = Status.SCARCE if scarce else status
    return max(status_out, default=Status.PLENTY)


def _fit(
    span: range,
    active: Integers,
    sizes: Sequence[Integers],
    weight: Floats | None,
    actual: Integers,
    target_out: IntegersOut,
    reason_out: IntegersOut,
) -> bool:
    """Whether the host can be computed; if not, its guests keep what they hold. Inactive guests are done with here."""
    fit = len(span) <= MOST_GUESTS
    for i in span:
        target_out[i] = actual[i]
        reason_out[i] = Reason.INACTIVE
        if active[i]:
            reason_out[i] = flaw([size[i] for size in sizes], 1.0 if weight is None else weight[i])
            fit = fit and reason_out[i] == Reason.REFUSED
    return fit


def _parts(span: range, weight: Floats, active: Integers) -> Callable[[int], float]:
    """The weight of a guest in parts of the largest among the host's active ones."""
    largest = max((weight[i] for i in span if active[i]), default=0.0)
    scale = WEIGHT_PARTS / largest if largest >= LEAST_WEIGHT else 0.0
    return lambda i: weight[i] * scale


def _balance(
    guests: Sequence[Guest], budget: int, target_out: IntegersOut, reason_out: IntegersOut
) -> tuple[Status, Level | None]:
    """Targets and reasons of one host's active guests; the level where it lies between floors and wants."""
    if sum(guest.floor for guest in guests) > budget:
        for guest in guests:
            target_out[guest.place] = guest.floor
            reason_out[guest.place] = Reason.CROSSED if guest.crossed else Reason.FLOOR
        return Status.SHORT, None
    ways = [stretches(guest) for guest in guests]
    targets = [target_at(guest, guest.top) for guest in guests]
    level = None
    for stretch in range(3):
        ends = sum(target_at(guest, way[stretch].end) for guest, way in zip(guests, ways, strict=True))
        if ends > budget:
            both = list(zip(guests, (way[stretch] for way in ways), strict=True))
            targets = [target_at(guest, way.start) for guest, way in both]
            rises = [piece for owner, (guest, way) in enumerate(both) for piece in pieces(owner, guest, way)]
            found = share_out(rises, budget - sum(targets), targets)
            level = found if stretch == _SCARCE else None
            break
    for guest, target in zip(guests, targets, strict=True):
        target_out[guest.place] = target
        reason_out[guest.place] = reason_for(guest, target)
    scarce = sum(guest.wanted for guest in guests) > budget
    return (Status.SCARCE if scarce else Status.PLENTY), level


def _keep(level: Level | None, level_inout: FloatsOut, host: int) -> None:
    if level is not None and level.below:
        level_inout[host] = float(level.above) / float(level.below) * WEIGHT_PARTS
