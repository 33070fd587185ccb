"""`apply`: exactly its plan, as the actor or beside one, and an end whatever happens."""

import asyncio
import errno
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.runtime.hooks import Diary
from tests.runtime.stage import GIB, Stage, declare, look_at, machine, play, pool_of_hosts, vm_ref, world_of
from xcp_drivers.sim import SimDriver
from xcp_drivers.world import hosts, power
from xcp_reconciler.model.decision import Blocked, Steady, Wait
from xcp_reconciler.model.desired import Desired, Removal, RunStrategy, VmSpec
from xcp_reconciler.model.records import HostRecord, OpenPlan
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.ports.store import PutDesired, PutPlan, RemovePlan, Store, Write
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.converge import Converged, Reason, converge
from xcp_reconciler.runtime.coverage import PLAN_LIVES_S
from xcp_reconciler.runtime.operator import Operator
from xcp_reconciler.runtime.stopping import Stop


async def plan_for(stage: Stage, store: Store, *refs: Ref, id_: str = "plan") -> OpenPlan:
    """What `plan` shows now of these objects, opened; of all objects where none are named."""
    now = stage.clock.now()
    world = world_of(store, await look_at(stage, store), now)
    seen: Mapping[str, HostRecord] = {
        name: HostRecord(seen=now) for sight in world.sights.values() for name in sight.hosts if sight.answers(name)
    }
    plan = make_plan(replace(world, hosts={**seen, **world.hosts}))
    shown = {entry.ref: entry.changes for entry in plan.entries}
    wanted = refs or tuple(store.state.desired)
    opened = OpenPlan(id_, {ref: shown.get(ref, ()) for ref in wanted}, plan.hosts, None, now, now + 3600)
    await store.commit(PutPlan(opened))
    return opened


def test_a_plan_is_brought_about_and_closed() -> None:
    async def act(stage: Stage) -> Converged:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(2), *machine("a"), *machine("b", host="h2")])
            plan = await plan_for(stage, store)
            result = await converge(stage.ports(store), plan, 60.0)
            assert stage.running() == [("a", "h1"), ("b", "h2")]
            assert not store.state.plans
            return result

    result = play(act)
    assert result.reason is Reason.DONE
    assert not result.left
    assert all(isinstance(decision, Steady) for decision in result.done.values())


def test_what_the_plan_does_not_name_is_left_alone() -> None:
    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a"), *machine("b")])
            everything = await plan_for(stage, store)
            assert (await converge(stage.ports(store), everything, 60.0)).reason is Reason.DONE
            with stage.world.change(stage.clock.now()) as change:
                for name in ("a", "b"):
                    guest = change.named("h1", name)
                    assert guest is not None
                    power.power_off(change, "h1", guest.uuid)
            plan = await plan_for(stage, store, vm_ref("a"))
            assert (await converge(stage.ports(store), plan, 60.0)).reason is Reason.DONE
            assert stage.running() == [("a", "h1")]

    play(act)


def test_a_change_that_the_plan_does_not_show_is_refused() -> None:
    async def act(stage: Stage) -> Converged:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            plan = await plan_for(stage, store, vm_ref("a"))
            with stage.world.change(stage.clock.now()) as change:
                guest = change.named("h1", "a")
                assert guest is not None
                power.power_off(change, "h1", guest.uuid)
            return await converge(stage.ports(store), plan, 60.0)

    result = play(act)
    assert result.reason is Reason.STUCK
    assert isinstance(result.left[vm_ref("a")], Blocked)


def test_what_is_blocked_ends_the_wait_and_says_why() -> None:
    async def act(stage: Stage) -> tuple[Converged, float]:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a"), *machine("huge", memory=500 * GIB)])
            plan = await plan_for(stage, store)
            began = stage.clock.now()
            result = await converge(stage.ports(store), plan, 600.0)
            return result, stage.clock.now() - began

    result, took = play(act)
    assert result.reason is Reason.STUCK
    assert list(result.left) == [vm_ref("huge")]
    assert took < 60


def test_a_dead_host_is_given_up_after_a_while() -> None:
    async def act(stage: Stage) -> tuple[Converged, float]:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(2), *machine("a"), *machine("b", host="h2")])
            await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            with stage.world.change(stage.clock.now()) as change:
                hosts.cut(change, "h2")
            began = stage.clock.now()
            result = await converge(stage.ports(store), await plan_for(stage, store, vm_ref("a"), vm_ref("b")), 600.0)
            return result, stage.clock.now() - began

    result, took = play(act)
    assert result.reason is Reason.STUCK
    assert isinstance(result.left[vm_ref("b")], Wait)
    assert took < 120


def test_time_runs_out() -> None:
    async def act(stage: Stage) -> Converged:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            with stage.world.change(stage.clock.now()) as change:
                change.db.execute("UPDATE guests SET hearing = 'deaf'")
            await store.commit(PutDesired(halted(store.state.desired[vm_ref("a")])))
            plan = await plan_for(stage, store, vm_ref("a"))
            return await converge(stage.ports(store), plan, 30.0)

    result = play(act)
    assert result.reason is Reason.TIMEOUT
    assert isinstance(result.left[vm_ref("a")], Wait)


