"""Whole plans: the rounds, their order, and what a second plan says after the first has been played through."""

from dataclasses import replace

from tests.unit.plan.builders import (
    MIB,
    POOL,
    WorldBuilder,
    config,
    seen_vm,
    seen_volume,
    vm_ref,
    vm_spec,
    volume_ref,
)
from xcp_reconciler.api.enums import DeletionPolicy, RunStrategy, VolumeFormat
from xcp_reconciler.model.decision import Act, Blocked, BlockReason, Wait
from xcp_reconciler.model.desired import Policies, Removal
from xcp_reconciler.model.history import History
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import DiskConfig
from xcp_reconciler.model.placement import Assigned, Unplaced
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.refs import Kind


def _called(world: WorldBuilder) -> list[tuple[str, str]]:
    plan = make_plan(world.build())
    assert not plan.loop
    return [(call.method, entry.ref.name) for entry in plan.entries for call in entry.calls]


def test_a_new_machine_is_planned_with_all_that_it_stands_on() -> None:
    """Repository, network, volume, definition and start appear in the order in which they will be made."""
    world = WorldBuilder("a").storage(attached=False).network().volume("root").vm(vm_spec(volume="root"), home=None)
    assert _called(world) == [
        ("DefineStorage", "shared"),
        ("StartStorage", "shared"),
        ("DefineNetwork", "nat"),
        ("StartNetwork", "nat"),
        ("CreateVolume", "root"),
        ("DefineVm", "web"),
        ("StartVm", "web"),
    ]


def test_nothing_to_do_is_an_empty_plan() -> None:
    """A world as declared has no entries at all."""
    plan = make_plan(WorldBuilder().vm().shows(seen_vm()).build())
    assert plan.entries == ()
    assert plan.highest is None


def test_lines_are_merged_from_the_first_current_to_the_last_desired() -> None:
    """A restart shows once what the machine is and what it will be."""
    spec = vm_spec(restarted_at="2030-01-01T00:00:00Z")
    plan = make_plan(WorldBuilder().vm(spec).shows(seen_vm()).build())
    (entry,) = plan.entries
    assert [call.method for call in entry.calls] == ["ShutDownVm", "StartVm"]
    assert plan.highest is Impact.POWER_CYCLE


def test_deleting_goes_backwards_and_retained_volumes_stay() -> None:
    """The machine goes first; a retained volume is forgotten without a call, a deleted one destroyed after it."""
    world = WorldBuilder().storage()
    gone = Policies(deletion=DeletionPolicy.DELETE)
    spec = vm_spec(volume="root")
    world.vm(spec, policies=gone, removal=Removal.DELETE)
    world.volume("root", policies=gone, removal=Removal.DELETE).volume("data", removal=Removal.DELETE)
    file = seen_volume("root")
    world.shows(seen_vm(running=True), file, seen_volume("data"))
    assert _called(world) == [("ShutDownVm", "web"), ("UndefineVm", "web"), ("DeleteVolume", "root")]
    plan = make_plan(world.build())
    assert plan.highest is Impact.DATA_LOSS


def test_a_volume_in_use_is_not_deleted_whoever_uses_it() -> None:
    """A stranger's disk is as much in use as ours."""
    seen = seen_volume("root")
    disks = (DiskConfig("vda", seen.path, VolumeFormat.QCOW2),)
    stranger = seen_vm("other", running=False, stamp=None, stored=replace(config(vm_spec()), disks=disks))
    policies = Policies(deletion=DeletionPolicy.DELETE)
    world = WorldBuilder().storage().volume("root", policies=policies, removal=Removal.DELETE).shows(seen, stranger)
    (entry,) = make_plan(world.build()).entries
    assert isinstance(entry.end, Blocked)
    assert entry.end.reason is BlockReason.IN_USE
    assert entry.calls == ()


def test_volumes_grow_and_never_shrink() -> None:
    """Growing is a change; shrinking is a refusal with the reason."""
    grown = WorldBuilder().storage().volume("data", size=2 << 30).shows(seen_volume("data"))
    assert _called(grown) == [("ResizeVolume", "data")]
    shrunk = WorldBuilder().storage().volume("data", size=1 << 20).shows(seen_volume("data"))
    (entry,) = make_plan(shrunk.build()).entries
    assert isinstance(entry.end, Blocked)
    assert "never shrunk" in entry.end.why


