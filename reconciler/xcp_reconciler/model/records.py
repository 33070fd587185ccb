"""What the store keeps beside declared objects: plans under way, approvals, prunes held back, hosts."""

from collections.abc import Mapping
from dataclasses import dataclass

from xcp_reconciler.model.decision import Change
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.placement import Drain, Fence
from xcp_reconciler.refs import Ref


@dataclass(frozen=True, slots=True)
class HostRecord:
    """`seen` is when this store first had a whole fresh look at the host (unix seconds), None: never."""

    seen: float | None = None
    fence: Fence | None = None
    drain: Drain | None = None


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A plan that somebody applies: while it is open, whoever acts obeys it for its keys.

    `changes` holds an entry for every key of the plan, empty where nothing is to change. `hosts` is the chosen host
    of each machine. After `expires` (unix seconds) nobody is waiting for it any more.
    """

    id: str
    changes: Mapping[Ref, tuple[Change, ...]]
    hosts: Mapping[Ref, str]
    max_impact: Impact | None
    opened: float
    expires: float


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """Somebody's consent to exactly the changes whose fingerprint this is."""

    ref: Ref
    fingerprint: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class HeldPrune:
    """Deletions that a revision of a source asks for and its budget does not cover; named by `xcp approve`."""

    revision: str
    source: str
    refs: tuple[Ref, ...]
    at: float
