"""XAPI's balloon protocol as the reference data's script plays it, on any guests; it may be missing."""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol, cast

from tests.unit.plan.memory.balloons import Balloon

FOLDER: Final = Path(__file__).resolve().parents[3] / "shared/bench"
MISSING: Final = f"{FOLDER}/balance_guests.py is not there: the reference data is not ours to publish"


class _Host(Protocol):
    """A host of theirs: `trace` has (ms, KiB free) for every ms."""

    trace: list[tuple[int, int]]


class _Guests(Protocol):
    """Their script, as far as it is used here."""

    RESERVE: int

    def Host(self, guests: Sequence[object]) -> _Host: ...  # noqa: N802 - a class of theirs

    def squeezed_frees(self, host: _Host, need: int) -> tuple[str, int]: ...


@dataclass(slots=True)
class _Theirs:
    """A balloon as their script moves it."""

    balloon: Balloon

    @property
    def low(self) -> int:
        """Its minimum."""
        return self.balloon.floor

    @property
    def high(self) -> int:
        """Its maximum."""
        return self.balloon.ceiling

    @property
    def actual(self) -> int:
        """What it holds."""
        return self.balloon.actual

    @property
    def target(self) -> int:
        """Its balloon's target."""
        return self.balloon.target

    @target.setter
    def target(self, target: int) -> None:
        self.balloon.target = target

    def move(self, start: int, end: int, host_free: int) -> int:
        """Move between two moments, by no more than the host has free."""
        before, target = self.balloon.actual, self.balloon.target
        self.balloon.target = min(target, before + max(0, host_free)) if target > before else target
        change = self.balloon.move(start, end)
        self.balloon.target = target
        return change


@dataclass(frozen=True, slots=True)
class Freed:
    """How their protocol did: in ms, when it was free and when the call returned, with which words."""

    free_at: int | None
    returned_at: int
    words: str
    trace: Sequence[tuple[int, int]]


def script() -> ModuleType | None:
    """Their script, None where it is not there."""
    if not (FOLDER / "balance_guests.py").exists():
        return None
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module("balance_guests")
    finally:
        sys.path.remove(str(FOLDER))


def squeezed_frees(guests: Sequence[Balloon], need: int) -> Freed | None:
    """Free `need` KiB from these guests as squeezed does; None where the script is not there."""
    module = script()
    if module is None:
        return None
    theirs = cast("_Guests", module)
    host = theirs.Host([_Theirs(guest) for guest in guests])
    words, returned = theirs.squeezed_frees(host, need)
    free_at = next((ms for ms, free in host.trace if free >= need + theirs.RESERVE), None)
    return Freed(free_at, returned, words, host.trace)
