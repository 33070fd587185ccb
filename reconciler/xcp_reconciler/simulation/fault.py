"""The alphabet of faults: everything that the simulation knows to go wrong by itself."""

from enum import StrEnum
from typing import Final


class CrashPoint(StrEnum):
    """Where in the life of an effect the process ends. What is in flight then lands some seconds later."""

    BEFORE_SEND = "beforeSend"
    IN_FLIGHT = "inFlight"
    BEFORE_REPLY = "appliedBeforeReply"
    BEFORE_COMMIT = "afterReplyBeforeCommit"
    AFTER_COMMIT = "afterCommit"


class Fault(StrEnum):
    """Kinds of faults; which of them can happen at all is drawn for each history."""

    CRASH = "Crash"
    REPLY_LOST = "ReplyLost"
    APPLIED_LATER = "AppliedLater"  # the caller hears nothing, and the call takes effect all the same, later
    NEVER_APPLIED = "NeverApplied"  # the caller hears nothing, and nothing was done
    BUSY = "Busy"
    UNREACHABLE = "Unreachable"
    STALE_ERROR = "StaleError"
    REJECTED = "Rejected"
    SLOW = "Slow"
    STALE_LOOK = "StaleLook"
    MIXED_LOOK = "MixedLook"  # each host from another moment
    EMPTY_LOOK = "EmptyLook"  # a host answers once that it has nothing at all
    HINT_DROPPED = "HintDropped"
    HINT_DOUBLED = "HintDoubled"
    HINT_LATE = "HintLate"
    HINTS_LOST = "HintsLost"  # none for a while
    STORE_FULL = "StoreFull"
    STORE_ERROR = "StoreError"
    STORE_LOCKED = "StoreLocked"
    TORN_LOG = "TornLog"  # the process dies in a commit, of which a part is on the disk
    HOST_CUT = "HostCut"
    HOST_DIES = "HostDies"
    PLUG_PULLED = "PlugPulled"  # somebody else stops a machine of ours
    GUEST_BALLOON = "GuestBalloon"
    FREEZE = "Freeze"  # the actor's machine stands still
    CLOCK_STEP = "ClockStep"
    SECOND_ACTOR = "SecondActor"


# What can happen at each occasion, in the order in which it is drawn.
CALL_FAULTS: Final = (
    Fault.REPLY_LOST,
    Fault.APPLIED_LATER,
    Fault.NEVER_APPLIED,
    Fault.BUSY,
    Fault.UNREACHABLE,
    Fault.STALE_ERROR,
    Fault.REJECTED,
    Fault.SLOW,
)
LOOK_FAULTS: Final = (Fault.STALE_LOOK, Fault.MIXED_LOOK, Fault.EMPTY_LOOK)
HINT_FAULTS: Final = (Fault.HINTS_LOST, Fault.HINT_DROPPED, Fault.HINT_DOUBLED, Fault.HINT_LATE)
COMMIT_FAULTS: Final = (Fault.TORN_LOG, Fault.STORE_FULL, Fault.STORE_ERROR, Fault.STORE_LOCKED)
