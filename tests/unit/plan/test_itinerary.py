"""A plan of moves that is followed on later looks: who sets off, who waits, who is left out."""

from tests.unit.plan.builders import MIB, WorldBuilder, seen_vm, vm_ref, vm_spec
from tests.unit.plan.maintenance import with_machines
from xcp_reconciler.api.enums import RunStrategy
from xcp_reconciler.model.history import History
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.placement.itinerary import Departures, Leg, depart, legs_of, settled_moment, under_way
from xcp_reconciler.plan.placement.scene import Overfull, scene_of
from xcp_reconciler.plan.rebalance import Aim, rebalance


def leg(name: str, source: str = "a", target: str = "b") -> Leg:
    return Leg((name,), source, target)


def departing(world: WorldBuilder, *legs: Leg, most: int = 2) -> Departures:
    moment = settled_moment("lab", world.build())
    assert moment is not None
    return depart(moment, legs, most)


def sent(found: Departures) -> dict[str, Assigned]:
    return {ref.name: one for ref, one in found.assignments.items()}


def test_the_first_set_off_in_order_and_as_many_as_may_be_at_a_time() -> None:
    world = with_machines(WorldBuilder(), "one", "two", "three")
    legs = leg("three"), leg("one"), leg("two")
    found = departing(world, *legs)
    assert sent(found) == {"three": Assigned("b", leaving="a"), "one": Assigned("b", leaving="a")}
    assert found.legs == legs
    assert departing(world, *legs, most=0).assignments == {}
    assert departing(world, *legs, most=0).legs == legs


def test_who_has_arrived_makes_way_though_nobody_has_noted_it_yet() -> None:
    world = with_machines(WorldBuilder(), "two")
    world.vm(name="one").shows(seen_vm("one", host="b"))
    world.assignments[vm_ref("one")] = Assigned("b", leaving="a")
    found = departing(world, leg("one"), leg("two"), most=1)
    assert found.arrived == (leg("one"),)
    assert found.legs == (leg("two"),)
    assert sent(found) == {"two": Assigned("b", leaving="a")}


def test_who_is_on_its_way_is_waited_for_and_known_to_a_later_command() -> None:
    world = with_machines(WorldBuilder(), "one", "two")
    world.assignments[vm_ref("one")] = Assigned("b", leaving="a")
    found = departing(world, leg("one"), leg("two"), most=1)
    assert found.travelling == {vm_ref("one"): "b"}
    assert (found.assignments, found.legs) == ({}, (leg("one"), leg("two")))
    moment = settled_moment("lab", world.build())
    assert moment is not None
    assert under_way(moment) == (leg("one"),)


def test_a_move_waits_for_the_one_before_it_and_a_second_one_of_the_same_machine_too() -> None:
    """Four small machines fill a host: x has to make room first, by way of c."""
    world = with_machines(WorldBuilder("a", "b", "c"), "one")
    world = with_machines(world, "w", "x", "y", "z", host="b")
    legs = leg("x", "b", "c"), leg("one"), leg("x", "c", "a")
    found = departing(world, *legs)
    assert sent(found) == {"x": Assigned("c", leaving="b")}
    assert found.legs == legs


def test_what_has_become_impossible_is_left_out_with_the_reason() -> None:
    world = with_machines(WorldBuilder(), "pinned", spec=vm_spec(host="a"))
    world = with_machines(world, "one", "taken")
    world.vm(name="moved").shows(seen_vm("moved", host="b"))
    world.vm(name="off").shows(seen_vm("off", running=False))
    world.declare(vm_ref("off"), vm_spec(run_strategy=RunStrategy.HALTED))
    found = departing(world, leg("gone"), leg("pinned"), leg("moved", "a", "c"), leg("off"), leg("one"))
    assert found.dropped == {
        "gone": "it does not run any more",
        "pinned": "placement.host keeps it on a",
        "moved": "it is on b now",
        "off": "it does not run any more",
    }
    assert found.legs == (leg("one"),)
    assert "one" in sent(found)


def test_what_nobody_makes_room_for_is_given_up() -> None:
    world = with_machines(WorldBuilder(), "one", "two")
    world = with_machines(world, "w", "x", "y", "z", host="b")
    found = departing(world, leg("one"), leg("two"))
    assert found.legs == ()
    assert found.dropped["one"] == "b has 0 free and 256Mi is needed"


def test_a_move_that_was_turned_down_takes_no_other_ones_place() -> None:
    world = with_machines(WorldBuilder(), "one", "two")
    world.assignments[vm_ref("one")] = Assigned("b", leaving="a")
    world.histories[vm_ref("one")] = History(attempts=1, refused="as it is")
    assert sent(departing(world, leg("two"), most=1)) == {"two": Assigned("b", leaving="a")}


def test_a_plan_of_the_kernel_is_followed_to_its_end() -> None:
    small = vm_spec(memory_size=64 * MIB, memory_min=64 * MIB, memory_max=64 * MIB)
    names = [f"m{number}" for number in range(9)]
    world = with_machines(WorldBuilder("a", "b", "c"), *names, spec=small)
    moment = settled_moment("lab", world.build())
    assert moment is not None
    legs = legs_of(rebalance(scene_of(moment, Overfull.BROKEN).cluster, Aim.IMPROVE))
    assert len(legs) == 6
    at = dict.fromkeys(names, "a")
    for _ in range(len(legs)):
        found = departing(world, *legs)
        legs = found.legs
        world = WorldBuilder("a", "b", "c")
        at.update({ref.name: one.host for ref, one in found.assignments.items()})
        for name, host in at.items():
            with_machines(world, name, host=host, spec=small)
    assert departing(world, *legs).legs == ()
    assert sorted(at.values()) == ["a"] * 3 + ["b"] * 3 + ["c"] * 3
