"""The five things that a look at one object can lead to."""

from dataclasses import dataclass
from enum import StrEnum

from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.ops import Op
from xcp_reconciler.refs import Ref

Value = str | int | bool | None

# Whole actions, written as changes of paths that no spec has.
EXISTS = "exists"
STATE = "state"
HOST = "host"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that will be different. Values are in the manifest's own form (`512Mi`), sizes not in raw numbers."""

    path: str
    current: Value
    desired: Value
    impact: Impact
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """An op, and the fingerprint of exactly what the decision read of the world for it."""

    op: Op
    precondition: str


class WaitReason(StrEnum):
    """What a Wait waits for, for those who read status by machine."""

    UNKNOWN = "Unknown"
    INTENT = "IntentPending"
    JOB = "JobRunning"
    DEPENDENCY = "DependencyNotReady"
    GUEST = "WaitingForGuest"
    MEMORY = "WaitingForMemory"
    BACKOFF = "BackingOff"
    ASSIGNMENT = "NotYetPlaced"
    DEPENDENTS = "DependentsExist"
    MOVES = "MachinesMove"


class BlockReason(StrEnum):
    """Why nothing can be done until somebody changes something."""

    NAME_TAKEN = "NameTaken"
    FOREIGN_OWNER = "ForeignOwner"
    AMBIGUOUS = "AmbiguousIdentity"
    ADOPT_MISSING = "AdoptedObjectMissing"
    UNPLACED = "NoRoom"
    REFUSED = "RefusedByBackend"
    UNSUPPORTED = "Unsupported"
    PROTECTED = "DeletionProtected"
    IN_USE = "InUse"
    VOLUME_LOST = "VolumeLost"
    INVALID = "InvalidReference"
    TWO_RUNNING = "TwoRunningCopies"
    GRACE_OVER = "ShutdownIgnored"
    UNAUTHORISED = "Unauthorised"
    NOT_AS_PLANNED = "NotAsPlanned"
    NOT_EVACUATED = "NotEvacuated"
    RULE_BROKEN = "RuleBroken"


class PendingReason(StrEnum):
    """Why a difference is not being acted on although nothing is wrong."""

    POWER_CYCLE = "PowerCyclePending"
    HELD_BY_POLICY = "HeldByPolicy"
    APPROVAL = "ApprovalPending"
    REPORT_ONLY = "ReportOnly"
    GUEST_UNCOOPERATIVE = "GuestUncooperative"
    NO_MEMORY = "NoMemoryOnHost"


@dataclass(frozen=True, slots=True)
class Pending:
    """A difference that stays for now, and why."""

    change: Change
    reason: PendingReason
    message: str


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do now: what will be different, by which steps in order, and why. `pending` stays beside it."""

    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    why: str
    pending: tuple[Pending, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until` (unix seconds; None: before the world or the spec changes)."""

    reason: WaitReason
    why: str
    until: float | None = None
    on: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing that xcp may do helps; somebody has to change something."""

    reason: BlockReason
    why: str


@dataclass(frozen=True, slots=True)
class Steady:
    """As declared, but for what is pending."""

    pending: tuple[Pending, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """Deleted or forgotten as asked: the record can go too."""


Decision = Act | Wait | Blocked | Steady | Gone
