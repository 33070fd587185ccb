"""What goes wrong in a history, drawn from its tape before it begins and call by call."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from xcp_reconciler.model.errors import BusyError, OutcomeUnknownError, UnreachableError
from xcp_reconciler.model.ops import Call
from xcp_reconciler.simulation.tape import Tape

_MOST_CRASHES: Final = 3
_LATEST_EFFECT: Final = 24
# Shorter than the deadline of any call.
_LATEST_LANDING_S: Final = 9


class CrashPoint(StrEnum):
    """Where in the life of an effect the process ends. What is in flight then lands some seconds later."""

    BEFORE_SEND = "beforeSend"
    IN_FLIGHT = "inFlight"
    BEFORE_REPLY = "appliedBeforeReply"
    BEFORE_COMMIT = "afterReplyBeforeCommit"
    AFTER_COMMIT = "afterCommit"


POINTS: Final = tuple(CrashPoint)


class Fault(StrEnum):
    """What can go wrong besides a crash."""

    REPLY_LOST = "replyLost"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    STALE = "staleRead"


@dataclass(frozen=True, slots=True)
class Odds:
    """How often something goes wrong, in percent of the calls or looks; `budget` bounds how many faults there are."""

    reply_lost: int = 10
    busy: int = 4
    unreachable: int = 4
    stale: int = 8
    crashes: int = _MOST_CRASHES
    budget: int = 12


NO_ODDS: Final = Odds(0, 0, 0, 0, 0, 0)


@dataclass
class FaultPlan:
    """The faults of one history. `count` says what happened, `coverage` what it happened to."""

    tape: Tape
    odds: Odds
    crashes: list[tuple[int, CrashPoint]] = field(default_factory=list[tuple[int, CrashPoint]])
    effects: int = 0
    on: bool = True
    last_at: float = 0.0
    count: Counter[str] = field(default_factory=Counter[str])
    coverage: Counter[str] = field(default_factory=Counter[str])
    _left: int = 0

    def __post_init__(self) -> None:
        self._left = self.odds.budget
        many = self.tape.choose(self.odds.crashes + 1) if self.odds.crashes else 0
        self.crashes = [
            (1 + self.tape.choose(_LATEST_EFFECT), POINTS[self.tape.choose(len(POINTS))]) for _ in range(many)
        ]

    def crash_here(self, call: Call, now: float) -> CrashPoint | None:
        """The point at which the effect that begins now kills its process, None where it does not."""
        self.effects += 1
        if not self.on or not self.crashes or self.effects < self.crashes[0][0]:
            return None
        _, point = self.crashes.pop(0)
        self.effects = 0
        self.note(f"crash.{point}", call.method, now)
        return point

    def landing(self) -> float:
        """How long a call that is in flight when its process dies is still under way, in seconds."""
        return float(self.tape.choose(_LATEST_LANDING_S))

    def before_send(self, call: Call, now: float) -> None:
        """Refuse some calls.

        Raises:
            BusyError, UnreachableError: as the tape says.
        """
        if self._strikes(self.odds.busy):
            self.note(Fault.BUSY, call.method, now)
            raise BusyError(f"{call.method}: somebody else is at it", retry_after=1.0, host=call.host)
        if self._strikes(self.odds.unreachable):
            self.note(Fault.UNREACHABLE, call.method, now)
            raise UnreachableError(f"{call.method}: no route to {call.host}", host=call.host)

    def applied(self, call: Call, now: float) -> None:
        """Lose some replies.

        Raises:
            OutcomeUnknownError: as the tape says.
        """
        if self._strikes(self.odds.reply_lost):
            self.note(Fault.REPLY_LOST, call.method, now)
            raise OutcomeUnknownError(f"{call.method}: the reply was lost", host=call.host)

    def staleness(self, now: float) -> int:
        """How many states ago the next look shall be from."""
        if not self._strikes(self.odds.stale):
            return 0
        self.note(Fault.STALE, "look", now)
        return (1, 2, 5, 1000)[self.tape.choose(4)]

    def note(self, fault: str, effect: str, now: float) -> None:
        """Count a fault."""
        self.count[fault] += 1
        self.coverage[f"{fault} x {effect}"] += 1
        self.last_at = now

    def _strikes(self, percent: int) -> bool:
        if not self.on or not self._left or not percent or not self.tape.chance(percent):
            return False
        self._left -= 1
        return True
