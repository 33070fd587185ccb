"""What `xcp evacuate` goes by: who moves, who stays and why, and what whoever acts is permitted to do for it."""

from tests.unit.plan.builders import MIB, WorldBuilder, seen_vm, vm_ref, vm_spec
from tests.unit.plan.maintenance import leaving, placed, with_machines
from xcp_reconciler.model.decision import HOST, Blocked, BlockReason, Wait, WaitReason
from xcp_reconciler.model.desired import Policies
from xcp_reconciler.model.errors import Failure, FailureKind
from xcp_reconciler.model.history import History, Intent
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.placement import Assigned, Drain
from xcp_reconciler.model.records import HostRecord, OpenPlan
from xcp_reconciler.plan import evacuation
from xcp_reconciler.plan.admission import admit
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.evacuation import Evacuation
from xcp_reconciler.refs import host_ref

A = host_ref("a")


def drained(world: WorldBuilder, host: str = "a") -> WorldBuilder:
    """Somebody has asked for a host to be left."""
    world.records[host] = HostRecord(1.0, drain=Drain("me", 1.0))
    return world


def left(world: WorldBuilder) -> Evacuation:
    return evacuation.leaving("a", "lab", world.build())


def journeys(found: Evacuation) -> dict[str, tuple[str, str]]:
    return {one.ref.name: (one.source, one.target) for one in found.journeys}


def turned_down(name: str) -> History:
    """The history of a machine whose move was refused."""
    return History(attempts=1, failure=Failure(FailureKind.REJECTED, f"{name}: no", 999.0), refused="as it is")


def test_everybody_goes_and_the_plan_is_about_nobody_else() -> None:
    world = with_machines(WorldBuilder(), "one", "two")
    world.vm(vm_spec(cores=2, max_cores=2), name="other", home="b").shows(seen_vm("other", host="b"))
    found = left(drained(world))
    assert journeys(found) == {"one": ("a", "b"), "two": ("a", "b")}
    assert {entry.ref.name for entry in found.plan.entries} == {"one", "two"}
    assert found.permits.keys() == {A, vm_ref("one"), vm_ref("two")}
    assert not found.stays


def test_a_machine_may_go_to_whichever_host_takes_it_when_its_turn_comes() -> None:
    world = with_machines(WorldBuilder("a", "b", "c", "d"), "web").dead("d")
    found = left(drained(world))
    plan = OpenPlan("x", found.permits, {}, Impact.MIGRATE, 0.0, 1e9)
    for host in ("b", "c"):
        world.assignments[vm_ref()] = Assigned(host, leaving="a", origin="a")
        assert admit(vm_ref(), decide(vm_ref(), world.build()), [plan]) == decide(vm_ref(), world.build())
    assert {change.desired for change in found.permits[vm_ref()]} == {"b", "c"}
    other = OpenPlan("x", {vm_ref(): found.permits[vm_ref()][-1:]}, {}, None, 0.0, 1e9)
    world.assignments[vm_ref()] = Assigned("b", leaving="a", origin="a")
    refused = admit(vm_ref(), decide(vm_ref(), world.build()), [other])
    assert isinstance(refused, Blocked)
    assert refused.reason is BlockReason.NOT_AS_PLANNED


def test_who_makes_room_is_part_of_the_plan() -> None:
    large = vm_spec(memory_size=1024 * MIB, memory_min=1024 * MIB, memory_max=1024 * MIB)
    world = with_machines(WorldBuilder("a", "b", "c"), "large", spec=large)
    world = with_machines(with_machines(world, "k", "l", "m", host="b"), "n", host="c")
    found = left(drained(world))
    assert journeys(found) == {"large": ("a", "c"), "n": ("c", "b")}
    assert found.concerned == {vm_ref("large"): "a"}


