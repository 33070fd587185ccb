"""When waiting for a plan does not help any more, where a host or a policy waits for machines to move."""

from xcp_reconciler.model.decision import Blocked, BlockReason, Decision, Steady, Wait, WaitReason
from xcp_reconciler.refs import Kind, Ref, host_ref, ref_of
from xcp_reconciler.runtime.outlook import Standing, stuck

A = host_ref("a")
ONE, TWO = (ref_of(Kind.VIRTUAL_MACHINE, name) for name in ("one", "two"))
LEFT = Wait(WaitReason.MOVES, "one, two leave it", on=(ONE, TWO))
NO = Blocked(BlockReason.REFUSED, "no")
GOES = Wait(WaitReason.JOB, "it is on its way")


def stuck_of(decisions: dict[Ref, Decision], *scope: Ref) -> set[Ref]:
    """The stuck ones of those that are not done."""
    left = [ref for ref in decisions if not isinstance(decisions[ref], Steady)]
    return set(stuck(left, Standing(decisions, lambda _: False, frozenset(scope))))


def test_a_host_waits_while_a_machine_moves_or_has_its_turn_before_it() -> None:
    assert stuck_of({A: LEFT, ONE: GOES, TWO: Steady()}, A, ONE, TWO) == set()
    assert stuck_of({A: LEFT, ONE: Steady(), TWO: Steady()}, A, ONE, TWO) == set()
    assert stuck_of({A: LEFT, TWO: Steady()}, A, TWO) == set()


def test_a_host_is_stuck_with_a_machine_that_does_not_move() -> None:
    assert stuck_of({A: LEFT, ONE: NO, TWO: Steady()}, A, ONE, TWO) == {A, ONE}
    assert stuck_of({A: LEFT, ONE: NO, TWO: GOES}, A, ONE, TWO) == {A, ONE}


def test_machines_that_the_plan_does_not_name_are_not_waited_for() -> None:
    assert stuck_of({A: LEFT}, A) == {A}
