"""One machine, one case a line: what is wanted and seen, and what is decided."""

from dataclasses import replace

import pytest

from tests.unit.plan.builders import (
    IDS,
    MIB,
    NOW,
    POOL,
    WorldBuilder,
    config,
    seen_vm,
    seen_volume,
    vm_ref,
    vm_spec,
    volume_ref,
)
from xcp_reconciler.api.enums import DeletionPolicy, DriftPolicy, ForceStop, Management, RunStrategy
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import (
    Act,
    Blocked,
    BlockReason,
    Gone,
    PendingReason,
    Steady,
    Wait,
    WaitReason,
)
from xcp_reconciler.model.desired import Adopt, DiskSpec, DriftRule, Policies, PoolSpec, Removal, ShutdownSpec
from xcp_reconciler.model.history import Asked, History, Intent
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import Balloon, HaltReason, PowerState
from xcp_reconciler.model.placement import Assigned, Fence
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.intents import settle
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.recall import remember
from xcp_reconciler.plan.vm.wanted import wanted_config

WEB = vm_ref()


def _ops(world: WorldBuilder, now: float = NOW) -> list[str]:
    decision = decide(WEB, world.build(now))
    assert isinstance(decision, Act), decision
    return [type(step.op).__name__ for step in decision.steps]


def test_absent_machine_is_defined_at_its_home() -> None:
    """The first step of a new machine is its definition, where the pool has put it."""
    decision = decide(WEB, WorldBuilder().vm(home="b").build())
    assert isinstance(decision, Act)
    (step,) = decision.steps
    assert isinstance(step.op, ops.DefineVm)
    assert (step.op.host, step.op.uuid, step.op.stamp.self_uuid) == ("b", IDS.uuid(WEB), IDS.uuid(WEB))


def test_machine_waits_for_its_place_and_its_volumes() -> None:
    """Nothing is defined before the pool has placed it and its volumes are there."""
    unplaced = decide(WEB, WorldBuilder().vm(home=None).build())
    assert isinstance(unplaced, Wait)
    assert unplaced.reason is WaitReason.ASSIGNMENT
    world = WorldBuilder().storage().volume("root").vm(vm_spec(volume="root"))
    waiting = decide(WEB, world.build())
    assert isinstance(waiting, Wait)
    assert waiting.on == (volume_ref("root"),)
    world.shows(seen_volume("root"))
    assert _ops(world) == ["DefineVm"]


def test_defined_machine_is_started_and_running_one_is_steady() -> None:
    """Always means running, and running as declared means nothing to do."""
    assert _ops(WorldBuilder().vm().shows(seen_vm(running=False))) == ["StartVm"]
    assert decide(WEB, WorldBuilder().vm().shows(seen_vm()).build()) == Steady()


@pytest.mark.parametrize(
    ("strategy", "reason", "expected"),
    [
        (RunStrategy.HALTED, HaltReason.UNKNOWN, None),
        (RunStrategy.MANUAL, HaltReason.CRASHED, None),
        (RunStrategy.ONCE, HaltReason.UNKNOWN, "StartVm"),
        (RunStrategy.ONCE, HaltReason.SHUT_DOWN, None),
        (RunStrategy.RERUN_ON_FAILURE, HaltReason.CRASHED, "StartVm"),
        (RunStrategy.RERUN_ON_FAILURE, HaltReason.SHUT_DOWN, None),
    ],
)
def test_run_strategies_of_a_halted_machine(strategy: RunStrategy, reason: HaltReason, expected: str | None) -> None:
    """Each strategy starts a halted machine exactly when its name says so."""
    spec = vm_spec(run_strategy=strategy)
    world = WorldBuilder().vm(spec).shows(seen_vm(spec=spec, running=False, halt_reason=reason))
    if expected is None:
        assert decide(WEB, world.build()) == Steady()
    else:
        assert _ops(world) == [expected]


