"""Walking through seeds without a guard until a history breaks a promise that it keeps with it."""

import signal
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import Final

from tests.faults.guards.guard import Guard, off
from xcp_drivers.sim.truth import WorldTruth
from xcp_reconciler.simulation.library import all_scenarios
from xcp_reconciler.simulation.run import Faults, Stage, UnsoundError
from xcp_reconciler.simulation.tape import Tape

# A history takes a fraction of a second. One that has used so much processor time (seconds) does not end.
_ENDLESS_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Kill:
    """The first history that is worse without the guard: its seed, its scenario and the promise that it breaks."""

    seed: int
    scenario: str
    oracle: str
    detail: str


class EndlessError(KeyboardInterrupt):
    """A history does not end. Not an ordinary error: those are contained by the program under test."""


def first_kill(guards: Sequence[Guard], seeds: Iterable[int]) -> Kill | None:
    """The first of these histories that goes wrong without the guards and not with them; None if there is none."""
    scenarios = guards[0].scenarios or tuple(all_scenarios())
    for seed in seeds:
        scenario = scenarios[seed % len(scenarios)]
        if not _is_sound(scenario):
            continue
        with off(guards):
            broken = broken_promises(scenario, seed)
        if broken and not broken_promises(scenario, seed):
            oracle, detail = broken[0]
            return Kill(seed, scenario, oracle, detail)
    return None


@cache
def _stage() -> Stage:
    return Stage(WorldTruth, tuple(all_scenarios().values()))


@cache
def _is_sound(scenario: str) -> bool:
    """Whether a scenario proves anything. Asked of the whole program: its history without faults is the reference."""
    try:
        _stage().without_faults(scenario)
    except UnsoundError:
        return False
    return True


def broken_promises(scenario: str, seed: int) -> list[tuple[str, str]]:
    """What goes wrong in one history: by which oracle, and how."""
    try:
        with _limited():
            outcome = _stage().live(scenario, Tape(seed), Faults())
    except EndlessError:
        return [("endless", f"it is not over after {_ENDLESS_S:.0f} s")]
    except Exception as error:  # noqa: BLE001 - whatever escapes is a promise broken
        return [(type(error).__name__, str(error))]
    return [(violation.oracle.value, violation.detail) for violation in outcome.violations]


@contextmanager
def _limited() -> Generator[None]:
    def over(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise EndlessError

    before: Callable[[int, FrameType | None], object] | int | None = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, _ENDLESS_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)
