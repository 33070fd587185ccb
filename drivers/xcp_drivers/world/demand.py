"""How much of its memory a guest needs: a pure function of the time. KiB, seconds."""

from enum import StrEnum
from functools import lru_cache
from math import floor, pi, sin
from typing import Final, NamedTuple

_PAGE_KIB: Final = 4
_HALF: Final = 0.5


class Wave(StrEnum):
    """How a need moves between its two ends."""

    STEADY = "steady"
    SINE = "sine"
    SQUARE = "square"  # the first half of each period low, the second high


class Demand(NamedTuple):
    """What a guest needs; steady where both ends are the same."""

    low: int
    high: int
    period: float = 60.0
    wave: Wave = Wave.STEADY

    def text(self) -> str:
        """As the world keeps it."""
        return f"{self.low} {self.high} {self.period!r} {self.wave}"

    @property
    def moves(self) -> bool:
        """Whether it is not always the same."""
        return self.wave is not Wave.STEADY and self.low != self.high

    def at(self, now: float) -> int:
        """What is needed at a moment, in whole pages."""
        if not self.moves:
            return self.high
        phase = now / self.period - floor(now / self.period)
        part = (1 - sin(2 * pi * (phase + 0.25))) / 2 if self.wave is Wave.SINE else float(phase >= _HALF)
        return self.low + int((self.high - self.low) * part) // _PAGE_KIB * _PAGE_KIB


@lru_cache(maxsize=256)
def demand_of(text: str) -> Demand:
    """Read what `text` wrote."""
    low, high, period, wave = text.split(" ")
    return Demand(int(low), int(high), float(period), Wave(wave))
