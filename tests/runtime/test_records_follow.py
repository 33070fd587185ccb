"""What hosts and policies say follows the machines, whoever moves them and whosever they are."""

import asyncio
from dataclasses import replace

from tests.runtime.stage import GIB, OWNER, POOL, Stage, declare, desired, machine, play, pool_of_hosts, vm_ref
from xcp_drivers.world import migrations, tamper
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import HostSpec, PlacementPolicySpec, PlacementRule, Policies
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.model.status import ConditionType, Truth
from xcp_reconciler.ports.store import Store
from xcp_reconciler.refs import Kind, Ref, host_ref, ref_of
from xcp_reconciler.runtime.operator import Operator

H1 = host_ref("h1")
POLICY = ref_of(Kind.PLACEMENT_POLICY, "lab")


def said(store: Store, ref: Ref) -> tuple[Truth, str] | None:
    ready = store.state.statuses[ref].condition(ConditionType.READY)
    return (ready.status, ready.reason) if ready is not None else None


def test_a_host_that_was_left_says_so_when_a_stranger_comes() -> None:
    async def act(stage: Stage) -> list[tuple[Truth, str] | None]:
        found: list[tuple[Truth, str] | None] = []
        async with stage.store() as store:
            hosts = pool_of_hosts(2)
            assert isinstance(hosts[1].spec, HostSpec)
            await declare(store, [hosts[0], replace(hosts[1], spec=replace(hosts[1].spec, maintenance=True)), hosts[2]])
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(30)
            found.append(said(store, H1))
            with stage.world.change(stage.clock.now()) as change:
                guest = tamper.stranger(change, "theirs", "h1", VmConfig(1, 1, GIB, GIB))
            await asyncio.sleep(60)
            found.append(said(store, H1))
            with stage.world.change(stage.clock.now()) as change:
                change.drop_guest(change.guest("h1", guest.uuid) or guest)
            await asyncio.sleep(60)
            found.append(said(store, H1))
            operator.stop()
            await running
            return found

    left, come, gone = play(act)
    assert left == gone
    assert left is not None
    assert left[0] is Truth.TRUE
    assert come == (Truth.FALSE, "NotEvacuated")


def test_a_policy_says_so_when_somebody_breaks_a_rule_that_it_may_not_mend() -> None:
    async def act(stage: Stage) -> list[tuple[Truth, str] | None]:
        found: list[tuple[Truth, str] | None] = []
        async with stage.store() as store:
            stay = Policies(max_impact=Impact.LIVE)
            vms = [replace(one, policies=stay) for name in "ab" for one in machine(name)]
            policy = desired(POLICY, PlacementPolicySpec(POOL.name, rules=(PlacementRule("apart", ()),)))
            await declare(store, [*pool_of_hosts(2), *vms, policy])
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(30)
            found.append(said(store, POLICY))
            uuid = Identities(OWNER).uuid(vm_ref("b"))
            with stage.world.change(stage.clock.now()) as change:
                op = ops.MigrateVm(vm_ref("b"), "h2", "h1", uuid, ops.MigrationMode.LIVE, ops.DiskTransfer.SHARED)
                migrations.begin(change, op)
            await asyncio.sleep(60)
            found.append(said(store, POLICY))
            operator.stop()
            await running
            return found

    kept, broken = play(act)
    assert kept is not None
    assert kept[0] is Truth.TRUE
    assert broken == (Truth.FALSE, "RuleBroken")