def test_dead_host_holds_back_its_own_machines_only() -> None:
    """A machine of a dead host is Unknown; a new one goes to a living host."""
    world = WorldBuilder("a", "b").vm(name="old", home="a").vm(name="new", home=None).dead("a")
    plan = make_plan(world.build())
    by_name = {entry.ref.name: entry for entry in plan.entries if entry.ref.kind is Kind.VIRTUAL_MACHINE}
    assert isinstance(by_name["old"].end, Wait)
    assert [call.host for call in by_name["new"].calls] == ["b", "b"]


def test_placement_fills_in_order_and_says_why_not() -> None:
    """First fit at memory.max among what runs or shall run; the one too many gets a reason for each host."""
    big = vm_spec(memory_size=700 * MIB, memory_max=700 * MIB)
    world = WorldBuilder("a", "b")
    for name in ("one", "two", "three"):
        world.vm(big, name=name, home=None)
    placed = place("lab", world.build())
    assert placed[vm_ref("one")] == Assigned("a")
    assert placed[vm_ref("two")] == Assigned("b")
    last = placed[vm_ref("three")]
    assert isinstance(last, Unplaced)
    assert len(last.reasons) == 2
    assert "324Mi free" in last.reasons[0]


def test_halted_machines_take_no_room_and_placement_is_calm() -> None:
    """Halted machines share a home, and placing again changes nothing."""
    big = vm_spec(memory_size=900 * MIB, memory_max=900 * MIB, run_strategy=RunStrategy.HALTED)
    world = WorldBuilder("a").vm(big, name="one", home=None).vm(big, name="two", home=None)
    first = place("lab", world.build())
    assert set(first.values()) == {Assigned("a")}
    world.assignments.update(first)
    assert place("lab", world.build()) == {}


def test_a_host_that_is_exactly_full_keeps_what_it_has() -> None:
    """A machine whose memory is counted at its home is not moved away before its first start."""
    whole = vm_spec(memory_size=1024 * MIB, memory_max=1024 * MIB)
    world = WorldBuilder("a", "b").vm(whole, home="a").shows(seen_vm(spec=whole, host="a", running=False))
    assert place("lab", world.build()) == {}
    world.vm(vm_spec(), name="guest", home="a").shows(seen_vm("guest", host="a"))
    assert place("lab", world.build()) == {vm_ref(): Assigned("b")}


def test_pin_wins_over_room_found_elsewhere_but_waits_for_room() -> None:
    """A running machine moves to its pinned host only when there is room beside what is there."""
    big = vm_spec(memory_size=700 * MIB, memory_max=700 * MIB)
    world = WorldBuilder("a", "b")
    world.vm(replace(big, host="b"), name="mover", home="a").shows(seen_vm("mover", spec=big, host="a"))
    world.vm(big, name="resident", home="b").shows(seen_vm("resident", spec=big, host="b"))
    placed = place("lab", world.build())
    mover = placed[vm_ref("mover")]
    assert isinstance(mover, Assigned)
    assert mover.host == "a"
    assert mover.waiting


def test_somebody_elses_migration_becomes_the_home() -> None:
    """Where an unpinned machine is seen running is where it may be."""
    world = WorldBuilder("a", "b").vm(home="a").shows(seen_vm(host="b"))
    assert place("lab", world.build()) == {vm_ref(): Assigned("b")}


def test_a_pool_with_members_is_not_deleted_from_under_them() -> None:
    """Children block their parents."""
    world = WorldBuilder().vm().shows(seen_vm())
    world.desired[POOL] = replace(world.desired[POOL], removal=Removal.DELETE)
    entry = next(one for one in make_plan(world.build()).entries if one.ref == POOL)
    assert isinstance(entry.end, Blocked)
    assert entry.end.reason is BlockReason.IN_USE


def test_a_volume_that_was_there_and_is_gone_is_not_made_anew() -> None:
    """A file system that is not mounted shows no file either: an empty disk must not take a full one's place."""
    world = WorldBuilder().storage().volume("root")
    world.histories[volume_ref("root")] = History(synced=1)
    lost = decide(volume_ref("root"), world.build())
    assert isinstance(lost, Blocked)
    assert lost.reason is BlockReason.VOLUME_LOST
    assert "declare it again" in lost.why
    world.histories.clear()
    assert isinstance(decide(volume_ref("root"), world.build()), Act)
