"""Who goes back after a maintenance, whatever happens on the way, and what the host waits for."""

import pytest

from tests.unit.plan.builders import NOW, WorldBuilder, seen_vm, vm_ref
from tests.unit.plan.maintenance import leaving, placed, with_machines
from xcp_reconciler.model.decision import Decision, Steady, Wait, WaitReason
from xcp_reconciler.model.history import History, Intent
from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.refs import host_ref

AWAY = Assigned("b", origin="a")
LEAVES = Assigned("b", leaving="a", origin="a")
RETURNS = Assigned("a", leaving="b", origin="a")


def assigned(assignment: Assignment, *hosts: str, shown: tuple[tuple[str, bool], ...]) -> WorldBuilder:
    """The machine with this assignment, seen on these hosts, running or not."""
    world = WorldBuilder(*(hosts or ("a", "b"))).vm()
    world.assignments[vm_ref()] = assignment
    return world.shows(*(seen_vm(host=host, running=running) for host, running in shown))


def under_way(world: WorldBuilder) -> WorldBuilder:
    """A call that moves it may still land."""
    world.histories[vm_ref()] = History(intents=(Intent("MigrateVm", ("a", "b"), NOW - 5, NOW + 500),))
    return world


def of_host(world: WorldBuilder) -> Decision:
    return decide(host_ref("a"), world.build())


def test_who_halts_while_it_is_away_goes_back_all_the_same() -> None:
    assert placed(assigned(AWAY, shown=(("b", False),))) == {}
    assert placed(assigned(AWAY, shown=(("b", True),))) == {"web": RETURNS}


def test_who_halts_on_its_way_back_starts_where_it_is_and_tries_again() -> None:
    assert placed(assigned(RETURNS, shown=(("b", False),))) == {"web": AWAY}


def test_a_way_back_ends_where_it_began() -> None:
    assert placed(assigned(RETURNS, shown=(("a", True),))) == {"web": Assigned("a")}


def test_while_both_hosts_show_it_the_move_is_not_over() -> None:
    assert placed(leaving(assigned(LEAVES, shown=(("a", True), ("b", True))), "a")) == {}
    assert placed(assigned(RETURNS, shown=(("a", True), ("b", True)))) == {}


def test_while_its_move_may_still_land_it_is_sent_nowhere_else() -> None:
    world = leaving(under_way(assigned(LEAVES, "a", "b", "c", shown=(("a", True),))), "a").dead("b")
    assert placed(world) == {}
    world.histories.clear()
    assert placed(world) == {"web": Assigned("c", leaving="a", origin="a")}


def test_what_nobody_sees_keeps_its_place_while_that_host_does_not_answer() -> None:
    """It may run there: a new place would be one where nothing may be done, and forget where it was."""
    assert placed(leaving(assigned(Assigned("a"), shown=()), "a").dead("a")) == {}
    assert placed(leaving(assigned(Assigned("a"), shown=()), "a")) == {"web": Assigned("b")}


def test_who_was_given_another_place_while_its_host_was_silent_goes_back_too() -> None:
    world = leaving(assigned(Assigned("b"), shown=(("a", False),)), "a")
    assert placed(world) == {"web": AWAY}


def test_who_is_started_elsewhere_for_lack_of_its_host_goes_back_to_where_it_was_at_first() -> None:
    world = leaving(assigned(AWAY, "a", "b", "c", shown=(("b", False),)), "a", "b")
    assert placed(world) == {"web": Assigned("c", origin="a")}


def test_who_has_not_set_off_stays_once_that_is_called_off() -> None:
    assert placed(leaving(assigned(LEAVES, shown=(("a", True),)), "a")) == {}
    assert placed(assigned(LEAVES, shown=(("a", True),))) == {"web": Assigned("a")}
    # What is under way arrives first.
    assert placed(under_way(assigned(LEAVES, shown=(("a", True),)))) == {}


def test_whoever_is_moved_by_somebody_does_not_come_back() -> None:
    assert placed(assigned(AWAY, "a", "b", "c", shown=(("c", True),))) == {"web": Assigned("c")}


def test_a_host_waits_for_those_who_come_back() -> None:
    decision = of_host(assigned(AWAY, shown=(("b", True),)))
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.on) == (WaitReason.MOVES, (vm_ref(),))
    assert decision.why == "web comes back to it"
    assert isinstance(of_host(assigned(RETURNS, shown=(("b", True),))), Wait)
    # It is to be started before it can come.
    assert isinstance(of_host(assigned(AWAY, shown=(("b", False),))), Wait)


@pytest.mark.parametrize(
    "world",
    [
        assigned(Assigned("a"), shown=(("a", True),)),
        with_machines(assigned(AWAY, shown=(("b", True),)), "p", "q", "r", "s"),
        assigned(AWAY, shown=()).dead("b"),
        assigned(Assigned("b", origin="b"), shown=(("b", True),)),
    ],
    ids=["nobody left", "there is no room", "nobody knows where it is", "it left another host"],
)
def test_a_host_does_not_wait_for_others(world: WorldBuilder) -> None:
    assert of_host(world) == Steady()


def test_whose_turn_has_not_come_is_not_held_up_by_anything() -> None:
    """The first has arrived, which the pool has not noticed yet: nothing is wrong with the second."""
    world = leaving(assigned(LEAVES, shown=(("b", True),)), "a", batch=1)
    decision = of_host(with_machines(world, "next"))
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.on) == (WaitReason.MOVES, (vm_ref("next"),))
