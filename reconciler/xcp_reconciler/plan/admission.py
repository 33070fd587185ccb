"""As shown or nothing: which decisions a plan that somebody has seen allows."""

from collections.abc import Sequence

from xcp_reconciler.model.decision import HOST, Act, Blocked, BlockReason, Change, Decision
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.refs import Ref

# Guests move these by themselves while a plan is being read.
_MOVING = frozenset({"memory.max"})
_PLACES = frozenset({HOST, "placement.host"})


def admit(ref: Ref, decision: Decision, plans: Sequence[OpenPlan]) -> Decision:
    """The decision, if every change of it is in one of the plans; else Blocked, with what the first one lacks."""
    if not isinstance(decision, Act):
        return decision
    objections = [_objection(ref, decision, plan) for plan in plans]
    if not objections or None in objections:
        return decision
    return Blocked(BlockReason.NOT_AS_PLANNED, objections[0] or "")


def _objection(ref: Ref, act: Act, plan: OpenPlan) -> str | None:
    shown = plan.changes.get(ref, ())
    for change in act.changes:
        if plan.max_impact is not None and change.impact > plan.max_impact:
            return f"{change.path} costs {change.impact.word}; the limit given is {plan.max_impact.word}"
        if not _is_shown(change, shown):
            return (
                f"{change.path} would go from {change.current} to {change.desired}, which the plan does not show: "
                "something has changed since. Make a new plan"
            )
    return None


def _is_shown(change: Change, shown: tuple[Change, ...]) -> bool:
    if change.path == HOST and change.impact is Impact.METADATA:
        # The definition that a move of this very plan left behind.
        return any(planned.path in _PLACES for planned in shown)
    for planned in shown:
        if planned.path == change.path and planned.desired == change.desired:
            return change.path in _MOVING or change.current in {planned.current, planned.desired}
    return False
