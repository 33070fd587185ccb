"""One guest: what it may be given, and how its target follows its goal."""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from xcp_kernels._reference.level import Piece
from xcp_kernels.limits import MOST_KIB
from xcp_kernels.outcome import Reason

_HALF: Final = 0.5


class Guest(NamedTuple):
    """An active guest: `place` in the arrays, floor <= wanted <= top; with bands of 0 the target is the goal."""

    place: int
    floor: int
    wanted: int
    top: int
    slope: int
    crossed: bool
    held: int
    shrink: int
    grow: int


class Stretch(NamedTuple):
    """A part of the way of a guest's goal: from `start` to `end` (KiB), `base + level * slope`."""

    start: int
    end: int
    base: int
    slope: int


def guest_of(place: int, floor: int, ceiling: int, demand: int, parts: float, bands: tuple[int, int, int]) -> Guest:
    """A guest from its row of the arrays; `parts` is its weight in parts of the host's largest."""
    top = max(floor, ceiling)
    wanted = max(floor, min(demand, top))
    slope = max(1, int(parts + _HALF)) * demand
    return Guest(place, floor, wanted, top, slope, ceiling < floor, *bands)


def target_at(guest: Guest, goal: int) -> int:
    """The target for a goal: `held` within the bands, beyond them the goal less the band, and never out of bounds."""
    moved = max(min(goal + guest.shrink, guest.held), goal - guest.grow)
    return max(guest.floor, min(moved, guest.top))


def stretches(guest: Guest) -> tuple[Stretch, Stretch, Stretch]:
    """The way of the goal: so low that bands are of no account, up to what it wants, and up to its top."""
    floor, wanted, top = guest.floor, guest.wanted, guest.top
    low = floor - guest.shrink
    return (
        Stretch(low, floor, low, guest.shrink),
        Stretch(floor, wanted, 0, guest.slope),
        Stretch(wanted, top, wanted, top - wanted),
    )


def pieces(owner: int, guest: Guest, way: Stretch) -> Iterator[Piece]:
    """Where the target rises with the goal: below the bands and above them."""
    start, end, base, slope = way
    below = max(start, guest.floor - guest.shrink), min(end, guest.held - guest.shrink, guest.top - guest.shrink)
    above = max(start, guest.held + guest.grow, guest.floor + guest.grow), min(end, guest.top + guest.grow)
    for first, last in (below, above):
        if first < last:
            yield Piece(owner, slope, first - base, last - base)


def flaw(sizes: Sequence[int], weight: float) -> Reason:
    """What is wrong with a guest; REFUSED if nothing is."""
    if min(sizes) < 0:
        return Reason.NEGATIVE
    if max(sizes) > MOST_KIB:
        return Reason.TOO_LARGE
    return Reason.REFUSED if math.isfinite(weight) and weight >= 0 else Reason.BAD_WEIGHT


def reason_for(guest: Guest, target: int) -> Reason:
    """Why the target of a guest is what it is."""
    if guest.crossed:
        return Reason.CROSSED
    if target == guest.held and guest.shrink + guest.grow > 0:
        return Reason.HELD
    if target <= guest.floor:
        return Reason.FLOOR
    if target >= guest.top:
        return Reason.CEILING
    if target == guest.wanted:
        return Reason.DEMAND
    return Reason.SHARE if target < guest.wanted else Reason.SPREAD
