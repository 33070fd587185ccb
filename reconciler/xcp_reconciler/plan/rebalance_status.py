"""What to say of a Rebalance: how even its pool's load is, what would be moved, and why nobody is."""

from dataclasses import replace

from xcp_reconciler.model.decision import Decision
from xcp_reconciler.model.status import ConditionType, PlannedMove, Status, Truth
from xcp_reconciler.plan.placement.shifts import Shift
from xcp_reconciler.plan.status import Fact, dated, status_of
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref


def rebalance_status(
    ref: Ref, decision: Decision, world: World, previous: Status | None, shift: Shift | None
) -> Status:
    """The status of a Rebalance after its pool was placed; equal to `previous` when there is nothing new to say."""
    status = status_of(ref, decision, world, previous)
    if shift is None:
        return status
    before = {one.type: one for one in previous.conditions} if previous is not None else {}
    conditions = tuple(dated(fact, world.now, before.get(fact[0])) for fact in _facts(shift))
    moves = tuple(PlannedMove(move.vm, move.source, move.target, move.why) for move in shift.moves)
    if previous is not None and [_ends(move) for move in moves] == [_ends(move) for move in previous.moves]:
        # The numbers in the reasons are others at every look.
        moves = previous.moves
    return replace(status, conditions=(*status.conditions, *conditions), moves=moves)


def _ends(move: PlannedMove) -> tuple[str, str, str]:
    return move.vm, move.source, move.target


def _facts(shift: Shift) -> list[Fact]:
    if shift.rounds:
        # Without the number: it is another one at every look.
        even: Fact = (ConditionType.BALANCED, Truth.FALSE, "Uneven", shift.rests)
    else:
        even = (ConditionType.BALANCED, Truth.TRUE, "Even", shift.rests)
    if not shift.meddled:
        return [even]
    words = "somebody else moves on what was moved here: is there another balancer?"
    return [even, (ConditionType.STANDS_DOWN, Truth.TRUE, "AnotherBalancer", words)]