def test_stop_asks_waits_and_forces_only_when_told() -> None:
    """A stop gives the guest its grace; the plug is pulled only under AfterTimeout."""
    for force, end in ((ForceStop.AFTER_TIMEOUT, "PowerOffVm"), (ForceStop.NEVER, None)):
        spec = vm_spec(run_strategy=RunStrategy.HALTED, shutdown=ShutdownSpec(60.0, force))
        world = WorldBuilder().vm(spec).shows(seen_vm(spec=spec))
        assert _ops(world) == ["ShutDownVm"]
        world.histories[WEB] = History(shutdown_at=NOW)
        waiting = decide(WEB, world.build(NOW + 59))
        assert isinstance(waiting, Wait)
        assert waiting.until == NOW + 60
        if end is not None:
            assert _ops(world, NOW + 61) == [end]
        else:
            blocked = decide(WEB, world.build(NOW + 61))
            assert isinstance(blocked, Blocked)
            assert blocked.reason is BlockReason.GRACE_OVER


def test_unknown_is_not_absent() -> None:
    """A machine whose home does not answer is neither created, started elsewhere nor deleted, until it is fenced."""
    world = WorldBuilder().vm(home="a").dead("a")
    decision = decide(WEB, world.build())
    assert isinstance(decision, Wait)
    assert decision.reason is WaitReason.UNKNOWN
    world.shows(seen_vm(host="b", running=False))
    assert isinstance(decide(WEB, world.build()), Wait)
    world.records["a"] = HostRecord(1.0, Fence("a", "me", NOW, NOW + 60))
    world.assignments.update(place("lab", world.build()))
    assert world.assignments[WEB] == Assigned("b")
    assert _ops(world) == ["StartVm"]


def test_a_store_that_never_saw_a_host_creates_nothing() -> None:
    """An empty store must have seen every listed host once before it creates anything."""
    world = WorldBuilder("a", "b").vm(home="a").dead("b")
    world.records["b"] = HostRecord(None)
    decision = decide(WEB, world.build())
    assert isinstance(decision, Wait)
    assert decision.reason is WaitReason.UNKNOWN
    world.records["b"] = HostRecord(5.0)
    assert _ops(world) == ["DefineVm"]


def test_two_running_copies_are_left_to_people_and_leftovers_are_removed() -> None:
    """Two running copies block; one running and a halted definition is repaired, never by a start."""
    both = WorldBuilder().vm().shows(seen_vm(host="a"), seen_vm(host="b"))
    blocked = decide(WEB, both.build())
    assert isinstance(blocked, Blocked)
    assert blocked.reason is BlockReason.TWO_RUNNING
    leftover = WorldBuilder().vm(home="b").shows(seen_vm(host="a", running=False), seen_vm(host="b"))
    decision = decide(WEB, leftover.build())
    assert isinstance(decision, Act)
    assert [(type(step.op), step.op.host) for step in decision.steps] == [(ops.UndefineVm, "a")]


def test_name_taken_by_a_stranger_blocks_with_both_ways_out() -> None:
    """A stranger of the same name is never touched."""
    stranger = replace(seen_vm(), uuid="11111111-1111-1111-1111-111111111111", stamp=None)
    decision = decide(WEB, WorldBuilder().vm().shows(stranger).build())
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.NAME_TAKEN
    assert "11111111-1111-1111-1111-111111111111" in decision.why


def test_foreign_stamp_refuses() -> None:
    """Another owner's stamp stops everything."""
    foreign = seen_vm(stamp=Stamp("somebody", WEB, "x", IDS.uuid(WEB)))
    decision = decide(WEB, WorldBuilder().vm().shows(foreign).build())
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.FOREIGN_OWNER


def test_restart_only_field_is_stored_and_then_pending() -> None:
    """A deferred change is made once, and what the running machine lacks of it is pending."""
    spec = vm_spec(max_cores=4)
    old = vm_spec()
    assert _ops(WorldBuilder().vm(spec).shows(seen_vm(spec=old))) == ["ReconfigureVm"]
    stored = seen_vm(spec=old, stored=config(spec))
    steady = decide(WEB, WorldBuilder().vm(spec).shows(stored).build())
    assert isinstance(steady, Steady)
    assert [(one.change.path, one.reason) for one in steady.pending] == [("cpu.maxCores", PendingReason.POWER_CYCLE)]