def test_who_stays_is_named_as_things_are_when_the_others_have_gone() -> None:
    """There is room on b for three more."""
    world = with_machines(with_machines(WorldBuilder(), "x", host="b"), "p", "q", "r", "s")
    world.vm(name="careful", policies=Policies(max_impact=Impact.LIVE)).shows(seen_vm("careful"))
    world.shows(seen_vm("theirs", uuid="11111111-1111-4111-8111-111111111111", stamp=None))
    found = left(drained(world))
    assert len(found.journeys) == 3
    reasons = dict(found.stays)
    assert reasons.pop("careful") == "updatePolicy.maxImpact is Live"
    assert reasons.pop("theirs") == "is not declared: move it or shut it down"
    ((name, why),) = reasons.items()
    assert name not in journeys(found)
    assert why == "no other host takes it: a is in maintenance; b has 0 free and 256Mi is needed"


def test_who_is_in_the_air_is_permitted_to_go_on() -> None:
    world = drained(with_machines(WorldBuilder(), "web"))
    world.assignments[vm_ref()] = Assigned("b", leaving="a", origin="a")
    world.histories[vm_ref()] = History(intents=(Intent("MigrateVm", ("a", "b"), 900.0, 1100.0),))
    found = left(world)
    assert not found.journeys
    assert found.is_hopeful
    assert [change.desired for change in found.permits[vm_ref()] if change.path == HOST] == ["b"]
    assert "may still take effect" in found.stays["web"]


def test_those_that_left_come_back_and_nobody_else() -> None:
    world = with_machines(with_machines(WorldBuilder(), "web", host="b"), "native", host="b")
    world.assignments[vm_ref()] = Assigned("b", origin="a")
    found = evacuation.coming_back("a", "lab", world.build())
    assert journeys(found) == {"web": ("b", "a")}
    assert found.permits.keys() == {A, vm_ref()}


def test_who_finds_no_room_at_home_is_told_why() -> None:
    world = with_machines(WorldBuilder(), "p", "q", "r", "s")
    world = with_machines(world, "web", host="b")
    world.assignments[vm_ref()] = Assigned("b", origin="a")
    found = evacuation.coming_back("a", "lab", world.build())
    assert not found.is_hopeful
    assert found.stays == {"web": "a has 0 free and 256Mi is needed"}


def test_who_has_not_set_off_when_the_word_is_taken_back_stays() -> None:
    world = with_machines(WorldBuilder(), "web")
    world.assignments[vm_ref()] = Assigned("b", leaving="a", origin="a")
    assert placed(drained(world)) == {}
    world.records["a"] = HostRecord(1.0)
    assert placed(world) == {"web": Assigned("a")}
    found = evacuation.coming_back("a", "lab", world.build())
    assert (found.journeys, dict(found.stays)) == ((), {})
    assert found.is_hopeful

    world.histories[vm_ref()] = History(intents=(Intent("MigrateVm", ("a", "b"), 900.0, 1100.0),))
    assert placed(world) == {}


def test_a_move_that_was_turned_down_holds_up_no_other() -> None:
    world = leaving(with_machines(WorldBuilder(), "web", "db"), "a", batch=1)
    world.assignments[vm_ref()] = Assigned("b", leaving="a", origin="a")
    assert placed(world) == {}
    world.histories[vm_ref()] = turned_down("web")
    assert placed(world) == {"db": Assigned("b", leaving="a", origin="a")}


def test_a_host_whose_last_moves_were_turned_down_says_so() -> None:
    world = leaving(with_machines(WorldBuilder(), "web"), "a")
    world.assignments[vm_ref()] = Assigned("b", leaving="a", origin="a")
    waiting = decide(A, world.build())
    assert isinstance(waiting, Wait)
    assert waiting.reason is WaitReason.MOVES
    world.histories[vm_ref()] = turned_down("web")
    told = decide(A, world.build())
    assert isinstance(told, Blocked)
    assert (told.reason, told.why) == (BlockReason.NOT_EVACUATED, "web: web: no")
