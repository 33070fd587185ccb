"""What is remembered of a decision."""

import pytest

from tests.unit.plan.builders import OWNER, vm_ref
from xcp_reconciler.model.decision import EXISTS, Change, Pending, PendingReason, Steady
from xcp_reconciler.model.desired import Desired, NetworkSpec, Policies
from xcp_reconciler.model.history import History
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.plan.recall import note

DESIRED = Desired(vm_ref(), NetworkSpec("lab", "10.0.0.0/24"), Policies(), OWNER, generation=3)


@pytest.mark.parametrize(
    ("reason", "synced"),
    [
        (PendingReason.REPORT_ONLY, None),
        (PendingReason.HELD_BY_POLICY, None),
        (PendingReason.APPROVAL, None),
        (PendingReason.POWER_CYCLE, 3),
    ],
)
def test_what_is_only_told_was_not_seen_as_declared(reason: PendingReason, synced: int | None) -> None:
    """Else a volume that was never made, being only observed, would count as lost once it may be made."""
    change = Change(EXISTS, current=False, desired=True, impact=Impact.LIVE, reason="it is not there")
    assert note(DESIRED, Steady((Pending(change, reason, "why"),)), History()).synced == synced


def test_reported_drift_stays_drift() -> None:
    change = Change("description", current="a", desired="b", impact=Impact.METADATA, reason="")
    drifting = Steady((Pending(change, PendingReason.REPORT_ONLY, "driftPolicy is Report"),))
    assert note(DESIRED, drifting, History(synced=3)).synced == 3