def halted(one: Desired) -> Desired:
    assert isinstance(one.spec, VmSpec)
    return replace(one, spec=replace(one.spec, run_strategy=RunStrategy.HALTED))


def test_a_deletion_is_done_when_the_record_is_gone() -> None:
    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            gone = [replace(store.state.desired[one.ref], removal=Removal.DELETE) for one in machine("a")]
            await declare(store, gone)
            plan = await plan_for(stage, store, *(one.ref for one in gone))
            result = await converge(stage.ports(store), plan, 60.0)
            assert result.reason is Reason.DONE
            assert vm_ref("a") not in store.state.desired

    play(act)


def test_beside_an_actor_it_waits_for_the_actor(tmp_path: Path) -> None:
    async def act(stage: Stage) -> Converged:
        path = tmp_path / "state.db"
        diary = Diary()
        async with stage.store(path) as actors, stage.store(path) as mine:
            operator = Operator(stage.ports(actors, SimDriver(stage.world)))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(1.0)
            await mine.refresh()
            await declare(mine, [*pool_of_hosts(1), *machine("a")])
            plan = await plan_for(stage, mine)
            result = await converge(stage.ports(mine, SimDriver(stage.world, diary)), plan, 60.0)
            assert stage.running() == [("a", "h1")]
            assert not diary.lines
            operator.stop()
            await running
            return result

    result = play(act)
    assert result.reason is Reason.DONE


def test_if_the_actor_goes_it_acts_itself(tmp_path: Path) -> None:
    async def act(stage: Stage) -> Converged:
        path = tmp_path / "state.db"
        async with stage.store(path) as actors, stage.store(path) as mine:
            stopping = Diary()
            operator = Operator(stage.ports(actors, SimDriver(stage.world, stopping)))
            stopping.before = lambda _: operator.stop()
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(1.0)
            await mine.refresh()
            await declare(mine, [*pool_of_hosts(1), *machine("a")])
            result = await converge(stage.ports(mine), await plan_for(stage, mine), 60.0)
            assert stage.running() == [("a", "h1")]
            await running
            return result

    assert play(act).reason is Reason.DONE


def test_the_caller_can_stop_it() -> None:
    async def act(stage: Stage) -> Converged:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a"), *machine("huge", memory=500 * GIB)])
            stop = Stop()
            plan = await plan_for(stage, store)
            diary = Diary(after=lambda _: stop.ask() if not asked(stop) else None)
            result = await converge(stage.ports(store, SimDriver(stage.world, diary)), plan, 600.0, stop)
            assert len([line for line in diary.lines if line.startswith("call")]) <= 2
            assert not store.state.plans
            return result

    assert play(act).reason is Reason.STOPPED


def asked(stop: Stop) -> bool:
    return stop.level > 0


def test_an_expired_plan_binds_nobody() -> None:
    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            plan = await plan_for(stage, store)
            now = stage.clock.now()
            empty = replace(plan, changes=dict.fromkeys(plan.changes, ()), expires=now + 20)
            await store.commit(PutPlan(empty))
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(10)
            assert not stage.machines()
            await asyncio.sleep(60)
            assert stage.running() == [("a", "h1")]
            assert not store.state.plans
            operator.stop()
            await running

    play(act)


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_tasks_gives_the_same_end(seed: int) -> None:
    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            vms = [one for index in range(6) for one in machine(f"vm{index}")]
            await declare(store, [*pool_of_hosts(3), *vms])
            result = await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            assert result.reason is Reason.DONE
            assert len(stage.running()) == 6

    play(act, seed=seed)


def test_a_plan_stays_open_for_as_long_as_somebody_waits_for_it() -> None:
    async def act(stage: Stage) -> tuple[float, int]:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            shown = await plan_for(stage, store)
            now = stage.clock.now()
            opened = replace(shown, expires=now + PLAN_LIVES_S)
            await store.commit(PutPlan(opened))
            async with store.lease() as leading:
                assert leading
                waiting = asyncio.ensure_future(converge(stage.ports(store), opened, 200.0))
                await stage.clock.sleep(150.0)
                expires = store.state.plans["plan"].expires - stage.clock.now()
                await waiting
            return expires, len(store.state.plans)

    expires, left = play(act)
    assert 0.0 < expires <= PLAN_LIVES_S
    assert left == 0


@dataclass
class _NoRoomToClose(Diary):
    """A disk that is full when a plan is to be closed."""

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Just before a transaction is durable."""
        if any(isinstance(write, RemovePlan) for writes in commits for write in writes):
            raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_done_is_done_although_the_plan_cannot_be_closed(caplog: pytest.LogCaptureFixture) -> None:
    async def act(stage: Stage) -> Converged:
        async with stage.store(faults=_NoRoomToClose()) as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            result = await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            assert "plan" in store.state.plans
            return result

    assert play(act).reason is Reason.DONE
    assert "the plan cannot be closed" in caplog.text
