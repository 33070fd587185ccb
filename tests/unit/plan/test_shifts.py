"""A Rebalance: when it moves anybody, whom, how many, and when it leaves everything as it is."""

from dataclasses import replace

import pytest

from tests.unit.plan.builders import MIB, NOW, WorldBuilder, seen_vm, vm_ref, vm_spec
from tests.unit.plan.maintenance import leaving, with_machines
from xcp_reconciler.model.desired import RebalanceMode, RebalanceSpec
from xcp_reconciler.model.history import Moved, Shifts
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.placement.moment import moment_of
from xcp_reconciler.plan.placement.shifts import Shift, shift

AUTO = RebalanceSpec("lab", RebalanceMode.AUTO)


def turn(world: WorldBuilder, spec: RebalanceSpec = AUTO, memory: Shifts | None = None, **before: object) -> Shift:
    """A turn after two uneven looks, unless `before` says otherwise."""
    moment = moment_of("lab", world.build())
    assert moment is not None
    return shift(spec, moment, replace(Shift(memory or Shifts(), 2), **before))  # type: ignore[arg-type]


def uneven(*names: str) -> WorldBuilder:
    """Three machines on a, and nothing on b."""
    return with_machines(WorldBuilder(), *(names or ("one", "two", "three")))


def moved(name: str, ago: float) -> Moved:
    return Moved(vm_ref(name), "b", "a", NOW - ago)


def test_what_is_uneven_for_long_enough_is_mended_and_remembered() -> None:
    found = turn(uneven())
    ((ref, assigned),) = found.assignments.items()
    assert assigned == Assigned("b", leaving="a")
    assert found.memory.made == (Moved(ref, "a", "b", NOW),)
    assert found.spread == pytest.approx(75)
    assert [(move.source, move.target) for move in found.moves] == [("a", "b")]
    assert "memory" in found.moves[0].why


def test_nothing_is_moved_before_that() -> None:
    found = turn(uneven(), rounds=0)
    assert (found.assignments, found.rests, found.rounds) == ({}, "uneven at 1 of 3 looks", 1)


def test_looks_in_a_hurry_are_one_round() -> None:
    assert turn(uneven(), rounds=1, looked_at=NOW - 3).rounds == 1
    assert turn(uneven(), rounds=1, looked_at=NOW - 11).rounds == 2
    assert turn(uneven(), rounds=1, looked_at=NOW + 3600).rounds == 2


def test_one_even_look_begins_the_count_anew() -> None:
    world = with_machines(with_machines(WorldBuilder(), "one"), "two", host="b")
    found = turn(world)
    assert (found.rounds, found.assignments, found.rests) == (0, {}, "the hosts are within 30 points of each other")


def test_recommend_only_says_what_it_would_do() -> None:
    found = turn(uneven(), RebalanceSpec("lab"))
    assert (found.assignments, len(found.moves), found.memory) == ({}, 1, Shifts())


def test_off_does_not_even_compute() -> None:
    assert turn(uneven(), RebalanceSpec("lab", RebalanceMode.OFF)).moves == ()


def test_what_was_moved_a_short_while_ago_rests() -> None:
    memory = Shifts(tuple(moved(name, 600) for name in ("one", "two", "three")))
    assert turn(uneven(), memory=memory).assignments == {}
    old = Shifts(tuple(moved(name, 1900) for name in ("one", "two", "three")))
    assert len(turn(uneven(), memory=old).assignments) == 1


def test_no_more_than_the_window_has_room_for() -> None:
    spec = replace(AUTO, max_moves=1, cooldown_s=0.0)
    found = turn(uneven(), spec, Shifts((moved("three", 600),)))
    assert (found.assignments, found.rests) == ({}, "1 machines were moved within 60 min")
    assert len(turn(uneven(), spec, Shifts((moved("three", 3700),))).assignments) == 1


