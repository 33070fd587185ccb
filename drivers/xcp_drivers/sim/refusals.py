"""What a refusal of the world means to xcp."""

from typing import Final

from xcp_drivers.world.refusal import RefusalError, Refused
from xcp_reconciler.model.errors import BusyError, DriverError, RejectedError, StaleError, UnreachableError

# The op expected another world: somebody was there in between. A second look helps, a second call does not.
_LOOK_AGAIN: Final = frozenset(
    {
        Refused.NO_SUCH_VM,
        Refused.NO_SUCH_VOLUME,
        Refused.NOT_HALTED,
        Refused.NOT_RUNNING,
        Refused.ALREADY_RUNNING,
    }
)
_RETRY_S: Final = 1.0


def driver_error(refusal: RefusalError) -> DriverError:
    """The error that a driver raises for a refusal, in the hypervisor's own words."""
    code, message, host = refusal.code, refusal.message, refusal.host
    if code is Refused.HOST_UNREACHABLE:
        return UnreachableError(message, host=host, code=code)
    if code is Refused.MIGRATING:
        return BusyError(message, retry_after=_RETRY_S, host=host, code=code)
    if code in _LOOK_AGAIN:
        return StaleError(message, host=host, code=code)
    return RejectedError(message, host=host, code=code)
