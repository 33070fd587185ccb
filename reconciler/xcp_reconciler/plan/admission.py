"""As shown or nothing: which decisions a plan that somebody has seen allows."""

from xcp_reconciler.model.decision import HOST, Act, Blocked, BlockReason, Change, Decision
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.refs import Ref

# Guests move these by themselves while a plan is being read.
_MOVING = frozenset({"memory.max"})
_PLACES = frozenset({HOST, "placement.host"})


def admit(ref: Ref, decision: Decision, plan: OpenPlan) -> Decision:
    """The decision, if every change of it is in the plan; else Blocked, with what is different now."""
    if not isinstance(decision, Act):
        return decision
    shown = plan.changes.get(ref, ())
    for change in decision.changes:
        if plan.max_impact is not None and change.impact > plan.max_impact:
            words = f"{change.path} costs {change.impact.word}; the limit given is {plan.max_impact.word}"
            return Blocked(BlockReason.NOT_AS_PLANNED, words)
        if not _is_shown(change, shown):
            words = (
                f"{change.path} would go from {change.current} to {change.desired}, which the plan does not show: "
                "something has changed since. Make a new plan"
            )
            return Blocked(BlockReason.NOT_AS_PLANNED, words)
    return decision


def _is_shown(change: Change, shown: tuple[Change, ...]) -> bool:
    if change.path == HOST and change.impact is Impact.METADATA:
        # The definition that a move of this very plan left behind.
        return any(planned.path in _PLACES for planned in shown)
    for planned in shown:
        if planned.path == change.path and planned.desired == change.desired:
            return change.path in _MOVING or change.current in {planned.current, planned.desired}
    return False
