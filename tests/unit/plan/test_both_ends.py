"""Whoever is on its way is at both ends, for its memory and for the rules that it is under."""

from dataclasses import replace

from tests.unit.plan.builders import MIB, WorldBuilder, seen_vm, vm_ref, vm_spec
from tests.unit.plan.maintenance import leaving, placed
from xcp_reconciler.model.desired import Keep, Label, PlacementPolicySpec, PlacementRule
from xcp_reconciler.model.placement import Assigned, Unplaced
from xcp_reconciler.refs import Kind, ref_of

APP = (Label("app", "db"),)
APART = PlacementPolicySpec("lab", rules=(PlacementRule("apart", APP),))
TOGETHER = PlacementPolicySpec("lab", rules=(PlacementRule("together", APP, Keep.TOGETHER),))
HALF = vm_spec(memory_size=512 * MIB, memory_min=512 * MIB, memory_max=512 * MIB)


def pool(policy: PlacementPolicySpec | None, *hosts: str) -> WorldBuilder:
    world = WorldBuilder(*hosts)
    return world.declare(ref_of(Kind.PLACEMENT_POLICY, "lab"), policy) if policy is not None else world


def moving(world: WorldBuilder, name: str, source: str, target: str, *, shown: tuple[str, ...] = ()) -> WorldBuilder:
    """A machine on its way; `shown` are the hosts that show it, by default the one that it leaves."""
    world.vm(HALF, name=name).shows(*(seen_vm(name, host=host, spec=HALF) for host in shown or (source,)))
    world.assignments[vm_ref(name)] = Assigned(target, leaving=source)
    return labelled(world, name)


def labelled(world: WorldBuilder, *names: str) -> WorldBuilder:
    for name in names:
        world.desired[vm_ref(name)] = replace(world.desired[vm_ref(name)], labels={"app": "db"})
    return world


def new(world: WorldBuilder, name: str, *, host: str | None = None) -> WorldBuilder:
    """A machine that is to be made."""
    return labelled(world.vm(replace(HALF, host=host), name=name, home=None), name)


def test_nobody_gets_the_room_that_is_not_free_yet_at_either_end() -> None:
    """Each host has room for two halves, and two are on their way from a to b."""
    for shown in (("a",), ("a", "b")):
        world = moving(moving(pool(None, "a", "b"), "one", "a", "b", shown=shown), "two", "a", "b", shown=shown)
        reasons = ("a has 0 free and 512Mi is needed", "b has 0 free and 512Mi is needed")
        assert placed(new(world, "new")) == {"new": Unplaced(reasons)}


def test_who_has_arrived_leaves_its_room_to_others() -> None:
    world = moving(moving(pool(None, "a", "b"), "one", "a", "b", shown=("b",)), "two", "a", "b", shown=("b",))
    placed_first = placed(world)
    assert placed_first == {"one": Assigned("b"), "two": Assigned("b")}
    world.assignments.update({vm_ref(name): one for name, one in placed_first.items()})
    assert placed(new(world, "new")) == {"new": Assigned("a")}


def test_a_new_machine_does_not_come_to_where_another_is_only_leaving() -> None:
    words = "rule apart does not allow it there"
    for shown in (("a",), ("a", "b")):
        world = new(moving(pool(APART, "a", "b"), "old", "a", "b", shown=shown), "new")
        assert placed(world) == {"new": Unplaced((f"a: {words}", f"b: {words}"))}
    assert placed(new(moving(pool(APART, "a", "b", "c"), "old", "a", "b"), "new")) == {"new": Assigned("c")}


def test_a_new_machine_joins_the_others_where_they_go_to() -> None:
    assert placed(new(moving(pool(TOGETHER, "a", "b"), "old", "a", "b"), "new")) == {"new": Assigned("b")}


def test_a_halted_machine_does_not_start_where_another_is_only_leaving() -> None:
    world = moving(pool(APART, "a", "b", "c"), "old", "a", "b").vm(HALF)
    labelled(world, "web").shows(seen_vm(spec=HALF, running=False))
    assert placed(world) == {"web": Assigned("c")}


