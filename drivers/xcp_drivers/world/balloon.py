"""Where a balloon is: a pure function of where it was, where it goes, and the time. Memory in KiB, time in seconds."""

from math import ceil, floor
from typing import Final, assert_never

from xcp_drivers.world.habits import Habit

_WINDOW_S: Final = 20.0
_AWAKE_S: Final = 1.0
_PAGE_KIB: Final = 4
_PAGE_EVERY_S: Final = 5.0


def goal(habit: Habit, at: int, target: int, size: int) -> int:
    """Where a balloon that is at `at` ends up when it is asked for `target`."""
    limit = size * 3 // 4
    match habit:
        case Habit.STUCK | Habit.ABSENT:
            return at
        case Habit.FLOOR:
            # A guest below its floor stays there; it only gives no more.
            return target if target >= at else max(target, min(at, limit))
        case Habit.CEILING:
            return target if target <= at else min(target, max(at, limit))
        case Habit.IDEAL | Habit.FLAKY | Habit.TRICKLE:
            return target
        case _:
            assert_never(habit)


def position(habit: Habit, start: int, end: int, speed: int, seconds: tuple[float, float]) -> int:
    """The memory that a guest holds at the second of the two times, having left `start` at the first."""
    since, now = seconds
    if now <= since or start == end:
        return start
    gone = _distance(habit, speed, since, now)
    return max(end, start - gone) if end < start else min(end, start + gone)


def arrival(habit: Habit, start: int, end: int, speed: int, since: float) -> float:
    """A time at which the balloon surely stands still."""
    way = abs(end - start)
    if not way:
        return since
    match habit:
        case Habit.FLAKY:
            return since + _WINDOW_S * (ceil(way / speed / _AWAKE_S) + 1)
        case Habit.TRICKLE:
            return since + _PAGE_EVERY_S * ceil(way / _PAGE_KIB)
        case _:
            return since + way / speed


def _distance(habit: Habit, speed: int, since: float, now: float) -> int:
    match habit:
        case Habit.FLAKY:
            return int(speed * (_awake(now) - _awake(since)))
        case Habit.TRICKLE:
            return _PAGE_KIB * floor((now - since) / _PAGE_EVERY_S)
        case _:
            return int(speed * (now - since))


def _awake(until: float) -> float:
    """Seconds since the epoch in which a flaky guest was awake."""
    windows, rest = divmod(until, _WINDOW_S)
    return windows * _AWAKE_S + min(rest, _AWAKE_S)
