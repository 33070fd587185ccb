"""What a driver may raise. Anything else that escapes a driver is a defect of the driver."""

from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """The classes of refusal, as status and plans name them."""

    UNREACHABLE = "Unreachable"
    BUSY = "Busy"
    STALE = "Stale"
    UNSUPPORTED = "Unsupported"
    REJECTED = "Rejected"
    UNAUTHORISED = "Unauthorised"
    OUTCOME_UNKNOWN = "OutcomeUnknown"
    DEFECT = "Defect"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as it is remembered: what kind, the backend's own words, and when (unix seconds)."""

    kind: FailureKind
    message: str
    at: float
    code: str = ""


class DriverError(Exception):
    """The root of all that a driver raises on purpose; `host` is the host that it speaks of, where there is one."""

    kind = FailureKind.DEFECT

    def __init__(self, message: str, *, host: str | None = None, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.host = host
        self.code = code


class UnreachableError(DriverError):
    """The host did not answer, and the call was certainly not sent."""

    kind = FailureKind.UNREACHABLE


class BusyError(DriverError):
    """The backend is doing something else with the object; try again after `retry_after` seconds."""

    kind = FailureKind.BUSY

    def __init__(self, message: str, *, retry_after: float, host: str | None = None, code: str = "") -> None:
        super().__init__(message, host=host, code=code)
        self.retry_after = retry_after


class StaleError(DriverError):
    """The world is not what the op expects: look again."""

    kind = FailureKind.STALE


class UnsupportedError(DriverError):
    """The backend cannot do this at all."""

    kind = FailureKind.UNSUPPORTED


class RejectedError(DriverError):
    """The backend refused; asking again is idle until the spec or the world changes."""

    kind = FailureKind.REJECTED


class UnauthorisedError(DriverError):
    """Credentials or trust are wrong; concerns the whole pool."""

    kind = FailureKind.UNAUTHORISED


class OutcomeUnknownError(DriverError):
    """The call was, or may have been, sent, and no answer came: look again, never create blindly."""

    kind = FailureKind.OUTCOME_UNKNOWN