def test_memory_target_is_asked_for_once_and_a_deaf_guest_left_alone() -> None:
    """A balloon that does not follow is waited for, then pending, then asked again much later."""
    spec = vm_spec(memory_max=200 * MIB)
    world = WorldBuilder().vm(spec).shows(seen_vm(spec=vm_spec()))
    assert _ops(world) == ["SetMemoryRange"]
    asked = seen_vm(spec=spec, memory_actual=256 * MIB)
    world = WorldBuilder().vm(spec).shows(asked)
    world.histories[WEB] = History(asked=Asked(200 * MIB, NOW, 1))
    assert isinstance(decide(WEB, world.build(NOW + 19)), Wait)
    deaf = decide(WEB, world.build(NOW + 21))
    assert isinstance(deaf, Steady)
    assert deaf.pending[0].reason is PendingReason.GUEST_UNCOOPERATIVE
    assert _ops(world, NOW + 601) == ["SetMemoryRange"]
    absent = WorldBuilder().vm(spec).shows(replace(asked, balloon=Balloon.ABSENT))
    without = decide(WEB, absent.build())
    assert isinstance(without, Steady)
    assert without.pending[0].reason is PendingReason.GUEST_UNCOOPERATIVE


def test_a_booting_guest_has_longer_to_give_memory_back() -> None:
    """A start is a request for the balloon target too, and a kernel has to come up before anybody hears it."""
    spec = vm_spec(memory_max=200 * MIB)
    world = WorldBuilder().vm(spec).shows(seen_vm(spec=spec, running=False))
    decision = decide(WEB, world.build())
    assert isinstance(decision, Act)
    started = remember(decision.steps[0].op, world.desired[WEB], History(), NOW)
    booting = WorldBuilder().vm(spec).shows(seen_vm(spec=spec, memory_actual=256 * MIB))
    booting.histories[WEB] = started
    waiting = decide(WEB, booting.build(NOW + 59))
    assert isinstance(waiting, Wait)
    assert waiting.reason is WaitReason.GUEST
    assert isinstance(decide(WEB, booting.build(NOW + 61)), Steady)


def test_home_elsewhere_migrates_live_and_offline() -> None:
    """Editing placement.host moves a running machine live and a halted one offline."""
    for running, mode in ((True, ops.MigrationMode.LIVE), (False, ops.MigrationMode.OFFLINE)):
        spec = vm_spec(host="b")
        world = WorldBuilder().vm(spec, home="b").shows(seen_vm(spec=spec, host="a", running=running))
        decision = decide(WEB, world.build())
        assert isinstance(decision, Act)
        op = decision.steps[0].op
        assert isinstance(op, ops.MigrateVm)
        assert (op.host, op.target, op.mode) == ("a", "b", mode)
        assert decision.changes[0].impact is Impact.MIGRATE


def test_limits_hold_back_and_drift_is_reported() -> None:
    """A change above maxImpact is held back; a drift under Report is shown and left alone."""
    world = WorldBuilder().vm(vm_spec(max_cores=4), policies=Policies(max_impact=Impact.LIVE)).shows(seen_vm())
    held = decide(WEB, world.build())
    assert isinstance(held, Steady)
    assert held.pending[0].reason is PendingReason.HELD_BY_POLICY
    policies = Policies(drift_rules=(DriftRule("memory.max", DriftPolicy.REPORT),))
    drifted = WorldBuilder().vm(policies=policies).shows(seen_vm(memory_actual=128 * MIB))
    drifted.histories[WEB] = History(synced=1)
    reported = decide(WEB, drifted.build())
    assert isinstance(reported, Steady)
    assert reported.pending[0].reason is PendingReason.REPORT_ONLY
    drifted.histories[WEB] = History(synced=0)
    assert _ops(drifted) == ["SetMemoryRange"]


