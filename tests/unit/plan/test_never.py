"""What is never done, where no simulated history brings it about, or none could tell."""

from dataclasses import replace

from tests.unit.plan.builders import (
    DIALECT,
    DIRECTORY,
    IDS,
    NOW,
    OWNER,
    SR,
    WorldBuilder,
    config,
    seen_vm,
    seen_volume,
    vm_ref,
    vm_spec,
    volume_ref,
)
from xcp_reconciler.api.enums import DeletionPolicy, DiskMode, RunStrategy, VolumeFormat
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import (
    Act,
    Blocked,
    BlockReason,
    Change,
    Decision,
    Pending,
    PendingReason,
    Steady,
    Wait,
    WaitReason,
)
from xcp_reconciler.model.desired import Policies, Removal, StorageSpec
from xcp_reconciler.model.history import EMPTY, History, Intent
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import (
    DiskConfig,
    Fresh,
    HaltReason,
    HostView,
    Job,
    JobKind,
    ObservedNetwork,
    Snapshot,
    Stale,
)
from xcp_reconciler.model.placement import Fence
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.intents import settle
from xcp_reconciler.plan.preconditions import fingerprint
from xcp_reconciler.plan.presence import silent_hosts
from xcp_reconciler.plan.recall import note, remember
from xcp_reconciler.plan.sight import look
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, ref_of

WEB = vm_ref()
NAT = ref_of(Kind.NETWORK, "nat")
MORTAL = Policies(deletion=DeletionPolicy.DELETE)


def reason(decision: Decision) -> BlockReason | WaitReason | None:
    return decision.reason if isinstance(decision, Blocked | Wait) else None


def test_a_machine_of_another_owner_is_not_removed() -> None:
    foreign = seen_vm(running=False, stamp=Stamp("somebody", WEB, "x", IDS.uuid(WEB)))
    world = WorldBuilder().vm(policies=MORTAL, removal=Removal.DELETE).shows(foreign).build()
    assert reason(decide(WEB, world)) is BlockReason.FOREIGN_OWNER


def test_a_network_of_another_owner_is_not_started() -> None:
    world = with_network(IDS.uuid(NAT), Stamp("somebody", NAT, "x", IDS.uuid(NAT)))
    assert reason(decide(NAT, world)) is BlockReason.FOREIGN_OWNER


def test_beside_a_network_of_the_same_name_none_is_made() -> None:
    assert reason(decide(NAT, with_network("of-a-stranger", None))) is BlockReason.NAME_TAKEN


def test_a_network_stays_everywhere_while_a_silent_host_may_use_it() -> None:
    builder = WorldBuilder("a", "b").network(policies=MORTAL, removal=Removal.DELETE)
    uuid = IDS.uuid(NAT)
    found = ObservedNetwork("b", uuid, "nat", active=True, subnet="10.1.0.0/24", stamp=Stamp(OWNER, NAT, "x", uuid))
    world = builder.build()
    world.sights["lab"].networks[uuid] = (found,)
    assert isinstance(decide(NAT, world), Act)
    silent = builder.dead("a").build()
    silent.sights["lab"].networks[uuid] = (found,)
    assert reason(decide(NAT, silent)) is WaitReason.UNKNOWN


def with_network(uuid: str, stamp: Stamp | None) -> World:
    world = WorldBuilder("a").network().build()
    found = ObservedNetwork("a", uuid, "nat", active=False, subnet="10.1.0.0/24", stamp=stamp)
    world.sights["lab"].networks[uuid] = (found,)
    return world


def test_nothing_is_done_to_a_machine_that_is_on_its_way() -> None:
    spec = vm_spec(max_cores=4)
    world = WorldBuilder().vm(spec).shows(seen_vm(spec=vm_spec())).build()
    assert isinstance(decide(WEB, world), Act)
    uuid = IDS.uuid(WEB)
    world.sights["lab"].jobs[uuid] = (Job(JobKind.MIGRATION, uuid, "a"),)
    assert reason(decide(WEB, world)) is WaitReason.JOB


def test_a_machine_may_be_at_its_home_though_it_was_never_seen_there() -> None:
    world = WorldBuilder().vm(policies=MORTAL, removal=Removal.DELETE, home="a").dead("a").build()
    assert reason(decide(WEB, world)) is WaitReason.UNKNOWN


def test_nothing_is_begun_on_a_fenced_host_that_does_not_answer() -> None:
    builder = WorldBuilder().vm(vm_spec(host="a"), home="a").dead("a")
    builder.records["a"] = HostRecord(1.0, Fence("a", "operator", NOW, NOW + 60))
    assert reason(decide(WEB, builder.build())) is WaitReason.UNKNOWN


def test_a_second_definition_on_a_host_that_does_not_answer_stays() -> None:
    world = WorldBuilder().vm().shows(seen_vm(), seen_vm(host="b", running=False)).build()
    assert isinstance(decide(WEB, world), Act)
    sight = world.sights["lab"]
    sight.hosts["b"] = HostView("b", Stale(NOW - 60))
    assert reason(decide(WEB, world)) is WaitReason.UNKNOWN


