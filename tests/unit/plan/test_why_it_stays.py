"""What is not moved for the good of the pool, each for its own reason: neither out of a maintenance nor for a rule."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.plan.builders import DIALECT, NOW, POOL, SR, TABLE, WorldBuilder, seen_vm, vm_ref, vm_spec, volume_ref
from tests.unit.plan.maintenance import leaving
from xcp_reconciler.api.enums import Approval, Management, RunStrategy, VolumeFormat
from xcp_reconciler.model.decision import Blocked, BlockReason
from xcp_reconciler.model.desired import (
    DriftPolicy,
    DriftRule,
    Policies,
    PoolSpec,
    Removal,
    StorageSpec,
    VmSpec,
    VolumeSpec,
)
from xcp_reconciler.model.history import History, Intent
from xcp_reconciler.model.impact import Impact, ImpactTable, Unsupported
from xcp_reconciler.model.observed import Job, JobKind, PowerState
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, host_ref

WEB = vm_ref()
UUID = seen_vm().uuid


def running(
    spec: VmSpec | None = None, policies: Policies | None = None, removal: Removal | None = None
) -> WorldBuilder:
    """A machine that runs on a host in maintenance."""
    return leaving(WorldBuilder().vm(spec, policies=policies, removal=removal).shows(seen_vm(spec=spec)), "a")


def of_a_pool_that_is_observed() -> World:
    return running().declare(POOL, PoolSpec("test"), Policies(management=Management.OBSERVE)).build()


def with_a_local_disk() -> World:
    world = running(vm_spec(volume="root")).declare(SR, StorageSpec("lab", "/srv", shared=False))
    return world.declare(volume_ref("root"), VolumeSpec(SR, VolumeFormat.QCOW2, 1 << 30)).build()


def where_nothing_can_be_moved() -> World:
    world = running().build()
    rows = tuple(
        replace(row, impact=Unsupported("it moves nothing"))
        if (row.kind, row.path) == (Kind.VIRTUAL_MACHINE, "host")
        else row
        for row in TABLE.rows
    )
    table = ImpactTable("test", "Test", rows)

    def impacts(hypervisor: str) -> ImpactTable:
        del hypervisor
        return table

    sight = world.sights["lab"]
    sight.dialect = replace(DIALECT, impacts=impacts)
    return world


def paused_by_somebody() -> World:
    """Nobody says that it is to run on."""
    spec = vm_spec(run_strategy=RunStrategy.MANUAL)
    return leaving(WorldBuilder().vm(spec).shows(seen_vm(spec=spec, power=PowerState.PAUSED)), "a").build()


def with_work_under_way() -> World:
    world = running().build()
    world.sights["lab"].jobs[UUID] = (Job(JobKind.BLOCK, UUID, "a"),)
    return world


def with_a_call_that_may_land() -> World:
    world = running()
    world.histories[WEB] = History(intents=(Intent("StartVm", ("a",), NOW - 1, NOW + 5),))
    return world.build()


def with_a_call_that_has_just_failed() -> World:
    world = running()
    world.histories[WEB] = History(attempts=1, retry_at=NOW + 5)
    return world.build()


STAYS: dict[str, tuple[Callable[[], World], str]] = {
    "pinned": (lambda: running(vm_spec(host="a")).build(), "placement.host keeps it on a"),
    "observed": (lambda: running(policies=Policies(management=Management.OBSERVE)).build(), "management is Observe"),
    "in an observed pool": (of_a_pool_that_is_observed, "management is Observe"),
    "too costly": (
        lambda: running(policies=Policies(max_impact=Impact.DEFERRED)).build(),
        "updatePolicy.maxImpact is Deferred",
    ),
    "to be approved": (
        lambda: running(policies=Policies(approval=Approval.MANUAL)).build(),
        "updatePolicy.approval is Manual",
    ),
    "reported": (lambda: running(policies=Policies(drift=DriftPolicy.REPORT)).build(), "its driftPolicy is Report"),
    "its place is ignored": (
        lambda: running(policies=Policies(drift_rules=(DriftRule("spec.host", DriftPolicy.IGNORE),))).build(),
        "its driftPolicy is Ignore",
    ),
    "on a local disk": (with_a_local_disk, "it has disks on local storage"),
    "unsupported": (where_nothing_can_be_moved, "it moves nothing"),
    "going": (lambda: running(removal=Removal.DELETE).build(), "it is being deleted"),
    "paused by somebody": (paused_by_somebody, "it is paused: resume it or shut it down"),
    "at work": (with_work_under_way, "something is being done to it"),
    "in doubt": (with_a_call_that_may_land, "an earlier call is not over, or has just failed"),
    "just failed": (with_a_call_that_has_just_failed, "an earlier call is not over, or has just failed"),
}


@pytest.mark.parametrize("reason", STAYS)
def test_it_stays(reason: str) -> None:
    made, why = STAYS[reason]
    world = made()
    assert place("lab", world) == {}
    decision = decide(host_ref("a"), world)
    assert isinstance(decision, Blocked)
    assert (decision.reason, decision.why) == (BlockReason.NOT_EVACUATED, f"web: {why}")


def test_without_a_reason_it_goes() -> None:
    assert place("lab", running().build()) == {WEB: Assigned("b", leaving="a", origin="a")}


def test_a_halted_machine_is_in_nobodys_way() -> None:
    world = WorldBuilder().vm(vm_spec(run_strategy=RunStrategy.HALTED)).shows(seen_vm(running=False))
    assert place("lab", leaving(world, "a").build()) == {}
