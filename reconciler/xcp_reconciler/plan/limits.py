"""Which of the wanted changes may be made now, and why the others wait: drift policy, impact limit, approval."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, TypeVar

from xcp_reconciler.api.enums import Approval, DriftPolicy
from xcp_reconciler.model.decision import Change, Pending, PendingReason
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.history import History
from xcp_reconciler.model.records import ApprovalRecord

Move = TypeVar("Move")


@dataclass(frozen=True, slots=True)
class Proposal(Generic[Move]):
    """A change and what would bring it about. `consented` changes were asked for in so many words."""

    change: Change
    move: Move
    consented: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A wanted change that the backend cannot make at all, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Admitted(Generic[Move]):
    """The proposals that may go ahead, and the differences that stay for now."""

    proposals: tuple[Proposal[Move], ...]
    pending: tuple[Pending, ...]


def approval_fingerprint(changes: Iterable[Change]) -> str:
    """What an approval names: exactly these changes, in any order."""
    lines = sorted(repr((change.path, change.current, change.desired)) for change in changes)
    return blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()


def drift_policy(desired: Desired, path: str) -> DriftPolicy:
    """The policy of a field: the longest rule that names it or a parent of it, else the object's own."""
    best = desired.policies.drift
    length = -1
    for rule in desired.policies.drift_rules:
        stem = rule.path.removeprefix("spec.")
        if (path == stem or path.startswith(stem + ".")) and len(stem) > length:
            best, length = rule.policy, len(stem)
    return best


def limit(
    proposals: Iterable[Proposal[Move]], desired: Desired, history: History, approval: ApprovalRecord | None
) -> Admitted[Move]:
    """Sort proposals into those that may be made now and those that wait, with the reason."""
    policies = desired.policies
    drifting = history.synced == desired.generation
    allowed: list[Proposal[Move]] = []
    pending: list[Pending] = []
    for proposal in proposals:
        change = proposal.change
        policy = drift_policy(desired, change.path)
        if proposal.consented:
            allowed.append(proposal)
        elif drifting and policy is DriftPolicy.IGNORE:
            continue
        elif drifting and policy is DriftPolicy.REPORT:
            pending.append(Pending(change, PendingReason.REPORT_ONLY, "driftPolicy is Report"))
        elif change.impact > policies.max_impact:
            words = f"it costs {change.impact.word}; updatePolicy.maxImpact is {policies.max_impact.word}"
            pending.append(Pending(change, PendingReason.HELD_BY_POLICY, words))
        else:
            allowed.append(proposal)
    waiting = [proposal.change for proposal in allowed if not proposal.consented]
    if policies.approval is Approval.MANUAL and waiting:
        name = approval_fingerprint(waiting)
        if approval is None or approval.fingerprint != name:
            words = f"approve it with: xcp approve {desired.ref.kind} {desired.ref.name}"
            pending.extend(Pending(change, PendingReason.APPROVAL, words) for change in waiting)
            allowed = [proposal for proposal in allowed if proposal.consented]
    return Admitted(tuple(allowed), tuple(pending))
