"""What others do about memory, re-implemented to be measured beside: squeezed's rule and oVirt MoM's."""

from collections.abc import Sequence
from typing import Final

# The constants of MoM's doc/balloon.rules.
PRESSURE: Final = 0.20
CRITICAL: Final = 0.05
GUEST_FREE: Final = 0.20
CHANGE: Final = 0.05
LEAST_CHANGE: Final = 0.0025


def squeezed(budget: int, low: Sequence[int], high: Sequence[int]) -> list[int]:
    """Squeezed's rule in plain Python, from guests that are all at their minimum."""
    total = sum(max(0, top - floor) for floor, top in zip(low, high, strict=True))
    surplus = max(0, budget - sum(low))
    gamma = min(1.0, float(surplus) / float(total)) if total else float(surplus > 0)
    return [floor + int(gamma * float(max(0, top - floor))) for floor, top in zip(low, high, strict=True)]


def mom_step(
    memory: int, low: Sequence[int], high: Sequence[int], used: Sequence[int], held: Sequence[int]
) -> list[int]:
    """One pass of MoM's rules, every 10 s there: all shrink below 20 % of free memory on the host, or all grow.

    `used` is what its guests say that they use. As published, a guest is bounded by the smaller of its minimum and of
    what it uses with some air; here by the larger, as the comments there have it, which is kinder to the guests. What
    all want to grow by is cut to what the host has free.
    """
    free = 1 - sum(held) / memory
    if free < PRESSURE:
        air = free - CRITICAL if free <= CRITICAL else GUEST_FREE * free / PRESSURE
        return [_shrunk(*row, air=air) for row in zip(low, used, held, strict=True)]
    grown = [_grown(*row) for row in zip(low, high, used, held, strict=True)]
    room = memory - sum(held)
    asked = sum(grown) - sum(held)
    part = min(1.0, room / asked) if asked > 0 else 1.0
    return [int(now + part * (then - now)) for now, then in zip(held, grown, strict=True)]


def _shrunk(low: int, used: int, held: int, *, air: float) -> int:
    least = max(low, min(used, held) + air * held)
    target = max(held * (1 - CHANGE), least)
    return int(target) if target <= held and held - target > LEAST_CHANGE * held else held


def _grown(low: int, high: int, used: int, held: int) -> int:
    if held >= high:
        return held
    least = max(low, min(used, held) + GUEST_FREE * held)
    target = max(min(held * (1 + CHANGE), high), min(least, high))
    return int(target) if abs(target - held) > LEAST_CHANGE * held else held