def test_observe_reports_and_touches_nothing() -> None:
    """Observe, on the machine or its pool, turns every act into a report."""
    for world in (
        WorldBuilder().vm(policies=Policies(management=Management.OBSERVE)),
        WorldBuilder().vm().declare(POOL, PoolSpec("test"), Policies(management=Management.OBSERVE)),
    ):
        decision = decide(WEB, world.shows(seen_vm(running=False)).build())
        assert isinstance(decision, Steady)
        assert decision.pending[0].reason is PendingReason.REPORT_ONLY


def test_adoption_stamps_and_keeps_what_the_spec_does_not_mention() -> None:
    """An adopted machine keeps its devices; only the stamp is new."""
    uuid = "22222222-2222-2222-2222-222222222222"
    found = seen_vm(uuid=uuid, stamp=None, stored=config(vm_spec(), serial="/log", description="by hand"))
    found = replace(found, live=found.stored)
    world = WorldBuilder().vm(policies=Policies(adopt=Adopt(uuid=uuid))).shows(found)
    assert _ops(world) == ["StampVm"]
    missing = WorldBuilder().vm(policies=Policies(adopt=Adopt(uuid=uuid)))
    blocked = decide(WEB, missing.build())
    assert isinstance(blocked, Blocked)
    assert blocked.reason is BlockReason.ADOPT_MISSING


def test_an_open_intent_waits_until_shown_idle_or_its_deadline() -> None:
    """A call that may still land is neither repeated nor forgotten."""
    intent = Intent("DefineVm", ("a",), NOW - 1, NOW + 9)
    world = WorldBuilder().vm()
    world.histories[WEB] = History(intents=(intent,))
    waiting = decide(WEB, world.build())
    assert isinstance(waiting, Wait)
    assert waiting.reason is WaitReason.INTENT
    assert settle(WEB, world.histories[WEB], world.build()).intents == (intent,)
    assert settle(WEB, world.histories[WEB], world.build(NOW + 10)).intents == ()
    world.shows(seen_vm(running=False))
    assert settle(WEB, world.histories[WEB], world.build()).intents == ()


def test_deletion_stops_first_then_undefines_then_is_gone() -> None:
    """A deleted machine is stopped with its grace, undefined, and only then forgotten."""
    policies = Policies(deletion=DeletionPolicy.DELETE)

    def world() -> WorldBuilder:
        return WorldBuilder().vm(policies=policies, removal=Removal.DELETE)

    assert _ops(world().shows(seen_vm())) == ["ShutDownVm"]
    assert _ops(world().shows(seen_vm(running=False))) == ["UndefineVm"]
    assert decide(WEB, world().build()) == Gone()
    assert decide(WEB, WorldBuilder().vm(policies=policies, removal=Removal.ORPHAN).shows(seen_vm()).build()) == Gone()
    protected = replace(policies, protected=True)
    blocked = decide(WEB, WorldBuilder().vm(policies=protected, removal=Removal.DELETE).shows(seen_vm()).build())
    assert isinstance(blocked, Blocked)
    assert blocked.reason is BlockReason.PROTECTED


def test_paused_machine_is_resumed_and_suspended_one_started() -> None:
    """Always means running, from wherever it is."""
    assert _ops(WorldBuilder().vm().shows(seen_vm(power=PowerState.PAUSED))) == ["ResumeVm"]
    assert _ops(WorldBuilder().vm().shows(seen_vm(running=False, power=PowerState.SUSPENDED))) == ["StartVm"]


def test_what_is_paused_runs_on_before_it_moves() -> None:
    """No backend is asked to move it; who is not told to run it on says why it stays."""
    paused = seen_vm(power=PowerState.PAUSED)
    assert _ops(WorldBuilder().vm(home="b").shows(paused)) == ["ResumeVm"]
    decision = decide(WEB, WorldBuilder().vm(vm_spec(run_strategy=RunStrategy.MANUAL), home="b").shows(paused).build())
    assert isinstance(decision, Blocked)
    assert decision.why == "placement.host: it is paused: resume it or shut it down, and it moves"


