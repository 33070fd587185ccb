"""A host in maintenance: who leaves it, where to, in which order, who comes back, and what is said of the others."""

from tests.unit.plan.builders import MIB, SR, WorldBuilder, seen_vm, vm_ref, vm_spec, volume_ref
from tests.unit.plan.maintenance import leaving, placed, with_machines
from xcp_reconciler.api.enums import Approval, Management, RunStrategy, VolumeFormat
from xcp_reconciler.model.decision import Act, Blocked, BlockReason, Decision, Steady, Wait, WaitReason
from xcp_reconciler.model.desired import Policies, StorageSpec, VolumeSpec
from xcp_reconciler.model.history import History
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import PowerState
from xcp_reconciler.model.placement import Assigned, Drain, Unplaced
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.refs import Ref, host_ref

A, B = host_ref("a"), host_ref("b")


def host_decision(world: WorldBuilder, ref: Ref = A) -> Decision:
    return decide(ref, world.build())


def test_machines_leave_a_host_so_many_at_a_time() -> None:
    world = leaving(with_machines(WorldBuilder(), "one", "two", "three"), "a")
    set_off = placed(world)
    assert len(set_off) == 2
    assert set(set_off.values()) == {Assigned("b", leaving="a", origin="a")}
    world.assignments.update({vm_ref(name): one for name, one in set_off.items()})
    assert placed(world) == {}
    decision = host_decision(world)
    assert isinstance(decision, Wait)
    assert (decision.reason, len(decision.on)) == (WaitReason.MOVES, 3)


def test_who_has_arrived_makes_way_for_the_next() -> None:
    world = leaving(with_machines(WorldBuilder(), "two"), "a", batch=1)
    world.vm(name="one").shows(seen_vm("one", host="b"))
    world.assignments[vm_ref("one")] = Assigned("b", leaving="a", origin="a")
    assert placed(world) == {"one": Assigned("b", origin="a"), "two": Assigned("b", leaving="a", origin="a")}


def test_who_is_on_its_way_takes_room_at_both_ends() -> None:
    """Four machines of 256 MiB fill a host of 1 GiB: b takes one more, and a is still full while that one leaves."""
    world = with_machines(with_machines(WorldBuilder(), "x", "y", "z", host="b"), "p", "q", "r", "s")
    world = leaving(world, "a")
    assert list(placed(world).values()) == [Assigned("b", leaving="a", origin="a")]


def test_a_whole_plan_empties_the_host_whatever_the_batch() -> None:
    names = [f"m{number}" for number in range(50)]
    small = vm_spec(memory_size=16 * MIB, memory_min=16 * MIB, memory_max=16 * MIB)
    plan = make_plan(leaving(with_machines(WorldBuilder(), *names, spec=small), "a", batch=1).build())
    assert not plan.loop
    assert {(entry.ref.name, entry.host) for entry in plan.changing} == {(name, "b") for name in names}


def test_nothing_new_comes_to_a_host_that_is_left() -> None:
    world = leaving(WorldBuilder().vm(name="new", home=None), "a")
    assert placed(world) == {"new": Assigned("b")}
    pinned = leaving(WorldBuilder().vm(vm_spec(host="a"), name="new", home=None), "a")
    assert placed(pinned) == {"new": Unplaced(("a is in maintenance",))}


def test_a_halted_machine_that_shall_run_starts_elsewhere() -> None:
    world = leaving(WorldBuilder().vm().shows(seen_vm(running=False)), "a")
    assert placed(world) == {"web": Assigned("b", origin="a")}


def test_machines_come_back_and_only_those_that_left() -> None:
    world = with_machines(WorldBuilder(), "stays", host="b")
    world.vm(name="web").shows(seen_vm(host="b"))
    world.assignments[vm_ref()] = Assigned("b", origin="a")
    assert placed(world) == {"web": Assigned("a", leaving="b", origin="a")}


def test_a_machine_stays_where_it_is_while_its_old_host_has_no_room() -> None:
    world = with_machines(WorldBuilder(), "p", "q", "r", "s")
    world.vm(name="web").shows(seen_vm(host="b"))
    world.assignments[vm_ref()] = Assigned("b", origin="a")
    assert placed(world) == {}


def test_somebody_elses_move_ends_ours() -> None:
    world = leaving(WorldBuilder("a", "b", "c"), "a")
    world.vm().shows(seen_vm(host="c"))
    world.assignments[vm_ref()] = Assigned("b", leaving="a", origin="a")
    assert placed(world) == {"web": Assigned("c")}


def test_a_target_that_does_not_answer_any_more_is_given_up() -> None:
    world = leaving(with_machines(WorldBuilder("a", "b", "c"), "web"), "a").dead("b")
    world.assignments[vm_ref()] = Assigned("b", leaving="a", origin="a")
    assert placed(world) == {"web": Assigned("c", leaving="a", origin="a")}


