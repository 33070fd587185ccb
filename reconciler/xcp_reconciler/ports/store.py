"""Where desired state, status and everything that must survive a restart is kept.

Reads are synchronous, from a copy in memory that the store keeps current. Writes are awaited and durable when they
return; all writes of one `commit` happen together or not at all.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.history import History
from xcp_reconciler.model.placement import Assignment
from xcp_reconciler.model.records import ApprovalRecord, HeldPrune, HostRecord, OpenPlan
from xcp_reconciler.model.status import Status
from xcp_reconciler.refs import Ref


@dataclass(frozen=True, slots=True)
class State:
    """The store's copy. The mappings are live: a commit changes them in place, so hold on to none across an await.

    `versions` are resourceVersions; `sightings` the hosts on which an object was last seen; `hosts`, `plans` and
    `prunes` are keyed by host name, plan id and revision.
    """

    desired: Mapping[Ref, Desired]
    versions: Mapping[Ref, int]
    statuses: Mapping[Ref, Status]
    assignments: Mapping[Ref, Assignment]
    histories: Mapping[Ref, History]
    sightings: Mapping[Ref, tuple[str, ...]]
    hosts: Mapping[str, HostRecord]
    approvals: Mapping[Ref, ApprovalRecord]
    plans: Mapping[str, OpenPlan]
    prunes: Mapping[str, HeldPrune]


@dataclass(frozen=True, slots=True)
class PutDesired:
    """Declare an object. `expect` is the resourceVersion it must have now, 0 for 'not there', None for 'whatever'.

    The store gives a uid to a record that has none, and counts `generation` up when what is declared changed.
    """

    desired: Desired
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveDesired:
    """Forget an object and everything kept under its name."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class PutStatus:
    """Publish a status."""

    ref: Ref
    status: Status


@dataclass(frozen=True, slots=True)
class PutHistory:
    """Remember attempts and intents; an empty history is removed."""

    ref: Ref
    history: History


@dataclass(frozen=True, slots=True)
class PutAssignment:
    """Give a machine its home; None takes it away."""

    ref: Ref
    assignment: Assignment | None


@dataclass(frozen=True, slots=True)
class PutSighting:
    """Remember on which hosts an object was last seen; none forgets."""

    ref: Ref
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PutHost:
    """Remember what is known of a host."""

    name: str
    record: HostRecord


@dataclass(frozen=True, slots=True)
class PutApproval:
    """Record a consent; None takes it back."""

    ref: Ref
    approval: ApprovalRecord | None


@dataclass(frozen=True, slots=True)
class PutPlan:
    """Open a plan."""

    plan: OpenPlan


@dataclass(frozen=True, slots=True)
class RemovePlan:
    """Close a plan; closing twice is fine."""

    id: str


@dataclass(frozen=True, slots=True)
class PutPrune:
    """Hold a prune back."""

    prune: HeldPrune


@dataclass(frozen=True, slots=True)
class RemovePrune:
    """Let a held prune go, approved or obsolete."""

    revision: str


Write = (
    PutDesired
    | RemoveDesired
    | PutStatus
    | PutHistory
    | PutAssignment
    | PutSighting
    | PutHost
    | PutApproval
    | PutPlan
    | RemovePlan
    | PutPrune
    | RemovePrune
)


class StoreError(Exception):
    """The store could not do what was asked; nothing of the commit happened. The text says what to do."""


class StoreLostError(StoreError):
    """The database, or the lock beside it, was deleted, moved or replaced while it was in use.

    What a process does from then on cannot be remembered, and another may be acting on what is there now.
    """


class ConflictError(StoreError):
    """An `expect` did not hold: somebody else wrote the object meanwhile."""

    def __init__(self, ref: Ref, expected: int, found: int) -> None:
        super().__init__(f"{ref} was changed by somebody else (expected version {expected}, found {found})")
        self.ref = ref


class Store(Protocol):
    """One database of desired and remembered state."""

    @property
    def state(self) -> State:
        """The copy in memory."""
        ...

    async def commit(self, *writes: Write) -> None:
        """Write all or nothing, durably. Concurrent commits may share one fsync.

        Raises:
            ConflictError: an `expect` did not hold.
            StoreError: the disk is full, the file is read-only or damaged.
        """
        ...

    async def refresh(self) -> frozenset[Ref]:
        """Take over what other processes wrote; the refs that changed. Cheap when nothing did."""
        ...

    def lease(self) -> AbstractAsyncContextManager[bool]:
        """Try to become the actor of this store. True while this process is; False where another one is.

        The lease dies with its holder, however that ends.
        """
        ...
