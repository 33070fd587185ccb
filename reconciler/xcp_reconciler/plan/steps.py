"""From admitted changes and ops to a decision with preconditions."""

from collections.abc import Iterable
from typing import TypeVar

from xcp_reconciler.model.decision import Act, Decision, Pending, Steady, Step
from xcp_reconciler.model.observed import Observed
from xcp_reconciler.model.ops import Op
from xcp_reconciler.plan.effects import issued
from xcp_reconciler.plan.limits import Admitted
from xcp_reconciler.plan.overlay import copies_of, put_copies
from xcp_reconciler.plan.preconditions import fingerprint
from xcp_reconciler.plan.sight import Sight

Move = TypeVar("Move")


def steps(
    admitted: Admitted[Move], ops: Iterable[Op], sight: Sight, why: str, pending: tuple[Pending, ...] = ()
) -> Decision:
    """An Act of these ops, in order; Steady with what is pending when there is none.

    The precondition of each step is what the world will show after the calls before it.
    """
    waiting = (*admitted.pending, *pending)
    sequence = tuple(ops)
    if not sequence:
        return Steady(waiting)
    changes = tuple(proposal.change for proposal in admitted.proposals)
    return Act(changes, with_preconditions(sequence, sight), why, waiting)


def with_preconditions(ops: tuple[Op, ...], sight: Sight) -> tuple[Step, ...]:
    """Each op with the fingerprint of what it relies on."""
    made: list[Step] = []
    touched: list[tuple[Op, tuple[Observed, ...]]] = []
    try:
        for index, op in enumerate(ops):
            made.append(Step(op, fingerprint(op, sight)))
            if index + 1 < len(ops):
                before = copies_of(op, sight)
                touched.append((op, before))
                put_copies(op, sight, issued(op, before))
    finally:
        for op, before in reversed(touched):
            put_copies(op, sight, before)
    return tuple(made)