def test_no_more_at_a_time_than_it_may() -> None:
    names = [f"m{number}" for number in range(8)]
    small = vm_spec(memory_size=1 << 17, memory_min=1 << 17, memory_max=1 << 17)
    world = with_machines(WorldBuilder(), *names, spec=small)
    assert len(turn(world).assignments) == 2
    world.assignments[vm_ref("m0")] = Assigned("b", leaving="a")
    assert len(turn(world).assignments) == 1


def test_nobody_is_moved_while_a_host_is_in_maintenance() -> None:
    world = leaving(with_machines(WorldBuilder("a", "b", "c"), "one", "two", "three"), "c")
    found = turn(world)
    assert (found.assignments, found.rests) == ({}, "a host is in maintenance")


def test_a_machine_that_somebody_moved_on_is_remembered_and_rests() -> None:
    world = uneven("one", "two").vm(name="three", home="b").shows(seen_vm("three"))
    found = turn(world, memory=Shifts((Moved(vm_ref("three"), "a", "b", NOW - 60),)))
    assert found.memory.undone == (Moved(vm_ref("three"), "a", "b", NOW),)
    assert not found.meddled
    assert vm_ref("three") not in found.assignments


def test_two_such_machines_are_another_balancer_and_ours_stands_down() -> None:
    world = uneven("one")
    for name in ("two", "three"):
        world.vm(name=name, home="b").shows(seen_vm(name))
    memory = Shifts(tuple(Moved(vm_ref(name), "a", "b", NOW - 60) for name in ("two", "three")))
    found = turn(world, memory=memory)
    assert (found.meddled, found.assignments) == (True, {})
    later = Shifts(undone=tuple(Moved(vm_ref(name), "a", "b", NOW - 3700) for name in ("two", "three")))
    assert not turn(uneven(), memory=later).meddled


def test_our_own_evacuation_is_nobody_elses_move() -> None:
    world = with_machines(WorldBuilder("a", "b", "c"), "one", "two", host="a")
    world.vm(name="three", home="c").shows(seen_vm("three", host="c"))
    assert turn(world, memory=Shifts((Moved(vm_ref("three"), "a", "b", NOW - 60),))).memory.undone == ()


def test_constraints_only_leaves_an_uneven_pool_uneven() -> None:
    found = turn(uneven(), replace(AUTO, constraints_only=True))
    assert (found.assignments, found.moves) == ({}, ())


def test_constraints_only_empties_what_is_overfull() -> None:
    world = with_machines(WorldBuilder(), "one", "two", "three", "four", "five")
    found = turn(world, replace(AUTO, constraints_only=True))
    assert list(found.assignments.values()) == [Assigned("b", leaving="a")]


def test_a_second_turn_makes_no_move() -> None:
    first = turn(uneven())
    (gone,) = (ref.name for ref in first.assignments)
    stayed = [name for name in ("one", "two", "three") if name != gone]
    after = with_machines(with_machines(WorldBuilder(), *stayed), gone, host="b")
    assert turn(after, memory=first.memory).assignments == {}


def test_of_machines_that_are_alike_the_one_is_moved_that_is_quicker_to_copy() -> None:
    world = WorldBuilder()
    for name, held in {"one": 200, "three": 90, "two": 250}.items():
        world.vm(name=name, home="a").shows(seen_vm(name, memory_actual=held * MIB))
    assert list(turn(world).assignments) == [vm_ref("three")]


def test_cpus_are_compared_by_their_part_of_what_there_is() -> None:
    """20 and 12 vCPUs on 8 CPUs each: two for a CPU, so 125 % and 75 %."""
    world = WorldBuilder()
    for number, host in enumerate("aaaaabbb"):
        spec = vm_spec(cores=4, max_cores=4, memory_size=MIB, memory_min=MIB, memory_max=MIB)
        world = with_machines(world, f"m{number}", host=host, spec=spec)
    assert turn(world).spread == pytest.approx(50)
