"""Declarations that once led somewhere else than they said: each is refused in words, and nothing is touched."""

from dataclasses import replace

import pytest

from tests.unit.plan.builders import (
    DIRECTORY,
    IDS,
    NOW,
    SR,
    WorldBuilder,
    config,
    seen_vm,
    seen_volume,
    vm_ref,
    vm_spec,
    volume_ref,
)
from xcp_reconciler.api.enums import RunStrategy, VolumeFormat
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Act, Blocked, BlockReason, Decision, Steady, Wait, WaitReason
from xcp_reconciler.model.desired import DiskSpec, InterfaceSpec, StorageSpec, VmSpec, VolumeSpec
from xcp_reconciler.model.history import History
from xcp_reconciler.model.observed import DiskConfig, ObservedNetwork, ObservedStorage, ObservedVm
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.intents import settle
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.refs import Kind, ref_of

WEB, ROOT, BASE = vm_ref(), volume_ref("root"), volume_ref("base")
GIB = 1 << 30


def path(name: str) -> str:
    return f"{DIRECTORY}/{IDS.file_name(volume_ref(name), 'qcow2')}"


def disk(name: str, *, bootable: bool = False) -> DiskConfig:
    return DiskConfig(name, path(name), VolumeFormat.QCOW2, bootable=bootable)


def blocked(decision: Decision, reason: BlockReason, words: str) -> None:
    assert isinstance(decision, Blocked), decision
    assert decision.reason is reason
    assert words in decision.why


def with_root() -> WorldBuilder:
    return WorldBuilder().storage().volume("root").volume("base").shows(seen_volume("root"), seen_volume("base"))


def test_a_volume_of_another_format_does_not_replace_its_data() -> None:
    """The name of a file ends in its format, so that the old file alone does not look like this volume."""
    world = with_root().declare(ROOT, VolumeSpec(SR, VolumeFormat.RAW, GIB)).build()
    blocked(decide(ROOT, world), BlockReason.UNSUPPORTED, "is Qcow2 and cannot become Raw")
    assert make_plan(world).changing == ()


def test_a_volume_in_another_repository_does_not_replace_its_data() -> None:
    other = ref_of(Kind.STORAGE_REPOSITORY, "other")
    world = with_root().declare(other, StorageSpec("lab", "/elsewhere", shared=True))
    world.declare(ROOT, VolumeSpec(other, VolumeFormat.QCOW2, GIB))
    built = world.build()
    seen = ObservedStorage("a", IDS.uuid(other), "other", "/elsewhere", active=True)
    built.sights["lab"].storages[seen.uuid] = (seen,)
    blocked(decide(ROOT, built), BlockReason.UNSUPPORTED, "is in shared and does not move")


@pytest.mark.parametrize(("below", "ready"), [(path("base"), True), (path("root"), False), (None, False)])
def test_a_volume_laid_over_another_one_is_not_as_declared(below: str | None, ready: bool) -> None:  # noqa: FBT001 - a table
    world = WorldBuilder().storage().volume("base").shows(seen_volume("base"), seen_volume("top", backing_path=below))
    world.declare(volume_ref("top"), VolumeSpec(SR, VolumeFormat.QCOW2, GIB, backing=BASE))
    decision = decide(volume_ref("top"), world.build())
    if ready:
        assert decision == Steady()
    else:
        blocked(decision, BlockReason.UNSUPPORTED, "backing: it is laid over")


def test_a_volume_laid_over_nothing_declared_is_invalid() -> None:
    world = WorldBuilder().storage().shows(seen_volume("top", backing_path=path("base")))
    world.declare(volume_ref("top"), VolumeSpec(SR, VolumeFormat.QCOW2, GIB, backing=BASE))
    blocked(decide(volume_ref("top"), world.build()), BlockReason.INVALID, "is not declared")


def test_a_volume_below_another_one_does_not_grow() -> None:
    world = WorldBuilder().storage().volume("base", size=2 * GIB)
    world.shows(seen_volume("base"), seen_volume("top", backing_path=path("base")))
    blocked(decide(BASE, world.build()), BlockReason.IN_USE, "may not be written")


@pytest.mark.parametrize(
    "spec",
    [
        vm_spec(volume="nowhere"),
        vm_spec(interfaces=(InterfaceSpec("eth0", ref_of(Kind.NETWORK, "nowhere")),)),
    ],
)
def test_a_running_machine_with_an_undeclared_part_is_not_ready(spec: VmSpec) -> None:
    world = WorldBuilder().vm(spec).shows(seen_vm())
    blocked(decide(WEB, world.build()), BlockReason.INVALID, "nowhere is not declared")


def test_a_machine_is_given_a_disk_once_that_is_there() -> None:
    spec = vm_spec(volume="root")
    world = WorldBuilder().storage().volume("root").vm(spec).shows(seen_vm())
    assert isinstance(decide(WEB, world.build()), Wait)
    plan = make_plan(world.build())
    assert [type(op).__name__ for entry in plan.entries for op in entry.ops] == ["CreateVolume", "ReconfigureVm"]