def test_a_move_that_fails_again_and_again_holds_up_no_other() -> None:
    world = leaving(with_machines(WorldBuilder(), "web", "db"), "a", batch=1)
    world.assignments[vm_ref()] = Assigned("b", leaving="a", origin="a")
    assert placed(world) == {}
    world.histories[vm_ref()] = History(attempts=3)
    assert placed(world) == {"db": Assigned("b", leaving="a", origin="a")}


def test_a_machine_that_is_paused_on_its_way_holds_up_no_other() -> None:
    spec = vm_spec(run_strategy=RunStrategy.MANUAL)
    world = leaving(with_machines(WorldBuilder(), "db"), "a", batch=1)
    world.vm(spec).shows(seen_vm(spec=spec, power=PowerState.PAUSED))
    world.assignments[vm_ref()] = Assigned("b", leaving="a", origin="a")
    assert placed(world) == {"db": Assigned("b", leaving="a", origin="a")}


def test_what_cannot_leave_is_named_with_its_reason() -> None:
    world = with_machines(WorldBuilder(), "pinned", spec=vm_spec(host="a"))
    for name, policies in {
        "careful": Policies(max_impact=Impact.LIVE),
        "asked": Policies(approval=Approval.MANUAL),
        "watched": Policies(management=Management.OBSERVE),
    }.items():
        world.vm(name=name, policies=policies).shows(seen_vm(name))
    world.shows(seen_vm("theirs", uuid="11111111-1111-4111-8111-111111111111", stamp=None))
    decision = host_decision(leaving(world, "a"))
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.NOT_EVACUATED
    assert decision.why == (
        "asked: updatePolicy.approval is Manual; careful: updatePolicy.maxImpact is Live; "
        "pinned: placement.host keeps it on a; watched: management is Observe; "
        "theirs is not declared: move it or shut it down"
    )


def test_a_disk_on_local_storage_keeps_its_machine() -> None:
    world = WorldBuilder().declare(SR, StorageSpec("lab", "/srv", shared=False))
    world.declare(volume_ref("root"), VolumeSpec(SR, VolumeFormat.QCOW2, 1 << 30))
    spec = vm_spec(volume="root")
    decision = host_decision(leaving(with_machines(world, "web", spec=spec), "a"))
    assert isinstance(decision, Blocked)
    assert decision.why == "web: it has disks on local storage"


def test_where_no_host_has_room_that_is_said_with_the_numbers() -> None:
    world = with_machines(with_machines(WorldBuilder(), "p", "q", "r", "s", host="b"), "web")
    decision = host_decision(leaving(world, "a"))
    assert isinstance(decision, Blocked)
    assert decision.why == "web: no other host takes it: a is in maintenance; b has 0 free and 256Mi is needed"


def test_a_host_that_everybody_has_left_is_as_declared() -> None:
    assert host_decision(leaving(with_machines(WorldBuilder(), "web", host="b"), "a")) == Steady()


def test_an_operator_may_ask_for_the_same_without_a_manifest() -> None:
    world = with_machines(WorldBuilder(), "web")
    world.records["a"] = HostRecord(1.0, drain=Drain("me", 1.0))
    assert placed(world) == {"web": Assigned("b", leaving="a", origin="a")}


def test_room_is_made_by_a_machine_that_does_not_have_to_leave() -> None:
    """The large one fits on c only once a small one has gone from there to b; that one does not come back."""
    small, large = vm_spec(), vm_spec(memory_size=1024 * MIB, memory_min=1024 * MIB, memory_max=1024 * MIB)
    world = with_machines(WorldBuilder("a", "b", "c"), "large", spec=large)
    world = with_machines(with_machines(world, "k", "l", "m", host="b", spec=small), "n", host="c", spec=small)
    assert placed(leaving(world, "a")) == {"n": Assigned("b", leaving="c")}


def test_nobody_comes_up_on_a_host_in_maintenance_although_its_place_is_there() -> None:
    """The pool has not been placed since the maintenance was declared: made, started, or moved there."""
    made = WorldBuilder().vm()
    started = WorldBuilder().vm(vm_spec(host="a")).shows(seen_vm(running=False))
    moved = WorldBuilder().vm().shows(seen_vm(host="b"))
    for world in (made, started, moved):
        assert isinstance(decide(vm_ref(), world.build()), Act)
        decision = decide(vm_ref(), leaving(world, "a").build())
        assert isinstance(decision, Wait)
        assert decision.reason is WaitReason.ASSIGNMENT
    resting = WorldBuilder().vm(vm_spec(host="a", run_strategy=RunStrategy.HALTED))
    assert isinstance(decide(vm_ref(), leaving(resting, "a").build()), Act)
