"""What becomes of each call, look, hint and commit of a history: what its rules ask for, else what its tape draws."""

import errno
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from xcp_reconciler.model.errors import (
    BusyError,
    DriverError,
    OutcomeUnknownError,
    RejectedError,
    StaleError,
    UnreachableError,
)
from xcp_reconciler.model.ops import Call
from xcp_reconciler.simulation.fault import (
    CALL_FAULTS,
    COMMIT_FAULTS,
    HINT_FAULTS,
    LOOK_FAULTS,
    CrashPoint,
    Fault,
)
from xcp_reconciler.simulation.rules import Occasion, Rule, Rules
from xcp_reconciler.simulation.swarm import CALM, FREE, Swarm
from xcp_reconciler.simulation.tape import Tape

# Shorter than the deadline of any call.
_LATEST_LANDING_S: Final = 9
_SLOWEST_S: Final = 6
# A host that shows nothing shows everything on the next look: what stays away for longer is away.
_ONCE_S: Final = 15.0
_LATEST_HINT_S: Final = 20
_LONGEST_SILENCE_S: Final = 600
_BACK: Final = (1, 2, 5, 1000)


@dataclass(frozen=True, slots=True)
class Dies:
    """The process ends at this point; what is in flight lands so many seconds later."""

    point: CrashPoint
    landing: float = 0.0


@dataclass(frozen=True, slots=True)
class Fails:
    """The caller gets an error, and nothing was done."""

    error: DriverError


@dataclass(frozen=True, slots=True)
class ReplyLost:
    """It is done, and the caller gets no answer."""


