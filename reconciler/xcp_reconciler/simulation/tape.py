"""One tape of choices: drawn from a seed, written down, and played again choice by choice."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15
_FRACTIONS: Final = 1 << 32
_UUID_MASK: Final = (1 << 128) - 1


class Tape:
    """Choices in the order in which they were made.

    What was recorded is played first; after its end, or where a choice no longer fits its range, the seed goes on. So
    every list of numbers is a tape, and a shrunk one still runs. On a `calm` tape everything after the end is zero.
    """

    def __init__(self, seed: int, recorded: Sequence[int] = (), *, calm: bool = False) -> None:
        self.seed = seed
        self._calm = calm
        self.choices: list[int] = []
        self._recorded = recorded
        self._state = (seed * _GOLDEN + 1) & _MASK

    def choose(self, many: int) -> int:
        """A number from 0 up to, not including, `many`."""
        position = len(self.choices)
        drawn = self._next() % many
        if position < len(self._recorded):
            drawn = self._recorded[position] % many
        elif self._calm:
            drawn = 0
        self.choices.append(drawn)
        return drawn

    def fraction(self) -> float:
        """A number from 0 up to, not including, 1."""
        return self.choose(_FRACTIONS) / _FRACTIONS

    def chance(self, percent: int) -> bool:
        """True so often in a hundred; 0 on the tape is always 'no fault', so that shrinking takes faults away."""
        return self.choose(100) >= 100 - percent

    def _next(self) -> int:
        # splitmix64: small, good enough, and the same in every version of Python.
        self._state = (self._state + _GOLDEN) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)


class TapeRng:
    """The Rng port over a tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._uids = 0

    def uid(self) -> str:
        """A new uuid as text: no choice, for nothing may depend on it."""
        self._uids += 1
        return str(UUID(int=(self._uids * _GOLDEN * _GOLDEN) & _UUID_MASK, version=4))

    def fraction(self) -> float:
        """A number from 0 up to, not including, 1."""
        return self._tape.fraction()
