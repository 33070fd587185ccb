"""The alphabet of faults: everything that the simulation knows to go wrong by itself."""

from enum import StrEnum


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