def test_a_pin_that_the_pool_has_not_yet_followed_is_not_steady() -> None:
    """Between the edit of placement.host and the pool's answer the machine waits; it is not as declared."""
    spec = vm_spec(host="b")
    waiting = decide(WEB, WorldBuilder().vm(spec, home="a").shows(seen_vm(spec=spec, host="a")).build())
    assert isinstance(waiting, Wait)
    assert waiting.reason is WaitReason.ASSIGNMENT


def test_disks_are_compared_by_name_not_by_order() -> None:
    """A backend that lists disks in another order has not drifted."""
    world = WorldBuilder().storage().volume("one").volume("two").shows(seen_volume("one"), seen_volume("two"))
    spec = replace(vm_spec(), disks=(DiskSpec("a", volume_ref("one")), DiskSpec("b", volume_ref("two"))))
    world.vm(spec)
    wanted = wanted_config(WEB, spec, world.build(), world.build().sights["lab"])
    turned = replace(wanted, disks=tuple(reversed(wanted.disks)))
    world.shows(seen_vm(spec=spec, stored=turned, live=turned))
    assert decide(WEB, world.build()) == Steady()


def _pair(actual: int, *, wished: int) -> WorldBuilder:
    """A host of 1 GiB: a machine that wants 600 MiB and has 256, and a neighbour; both numbers in MiB."""
    wants, has = (vm_spec(memory_size=1024 * MIB, memory_max=most * MIB) for most in (600, 256))
    neighbour = vm_spec(memory_size=1024 * MIB, memory_max=wished * MIB)
    held = seen_vm("a-neighbour", spec=neighbour, memory_actual=actual * MIB)
    world = WorldBuilder().vm(wants).vm(neighbour, name="a-neighbour")
    return world.shows(seen_vm(spec=has, memory_actual=256 * MIB), held)


def test_memory_is_given_only_once_it_is_seen_to_be_free() -> None:
    """A neighbour that was told to give back still holds it: waiting costs nothing, giving it twice kills guests."""
    waits = decide(WEB, _pair(800, wished=400).build())
    assert isinstance(waits, Wait)
    assert waits.reason is WaitReason.MEMORY
    assert waits.on == (vm_ref("a-neighbour"),)
    assert _ops(_pair(400, wished=400)) == ["SetMemoryRange"]


def test_memory_that_nobody_gives_back_stays_pending() -> None:
    """What the host has not is not waited for: the machine runs on with what it holds."""
    steady = decide(WEB, _pair(500, wished=500).build())
    assert isinstance(steady, Steady)
    assert [one.reason for one in steady.pending] == [PendingReason.NO_MEMORY]
    assert "268Mi free and 344Mi is needed" in steady.pending[0].message


def test_two_that_want_the_same_memory_do_not_both_get_it() -> None:
    """Each is decided about alone, on a look of its own; together they must not get more than the host has."""
    small = vm_spec(memory_size=1024 * MIB, memory_max=256 * MIB)
    wants = vm_spec(memory_size=1024 * MIB, memory_max=600 * MIB)
    world = WorldBuilder().vm(wants).vm(wants, name="a-neighbour")
    world.shows(seen_vm(spec=small), seen_vm("a-neighbour", spec=small))
    for ref in (WEB, vm_ref("a-neighbour")):
        steady = decide(ref, world.build())
        assert isinstance(steady, Steady)
        assert [one.reason for one in steady.pending] == [PendingReason.NO_MEMORY]


def test_a_guest_that_grows_at_its_next_boot_is_asked_once_for_what_it_can_have_till_then() -> None:
    """What is stored for the next boot is no reason to forget what was asked of the machine that runs."""
    spec = vm_spec(memory_size=400 * MIB, memory_max=400 * MIB)
    running = seen_vm(stored=config(spec), memory_actual=200 * MIB)
    world = WorldBuilder().vm(spec).shows(running)
    history = History(asked=Asked(256 * MIB, NOW, 1))
    world.histories[WEB] = settle(WEB, history, world.build(NOW + 5))
    assert world.histories[WEB] == history
    assert isinstance(decide(WEB, world.build(NOW + 5)), Wait)
