"""The bad luck that an endpoint asks for, drawn call by call."""

from dataclasses import dataclass
from typing import Final, Protocol

from xcp_drivers.sim.address import Address
from xcp_reconciler.model.errors import (
    BusyError,
    DriverError,
    FailureKind,
    OutcomeUnknownError,
    RejectedError,
    StaleError,
    UnauthorisedError,
    UnreachableError,
    UnsupportedError,
)
from xcp_reconciler.model.ops import Call

_MOST_STALE: Final = 3


class Draw(Protocol):
    """Something that gives numbers from 0 up to 1."""

    def fraction(self) -> float:
        """The next number."""
        ...


@dataclass(frozen=True, slots=True)
class BadLuck:
    """Errors before a call, replies that are lost, snapshots that are old."""

    address: Address
    draw: Draw

    async def before_send(self, call: Call) -> None:
        """Fail as often as the endpoint says."""
        for trouble in self.address.errors:
            if self.draw.fraction() < trouble.probability:
                raise error_of(trouble.code, call)

    async def applied(self, call: Call) -> None:
        """Lose the reply as often as the endpoint says."""
        if self.address.lose and self.draw.fraction() < self.address.lose:
            raise OutcomeUnknownError(f"{call.method}: the reply was lost", host=call.host)

    async def after_reply(self, call: Call) -> None:
        """Nothing goes wrong any more."""

    def staleness(self) -> int:
        """One to three snapshots ago, as often as the endpoint says."""
        if not self.address.stale or self.draw.fraction() >= self.address.stale:
            return 0
        return 1 + int(self.draw.fraction() * _MOST_STALE)


def error_of(code: str, call: Call) -> DriverError:
    """The error with that name; what is no class of ours is a refusal with that code."""
    message = f"{call.method}: {code}, as the endpoint asked for"
    match code:
        case FailureKind.UNREACHABLE:
            return UnreachableError(message, host=call.host)
        case FailureKind.BUSY:
            return BusyError(message, retry_after=1.0, host=call.host)
        case FailureKind.STALE:
            return StaleError(message, host=call.host)
        case FailureKind.UNSUPPORTED:
            return UnsupportedError(message, host=call.host)
        case FailureKind.UNAUTHORISED:
            return UnauthorisedError(message, host=call.host)
        case FailureKind.OUTCOME_UNKNOWN:
            return OutcomeUnknownError(message, host=call.host)
        case _:
            return RejectedError(message, host=call.host, code=code)