@dataclass(frozen=True, slots=True)
class LandsLate:
    """The caller gets no answer, and it is done so many seconds later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Slow:
    """It takes so many seconds longer."""

    seconds: float


CallFate = Dies | Fails | ReplyLost | LandsLate | Slow


@dataclass(frozen=True, slots=True)
class StaleLook:
    """A look from so many looks ago; `mixed` is each host from a moment of its own."""

    back: int
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class EmptyLook:
    """One of the hosts, chosen by this number, shows nothing."""

    host: int


LookFate = StaleLook | EmptyLook


@dataclass(frozen=True, slots=True)
class HintFate:
    """How often a hint is heard, how much later, and for how long none is heard after it (seconds)."""

    times: int = 1
    later: float = 0.0
    silence: float = 0.0


HEARD: Final = HintFate()


@dataclass
class Fate:
    """The faults of one history. `count` says what happened, `coverage` what it happened to; `last_at` when.

    Once `on` is False nothing drawn goes wrong any more; what rules ask for still does.
    """

    tape: Tape
    swarm: Swarm = CALM
    rules: Rules = field(default_factory=Rules)
    effects: int = 0
    looks: int = 0
    hints: int = 0
    commits: int = 0
    on: bool = True
    last_at: float | None = None
    count: Counter[str] = field(default_factory=Counter[str])
    coverage: Counter[str] = field(default_factory=Counter[str])
    _left: int = 0
    _crashes: list[tuple[int, CrashPoint]] = field(default_factory=list[tuple[int, CrashPoint]])
    _since_crash: int = 0
    _empty_again: float = 0.0

    def __post_init__(self) -> None:
        self._left = self.swarm.budget
        self._crashes = list(self.swarm.crashes)

    @property
    def gone_wrong(self) -> bool:
        """Whether there has been any fault but those of hints and slowness."""
        return any(fault not in FREE for fault in self.count)

    # --- calls

    def call(self, call: Call, now: float) -> CallFate | None:
        """What becomes of a call that changes something and is about to be sent; None: nothing special."""
        self.effects += 1
        rule = self.rules.due(Occasion.EFFECT, call.method)
        if rule is not None:
            fate = self._asked(rule, call)
            self.note(rule.fault, f"{call.method} {rule.at}" if rule.fault is Fault.CRASH else call.method, now)
            return fate
        point = self._crash_here()
        if point is not None:
            self.note(Fault.CRASH, f"{call.method} {point}", now)
            return Dies(point, float(self.tape.choose(_LATEST_LANDING_S)))
        fault = self._drawn(CALL_FAULTS)
        if fault is None:
            return None
        self.note(fault, call.method, now)
        match fault:
            case Fault.SLOW:
                return Slow(float(1 + self.tape.choose(_SLOWEST_S)))
            case Fault.APPLIED_LATER:
                return LandsLate(float(1 + self.tape.choose(_LATEST_LANDING_S)))
            case Fault.REPLY_LOST:
                return ReplyLost()
            case _:
                return Fails(_error(fault, call))

    def _asked(self, rule: Rule, call: Call) -> CallFate:
        match rule.fault:
            case Fault.CRASH:
                return Dies(rule.at, rule.seconds)
            case Fault.SLOW:
                return Slow(rule.seconds)
            case Fault.APPLIED_LATER:
                return LandsLate(rule.seconds)
            case Fault.REPLY_LOST:
                return ReplyLost()
            case _:
                return Fails(_error(rule.fault, call))

    def _crash_here(self) -> CrashPoint | None:
        self._since_crash += 1
        if not self.on or not self._crashes or self._since_crash < self._crashes[0][0]:
            return None
        self._since_crash = 0
        return self._crashes.pop(0)[1]

    # --- looks, hints, commits

    def look(self, now: float) -> LookFate | None:
        """What becomes of a look that is about to be handed over."""
        self.looks += 1
        rule = self.rules.due(Occasion.LOOK)
        fault = rule.fault if rule is not None else self._drawn(LOOK_FAULTS)
        if fault is Fault.EMPTY_LOOK and now < self._empty_again:
            fault = None
        if fault is None:
            return None
        self.note(fault, "look", now)
        if fault is Fault.EMPTY_LOOK:
            self._empty_again = now + _ONCE_S
            return EmptyLook(self.tape.choose(1000))
        back = rule.by if rule is not None else _BACK[self.tape.choose(len(_BACK))]
        return StaleLook(back, mixed=fault is Fault.MIXED_LOOK)

    def hint(self, now: float) -> HintFate:
        """What becomes of a hint."""
        self.hints += 1
        rule = self.rules.due(Occasion.HINT)
        fault = rule.fault if rule is not None else self._drawn(HINT_FAULTS)
        if fault is None:
            return HEARD
        self.note(fault, "hint", now)
        match fault:
            case Fault.HINT_DROPPED:
                return HintFate(times=0)
            case Fault.HINT_DOUBLED:
                return HintFate(times=2)
            case Fault.HINT_LATE:
                return HintFate(later=rule.seconds if rule else float(1 + self.tape.choose(_LATEST_HINT_S)))
            case _:
                silence = rule.seconds if rule else float(1 + self.tape.choose(_LONGEST_SILENCE_S))
                return HintFate(times=0, silence=silence)

    def commit(self, writes: str, now: float) -> Fault | None:
        """What becomes of a commit of these kinds of writes."""
        self.commits += 1
        rule = self.rules.due(Occasion.COMMIT)
        fault = rule.fault if rule is not None else self._drawn(COMMIT_FAULTS)
        if fault is not None:
            self.note(fault, writes, now)
        return fault

    def choose(self, many: int) -> int:
        """A further choice about a fault that happens."""
        return self.tape.choose(many)

    def note(self, fault: Fault, what: str, now: float) -> None:
        """Count a fault."""
        self.count[fault] += 1
        self.coverage[f"{fault} x {what}"] += 1
        self.last_at = now

    def _drawn(self, kinds: tuple[Fault, ...]) -> Fault | None:
        if not self.on:
            return None
        for fault in kinds:
            rate = self.swarm.rates.get(fault)
            if rate is None or not self.tape.chance(rate):
                continue
            if fault in FREE:
                return fault
            if self._left:
                self._left -= 1
                return fault
        return None


def store_error(fault: Fault) -> OSError | None:
    """What the disk says where a commit meets this fault."""
    match fault:
        case Fault.STORE_FULL:
            return OSError(errno.ENOSPC, "No space left on device")
        case Fault.STORE_ERROR:
            return OSError(errno.EIO, "Input/output error")
        case Fault.STORE_LOCKED:
            return BlockingIOError("the database is locked")
        case _:
            return None


def _error(fault: Fault, call: Call) -> DriverError:
    match fault:
        case Fault.BUSY:
            return BusyError(f"{call.method}: somebody else is at it", retry_after=1.0, host=call.host)
        case Fault.UNREACHABLE:
            return UnreachableError(f"{call.method}: no route to {call.host}", host=call.host)
        case Fault.STALE_ERROR:
            return StaleError(f"{call.method}: that is not how it is", host=call.host)
        case Fault.REJECTED:
            return RejectedError(f"{call.method}: refused, for once", host=call.host, code="Simulated")
        case _:
            return OutcomeUnknownError(f"{call.method}: no answer", host=call.host)