def test_a_machine_is_not_pointed_at_a_place_where_its_disk_is_not() -> None:
    """The repository that names the place is itself refused; the machine must not go ahead of it."""
    spec = vm_spec(volume="root")
    world = with_root().vm(spec).shows(seen_vm(stored=config(spec, disks=(disk("root"),))))
    world.declare(SR, StorageSpec("lab", "/elsewhere", shared=True))
    blocked(decide(WEB, world.build()), BlockReason.INVALID, "would have to be at /elsewhere")


def other(*, ours: bool) -> ObservedVm:
    made = config(vm_spec(), disks=(disk("root"),))
    seen = seen_vm("other", stored=made, live=made)
    return seen if ours else replace(seen, stamp=None)


@pytest.mark.parametrize("ours", [True, False])
def test_a_start_waits_for_who_has_the_disk_open(ours: bool) -> None:  # noqa: FBT001 - a table
    spec = vm_spec(volume="root")
    halted = seen_vm(running=False, stored=config(spec, disks=(disk("root"),)))
    world = with_root().vm(spec).shows(halted, other(ours=ours))
    decision = decide(WEB, world.build())
    if ours:
        assert isinstance(decision, Wait)
        assert (decision.reason, decision.on) == (WaitReason.DEPENDENCY, (vm_ref("other"),))
    else:
        blocked(decision, BlockReason.IN_USE, "other on a has")


def test_a_local_disk_of_the_same_path_elsewhere_is_another_one() -> None:
    spec = vm_spec(volume="root")
    halted = seen_vm(running=False, stored=config(spec, disks=(disk("root"),)))
    world = with_root().vm(spec).shows(halted, replace(other(ours=True), host="b"))
    assert isinstance(decide(WEB, world.build()), Wait)
    world.declare(SR, StorageSpec("lab", DIRECTORY))
    assert not isinstance(decide(WEB, world.build()), Wait)


@pytest.mark.parametrize("bootable", [True, False])
def test_the_order_of_disks_counts_where_the_firmware_tries_them(bootable: bool) -> None:  # noqa: FBT001 - a table
    names = ("root", "base")
    spec = vm_spec(disks=tuple(DiskSpec(name, volume_ref(name), bootable=bootable) for name in names))
    made = config(spec, disks=tuple(disk(name, bootable=bootable) for name in reversed(names)))
    world = with_root().vm(spec).shows(seen_vm(stored=made, live=made))
    assert isinstance(decide(WEB, world.build()), Act if bootable else Steady)


def test_a_halted_machine_is_not_booted_for_a_restart() -> None:
    """It was to be restarted and to stop: it stops, and the start that was asked for is its next one."""
    spec = vm_spec(run_strategy=RunStrategy.HALTED, restarted_at="2030-01-01T00:00:00Z")
    world = WorldBuilder().vm(spec).shows(seen_vm(spec=spec))
    plan = make_plan(world.build())
    assert [type(op) for entry in plan.entries for op in entry.ops] == [ops.ShutDownVm]
    world = WorldBuilder().vm(spec).shows(seen_vm(spec=spec, running=False))
    world.histories[WEB] = History(shutdown_at=NOW - 5)
    assert decide(WEB, world.build()) == Steady()
    assert settle(WEB, world.histories[WEB], world.build()).shutdown_at is None


@pytest.mark.parametrize("kind", [Kind.VIRTUAL_MACHINE, Kind.NETWORK, Kind.STORAGE_REPOSITORY])
def test_nothing_goes_from_pool_to_pool(kind: Kind) -> None:
    """It would be made anew in the one, and left behind in the other; a machine would run twice."""
    there = WorldBuilder("far").storage().network().vm().shows(seen_vm("web", host="far")).build().sights["lab"]
    nat = ref_of(Kind.NETWORK, "nat")
    found = ObservedNetwork("far", IDS.uuid(nat), "nat", active=True, subnet="10.1.0.0/24")
    there.networks[found.uuid] = (found,)
    ref = {Kind.VIRTUAL_MACHINE: WEB, Kind.NETWORK: nat, Kind.STORAGE_REPOSITORY: SR}[kind]
    world = WorldBuilder().storage(attached=False).network().vm().build()
    assert isinstance(decide(ref, world), Act)
    moved = replace(world, sights={**world.sights, "other": there})
    blocked(decide(ref, moved), BlockReason.UNSUPPORTED, "poolRef: on far it is in Pool/other and cannot become lab")


@pytest.mark.parametrize("kind", [Kind.NETWORK, Kind.STORAGE_REPOSITORY])
def test_a_host_that_goes_to_another_pool_holds_nothing_of_its_old_one_up(kind: Kind) -> None:
    """What the host takes with it is seen in the other pool; on the hosts that stay everything is as declared."""
    nat = ref_of(Kind.NETWORK, "nat")
    here, there = (WorldBuilder(host).storage().network().build() for host in ("a", "gone"))
    for world, host in ((here, "a"), (there, "gone")):
        found = ObservedNetwork(host, IDS.uuid(nat), "nat", active=True, subnet="10.1.0.0/24")
        world.sights["lab"].networks[found.uuid] = (found,)
    both = replace(here, sights={**here.sights, "other": there.sights["lab"]})
    assert decide(SR if kind is Kind.STORAGE_REPOSITORY else nat, both) == Steady()
