"""What libvirt's errors mean to the reconciler: one pure function."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from xcp_reconciler.model.errors import (
    BusyError,
    DriverError,
    OutcomeUnknownError,
    RejectedError,
    StaleError,
    UnauthorisedError,
    UnreachableError,
    UnsupportedError,
)


class Code(IntEnum):
    """The virErrorNumber values that mean something of their own here; a name is VIR_ERR_ and ours."""

    INTERNAL_ERROR = 1
    NO_SUPPORT = 3
    NO_CONNECT = 5
    INVALID_CONN = 6
    INVALID_ARG = 8
    OPERATION_FAILED = 9
    XML_ERROR = 27
    DOM_EXIST = 28
    OPERATION_DENIED = 29
    NETWORK_EXIST = 37
    SYSTEM_ERROR = 38
    RPC = 39
    GNUTLS_ERROR = 40
    NO_DOMAIN = 42
    NO_NETWORK = 43
    AUTH_FAILED = 45
    NO_STORAGE_POOL = 49
    NO_STORAGE_VOL = 50
    OPERATION_INVALID = 55
    CONFIG_UNSUPPORTED = 67
    OPERATION_TIMEOUT = 68
    ARGUMENT_UNSUPPORTED = 74
    OPERATION_ABORTED = 78
    AUTH_CANCELLED = 79
    NO_DOMAIN_METADATA = 80
    MIGRATE_UNSAFE = 81
    BLOCK_COPY_ACTIVE = 83
    OPERATION_UNSUPPORTED = 84
    AGENT_UNRESPONSIVE = 86
    RESOURCE_BUSY = 87
    ACCESS_DENIED = 88
    STORAGE_VOL_EXIST = 90
    XML_INVALID_SCHEMA = 92
    MIGRATE_FINISH_OK = 93
    AUTH_UNAVAILABLE = 94


class Phase(StrEnum):
    """How far a piece of work had come: only a call that may have changed something has an unknown outcome."""

    OPENING = "opening"
    READING = "reading"
    CHANGING = "changing"


@dataclass(frozen=True, slots=True)
class Complaint:
    """A libvirtError without libvirt; `alive` is whether the connection had survived it."""

    code: int
    domain: int
    message: str
    alive: bool = True


# virErrorDomain: who speaks. These two are the wire itself.
_WIRE: Final = frozenset({7, 13})

ABSENT: Final = frozenset({Code.NO_DOMAIN, Code.NO_NETWORK, Code.NO_STORAGE_POOL, Code.NO_STORAGE_VOL})
_UNAUTHORISED: Final = frozenset(
    {
        Code.OPERATION_DENIED,
        Code.AUTH_FAILED,
        Code.AUTH_CANCELLED,
        Code.AUTH_UNAVAILABLE,
        Code.ACCESS_DENIED,
        Code.GNUTLS_ERROR,
    }
)
_UNSUPPORTED: Final = frozenset(
    {Code.NO_SUPPORT, Code.CONFIG_UNSUPPORTED, Code.ARGUMENT_UNSUPPORTED, Code.OPERATION_UNSUPPORTED}
)
# Seconds after which asking again makes sense: jobs and locks pass quickly, what somebody aborted does not.
_BUSY: Final = {
    Code.OPERATION_TIMEOUT: 2.0,
    Code.RESOURCE_BUSY: 2.0,
    Code.BLOCK_COPY_ACTIVE: 10.0,
    Code.OPERATION_ABORTED: 30.0,
}
_LOST: Final = frozenset(
    {Code.RPC, Code.SYSTEM_ERROR, Code.INTERNAL_ERROR, Code.INVALID_CONN, Code.NO_CONNECT, Code.OPERATION_FAILED}
)
# OPERATION_INVALID is both "the state has changed" and "never": only libvirt's words tell them apart.
_MOVED_ON: Final = (
    "is not running",
    "is already running",
    "is already active",
    "is not active",
    "is already defined",
    "no longer",
    "not paused",
)
BUSY_POOL: Final = "asynchronous jobs running"
_BUSY_WORDS: Final = (
    BUSY_POOL,
    "state change lock",
    "another migration job",
    "already in progress",
    # A volume that a caller who has died was filling; libvirt notices that a moment later.
    "is still being allocated",
    "is still in use",
)
_TRUST_WORDS: Final = ("Permission denied", "Host key verification failed", "certificate", "authentication")
_UNSENT_WORDS: Final = ("unable to connect to server", "Failed to connect", "Connection refused", "No route to host")


def name_of(code: int) -> str:
    """Libvirt's own name of an error, or its number where we have no use for the name."""
    try:
        return f"VIR_ERR_{Code(code).name}"
    except ValueError:
        return f"virErrorNumber {code}"


def translate(complaint: Complaint, *, host: str, phase: Phase) -> DriverError:
    """What a complaint of libvirt means, in the words of the contract."""
    code, words, name = complaint.code, complaint.message, name_of(complaint.code)
    if phase is Phase.OPENING:
        if code in _UNAUTHORISED or any(word in words for word in _TRUST_WORDS):
            return UnauthorisedError(words, host=host, code=name)
        return UnreachableError(words, host=host, code=name)
    if complaint.alive and any(word in words for word in _UNSENT_WORDS):
        # Our own connection stands: the host could not reach another one, and has done nothing yet.
        return UnreachableError(words, host=host, code=name)
    if not complaint.alive or (complaint.domain in _WIRE and code in _LOST):
        lost = OutcomeUnknownError if phase is Phase.CHANGING else UnreachableError
        return lost(words, host=host, code=name)
    return _refusal(code, words, name, host)


def _refusal(code: int, words: str, name: str, host: str) -> DriverError:
    if any(word in words for word in _BUSY_WORDS):
        return BusyError(words, retry_after=2.0, host=host, code=name)
    for known, seconds in _BUSY.items():
        if code == known:
            return BusyError(words, retry_after=seconds, host=host, code=name)
    if code in ABSENT or code == Code.STORAGE_VOL_EXIST:
        return StaleError(words, host=host, code=name)
    if code == Code.OPERATION_INVALID and any(word in words for word in _MOVED_ON):
        return StaleError(words, host=host, code=name)
    if code in _UNAUTHORISED:
        return UnauthorisedError(words, host=host, code=name)
    if code in _UNSUPPORTED:
        return UnsupportedError(words, host=host, code=name)
    if code == Code.MIGRATE_FINISH_OK:
        return OutcomeUnknownError(words, host=host, code=name)
    return RejectedError(words, host=host, code=name)