def test_a_machine_does_not_leave_for_where_another_is_only_leaving() -> None:
    def beside(world: WorldBuilder) -> WorldBuilder:
        labelled(world.vm(HALF, home="c"), "web").shows(seen_vm(host="c", spec=HALF))
        return leaving(world, "c")

    assert placed(beside(moving(pool(APART, "a", "b", "c"), "old", "a", "b"))) == {}
    there = moving(pool(APART, "a", "b", "c"), "old", "a", "b", shown=("b",))
    assert placed(beside(there)) == {"old": Assigned("b"), "web": Assigned("a", leaving="c", origin="c")}


def test_of_two_that_are_told_to_come_at_once_the_second_is_refused_where_only_one_has_room() -> None:
    world = moving(pool(None, "a", "b"), "old", "b", "a", shown=("b",))
    found = placed(new(new(world, "one", host="a"), "two", host="a"))
    assert found == {"one": Assigned("a"), "two": Unplaced(("a has 0 free and 512Mi is needed",))}


def test_who_has_arrived_leaves_its_room_to_others_in_the_same_turn() -> None:
    world = moving(moving(pool(None, "a", "b"), "y", "a", "b", shown=("b",)), "z", "a", "b", shown=("b",))
    assert placed(new(world, "new")) == {"new": Assigned("a"), "y": Assigned("b"), "z": Assigned("b")}


def test_two_that_halted_on_one_host_do_not_both_start_there_against_a_rule() -> None:
    """Nobody remembers where they may be, as after a lost database."""
    world = pool(APART, "a", "b").vm(HALF, name="one", home=None).vm(HALF, name="two", home=None)
    labelled(world, "one", "two").shows(*(seen_vm(name, spec=HALF, running=False) for name in ("one", "two")))
    assert placed(world) == {"one": Assigned("a"), "two": Assigned("b")}


def test_one_that_halted_does_not_start_beside_one_that_is_told_to_come_there() -> None:
    world = new(pool(APART, "a", "b"), "a-pinned", host="a")
    labelled(world.vm(HALF), "web").shows(seen_vm(spec=HALF, running=False))
    assert placed(world) == {"a-pinned": Assigned("a"), "web": Assigned("b")}


def test_a_halted_machine_is_not_taken_to_a_place_that_does_not_take_it_any_more() -> None:
    """It halted on a, which is in maintenance; it was to start on b."""
    halted = seen_vm(spec=HALF, running=False)
    assert placed(leaving(pool(None, "a", "b").vm(HALF, home="b").shows(halted), "a")) == {
        "web": Assigned("b", origin="a")
    }
    for world in (leaving(pool(None, "a", "b"), "a", "b"), leaving(_full("b"), "a")):
        (found,) = placed(world.vm(HALF, home="b").shows(halted)).values()
        assert isinstance(found, Unplaced)


def _full(host: str) -> WorldBuilder:
    world = pool(None, "a", "b")
    for name in ("one", "two"):
        world.vm(HALF, name=name, home=host).shows(seen_vm(name, host=host, spec=HALF))
    return world


def test_who_halted_elsewhere_than_it_is_told_to_be_starts_there_only_where_there_is_room() -> None:
    halted, told = seen_vm(host="b", spec=HALF, running=False), replace(HALF, host="a")
    full = _full("a")
    assert placed(full.vm(told, home=None).shows(halted)) == {
        "web": Assigned("b", ("a has 0 free and 512Mi is needed",))
    }
    for name in ("three", "four"):
        full.vm(HALF, name=name, home="b").shows(seen_vm(name, host="b", spec=HALF))
    assert placed(full) == {"web": Unplaced(("a has 0 free and 512Mi is needed",))}


def test_those_who_stay_together_count_one_by_one_where_a_rule_parts_them() -> None:
    rules = (PlacementRule("some", APP, limit=2), *TOGETHER.rules)
    world = pool(PlacementPolicySpec("lab", rules=rules), "a", "b")
    small = vm_spec(memory_size=64 * MIB, memory_min=64 * MIB, memory_max=64 * MIB)
    for name in ("one", "two"):
        labelled(world.vm(small, name=name), name).shows(seen_vm(name, spec=small))
    found = placed(new(world, "third"))
    assert found == {
        "third": Unplaced(("a: rule some does not allow it there", "b: rule together does not allow it there"))
    }
