"""What the right answer is, in fractions and by another way than either twin: halving intervals between breakpoints."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from tests.kernels.memory_calls import Guest

PARTS: Final = 65536


def slopes(guests: Sequence[Guest]) -> list[int]:
    """Weight times demand, weights in parts of the largest."""
    largest = max((guest.weight for guest in guests), default=0.0)
    scale = PARTS / largest if largest >= 1e-300 else 0.0
    return [max(1, int(guest.weight * scale + 0.5)) * guest.demand for guest in guests]


def exact_shares(guests: Sequence[Guest], budget: int) -> list[Fraction]:
    """The exact targets, before they are cut to whole KiB; the floors must fit into the budget."""
    if sum(guest.top for guest in guests) <= budget:
        return [Fraction(guest.top) for guest in guests]
    if sum(guest.wanted for guest in guests) <= budget:
        rest = budget - sum(guest.wanted for guest in guests)
        room = sum(guest.top - guest.wanted for guest in guests)
        return [guest.wanted + Fraction(rest * (guest.top - guest.wanted), room) for guest in guests]
    rising = slopes(guests)

    def at(level: Fraction) -> list[Fraction]:
        return [
            max(Fraction(guest.floor), min(level * slope, Fraction(guest.wanted)))
            for guest, slope in zip(guests, rising, strict=True)
        ]

    breaks = sorted(
        {Fraction(end, slope) for g, slope in zip(guests, rising, strict=True) if slope for end in (g.floor, g.wanted)}
    )
    low, high = 0, len(breaks) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if sum(at(breaks[middle])) >= budget else (middle + 1, high)
    last = breaks[low]
    first = breaks[low - 1] if low else Fraction(0)
    less, more = sum(at(first)), sum(at(last))
    # Between two breakpoints the sum is a straight line.
    level = first if more == less else first + (last - first) * (budget - less) / (more - less)
    return at(level)


def rounded(exact: Sequence[Fraction]) -> list[int]:
    """Cut to whole numbers of the same sum, by largest remainders, ties by index."""
    whole = [int(one) for one in exact]
    order = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for i in order[: int(sum(exact)) - sum(whole)]:
        whole[i] += 1
    return whole
