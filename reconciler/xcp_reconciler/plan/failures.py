"""What a driver's error means for an object: one pure function decides, drivers never retry."""

from dataclasses import dataclass, replace
from typing import Final

from xcp_reconciler.model.errors import BusyError, DriverError, Failure, FailureKind
from xcp_reconciler.model.history import History
from xcp_reconciler.plan.preconditions import circumstances
from xcp_reconciler.plan.world import World

_FIRST_S: Final = 1.0
_MOST_S: Final = 120.0
_UNAUTHORISED_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to remember, when to look again (unix seconds), and the host whose breaker counts the failure."""

    history: History
    retry_at: float
    host: str | None = None


def backoff(attempts: int, fraction: float) -> float:
    """Seconds before the next try: doubling from 1 to 120, of which the upper half is left to chance."""
    whole = min(_MOST_S, _FIRST_S * 2.0 ** min(attempts, 10))
    return whole * (0.5 + fraction / 2)


def judge(error: DriverError, history: History, now: float, fraction: float, seen: str) -> Verdict:
    """Judge an error of a call. `seen` is the object's `circumstances`, `fraction` a number from 0 to 1."""
    failure = Failure(error.kind, error.message, now, error.code)
    attempts = history.attempts + 1
    retry_at = now + backoff(attempts, fraction)
    match error.kind:
        case FailureKind.REJECTED | FailureKind.UNSUPPORTED:
            kept = replace(history, attempts=attempts, failure=failure, refused=seen, retry_at=None)
            return Verdict(kept, retry_at)
        case FailureKind.BUSY:
            wait = error.retry_after if isinstance(error, BusyError) else _FIRST_S
            retry_at = now + wait
        case FailureKind.STALE:
            retry_at = now if attempts <= 1 else now + backoff(attempts - 1, fraction)
        case FailureKind.UNAUTHORISED:
            retry_at = now + _UNAUTHORISED_S
        case FailureKind.UNREACHABLE:
            kept = replace(history, attempts=attempts, failure=failure, retry_at=retry_at)
            return Verdict(kept, retry_at, error.host)
        case FailureKind.OUTCOME_UNKNOWN | FailureKind.DEFECT:
            pass
    return Verdict(replace(history, attempts=attempts, failure=failure, retry_at=retry_at), retry_at)


def forgiven(history: History, now: float) -> History:
    """The history as a command finds it that somebody gives at `now`: what failed before is tried anew.

    People mend what xcp cannot see, such as an image on disk or the rights of a folder, and then say so by a command.
    """
    if history.failure is None or history.failure.at >= now:
        return history
    return replace(history, attempts=0, retry_at=None, failure=None, refused=None)


def tried_anew(world: World) -> World:
    """The world as a command finds it that is given now: see `forgiven`."""
    return replace(world, histories={ref: forgiven(one, world.now) for ref, one in world.histories.items()})


__all__ = ["Verdict", "backoff", "circumstances", "forgiven", "judge", "tried_anew"]
