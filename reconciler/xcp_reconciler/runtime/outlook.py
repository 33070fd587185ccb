"""Whether waiting on can still help: which objects of a plan are done, and which are stuck. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from xcp_reconciler.model.decision import Act, Blocked, Decision, Gone, Steady, Wait, WaitReason
from xcp_reconciler.refs import Ref


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand: `silent` are the hosts that keep an object unknown, all of them given up for now or not."""

    decisions: Mapping[Ref, Decision]
    given_up: Callable[[Ref], bool]
    scope: frozenset[Ref]


def is_done(decision: Decision | None) -> bool:
    """Whether nothing more is to come for an object."""
    return isinstance(decision, Steady | Gone)


def stuck(left: Iterable[Ref], standing: Standing) -> frozenset[Ref]:
    """Those of `left` that no waiting helps: blocked, behind a host that does not answer, or behind such an object.

    Starts from 'all that wait are stuck' and frees whatever still moves, so that two that wait for each other count
    as stuck.
    """
    remaining = list(left)
    found = {ref for ref in remaining if _may_be_stuck(ref, standing)}
    moved = True
    while moved:
        freed = {ref for ref in found if _waits_for_moving(ref, standing, found)}
        moved = bool(freed)
        found -= freed
    return frozenset(found)


def _may_be_stuck(ref: Ref, standing: Standing) -> bool:
    decision = standing.decisions.get(ref)
    match decision:
        case Blocked():
            return True
        case Act():
            return standing.given_up(ref)
        case Wait():
            if decision.reason in {WaitReason.DEPENDENCY, WaitReason.DEPENDENTS, WaitReason.MOVES}:
                return bool(decision.on)
            if decision.reason in {WaitReason.UNKNOWN, WaitReason.BACKOFF}:
                return standing.given_up(ref)
            return False
        case _:
            return False


def _waits_for_moving(ref: Ref, standing: Standing, found: set[Ref]) -> bool:
    """Whether everything that an object waits for is still on its way: then it is not stuck."""
    decision = standing.decisions.get(ref)
    if isinstance(decision, Wait) and decision.reason is WaitReason.MOVES:
        # Whose turn has not come yet is as declared where it is, and none of those that are left. Whom the plan does
        # not name nobody moves here.
        named = standing.scope.intersection(decision.on)
        return bool(named) and named.isdisjoint(found)
    if not isinstance(decision, Wait) or decision.reason not in {WaitReason.DEPENDENCY, WaitReason.DEPENDENTS}:
        return False
    # What is outside the plan is nobody's work here: it will not come about by waiting.
    return not any(other in found or other not in standing.scope for other in decision.on)