def test_a_machine_without_its_disk_is_neither_started_nor_moved() -> None:
    spec = vm_spec(volume="root")
    file = IDS.file_name(volume_ref("root"), "qcow2")
    disk = DiskConfig("root", f"/srv/shared/{file}", VolumeFormat.QCOW2, spec.disks[0].bus, DiskMode.RW, bootable=False)
    made = config(spec, disks=(disk,))
    halted = seen_vm(spec=spec, running=False, stored=made)
    builder = WorldBuilder().storage().volume("root").vm(spec).shows(halted)
    assert reason(decide(WEB, builder.build())) is WaitReason.DEPENDENCY
    elsewhere = replace(spec, run_strategy=RunStrategy.HALTED)
    moving = WorldBuilder().storage().volume("root").vm(elsewhere, home="b").shows(halted)
    assert reason(decide(WEB, moving.build())) is WaitReason.DEPENDENCY


def test_a_machine_that_had_its_one_run_is_not_started_again() -> None:
    spec = vm_spec(run_strategy=RunStrategy.ONCE)
    builder = WorldBuilder().vm(spec).shows(seen_vm(running=False, halt_reason=HaltReason.UNKNOWN))
    world = builder.build()
    start = ops.StartVm(WEB, "a", IDS.uuid(WEB))
    assert isinstance(decide(WEB, world), Act)
    builder.histories[WEB] = remember(start, world.declared.desired[WEB], EMPTY, NOW)
    assert isinstance(decide(WEB, builder.build()), Steady)


def test_a_generation_of_which_something_waits_for_consent_is_not_reached() -> None:
    desired = WorldBuilder().vm().build().declared.desired[WEB]
    change = Change("cpu.cores", 1, 2, Impact.LIVE, "")
    assert note(desired, Steady(), EMPTY) == History(synced=desired.generation)
    for why in (PendingReason.APPROVAL, PendingReason.HELD_BY_POLICY):
        assert note(desired, Steady((Pending(change, why, ""),)), EMPTY) == EMPTY


def test_an_intent_does_not_end_by_a_look_from_before_it() -> None:
    world = replace(WorldBuilder().vm().build(), now=NOW + 20)
    pledged = History(intents=(Intent("StartVm", ("a",), NOW + 1, NOW + 16),))
    assert settle(WEB, pledged, world) == pledged


def test_a_machine_may_be_where_a_call_was_going_to_put_it() -> None:
    builder = WorldBuilder().vm(home=None).dead("a")
    builder.histories[WEB] = History(intents=(Intent("DefineVm", ("a",), NOW - 1, NOW + 14),))
    world = builder.build()
    assert silent_hosts(WEB, world, world.sights["lab"], "lab") == ("a",)


def test_a_volume_that_somebody_begins_to_use_is_not_deleted_as_decided() -> None:
    unused = WorldBuilder().storage().volume("root").shows(seen_volume("root")).build().sights["lab"]
    file = IDS.file_name(volume_ref("root"), "qcow2")
    delete = ops.DeleteVolume(volume_ref("root"), "a", IDS.uuid(SR), file)
    before = fingerprint(delete, unused)
    assert fingerprint(delete, unused) == before
    unused.users[f"{DIRECTORY}/{file}"] = (seen_vm(),)
    assert fingerprint(delete, unused) != before


def test_long_work_has_some_seconds_to_begin() -> None:
    builder = WorldBuilder().vm()
    pledged = History(intents=(Intent("MigrateVm", ("a", "b"), NOW - 5, NOW + 595),))
    assert settle(WEB, pledged, builder.build()) == pledged
    assert not settle(WEB, pledged, builder.build(NOW + 20)).intents


def test_of_two_local_files_of_one_name_neither_is_touched() -> None:
    builder = WorldBuilder().storage().volume("root", size=2 << 30).shows(seen_volume("root"))
    builder.declare(SR, StorageSpec("lab", DIRECTORY))
    assert reason(decide(volume_ref("root"), builder.build())) is BlockReason.AMBIGUOUS


def test_a_machine_that_was_there_may_have_been_moved_to_any_host_that_does_not_answer() -> None:
    world = WorldBuilder("a", "b").vm().dead("b")
    world.sightings[WEB] = ("a",)
    world.histories[WEB] = History(synced=1)
    waits = decide(WEB, world.build())
    assert isinstance(waits, Wait)
    assert waits.reason is WaitReason.UNKNOWN
    world.histories.clear()
    assert isinstance(decide(WEB, world.build()), Act)


def test_what_a_host_showed_some_time_ago_is_not_acted_on() -> None:
    view = HostView("a", Stale(NOW - 60), "Test", "1", 8, 2**20, vms=(seen_vm(),))
    assert not look(Snapshot("lab", NOW, {"a": view}), DIALECT).vms
    fresh = replace(view, freshness=Fresh(NOW))
    assert look(Snapshot("lab", NOW, {"a": fresh}), DIALECT).vms
