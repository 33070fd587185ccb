"""Chance that can be repeated: numbers that follow from a seed alone."""

from typing import Final
from zlib import crc32

_MASK: Final = 2**64 - 1
_STEP: Final = 0x9E3779B97F4A7C15
_WHOLE: Final = 2**53


class Dice:
    """A splitmix64 sequence; two dice with one seed throw the same."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def fraction(self) -> float:
        """A number from 0 up to, not including, 1."""
        self._state = (self._state + _STEP) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((mixed ^ (mixed >> 31)) >> 11) / _WHOLE


def chance(seed: int, *about: str | int) -> float:
    """A number from 0 up to 1 that belongs to these facts: asking again gives the same."""
    return Dice(seed * _STEP + crc32("/".join(map(str, about)).encode())).fraction()
