"""Many who wait share one look; what a look teaches is durable before anybody uses it."""

import asyncio
import logging
from pathlib import Path

import pytest

from tests.runtime.hooks import Diary
from tests.runtime.stage import POOL, Stage, declare, desired, machine, play, pool_of_hosts, vm_ref, volume_ref
from xcp_drivers.sim import SimDriver
from xcp_drivers.world import hosts, power
from xcp_reconciler.model.desired import PoolSpec
from xcp_reconciler.model.errors import UnreachableError
from xcp_reconciler.model.observed import Fresh, HostView, Snapshot, Stale
from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.store import Store
from xcp_reconciler.runtime.breaker import Breakers
from xcp_reconciler.runtime.operator import Operator
from xcp_reconciler.runtime.view import as_of


async def operate(stage: Stage, store: Store, driver: SimDriver, seconds: float) -> None:
    operator = Operator(stage.ports(store, driver))
    running = asyncio.ensure_future(operator.run())
    await asyncio.sleep(seconds)
    operator.stop()
    await running


def test_a_hundred_machines_share_a_handful_of_looks() -> None:
    async def act(stage: Stage) -> None:
        diary = Diary()
        async with stage.store() as store:
            vms = [one for index in range(100) for one in machine(f"vm{index}")]
            await declare(store, [*pool_of_hosts(3), *vms])
            operator = Operator(stage.ports(store, SimDriver(stage.world, diary)))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(20)
            assert len(stage.running()) == 100
            assert diary.looks < 60
            operator.stop()
            await running

    play(act)


def test_a_quiet_pool_is_looked_at_by_time_alone() -> None:
    async def act(stage: Stage) -> None:
        diary = Diary()
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            operator = Operator(stage.ports(store, SimDriver(stage.world, diary)))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(20)
            before, calls = diary.looks, len(diary.lines)
            await asyncio.sleep(300)
            assert diary.looks - before <= 2 * 300 / 30
            assert len(diary.lines) == calls
            operator.stop()
            await running

    play(act)


def test_a_hint_is_enough_to_heal_drift_at_once() -> None:
    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(10)
            with stage.world.change(stage.clock.now()) as change:
                guest = change.named("h1", "a")
                assert guest is not None
                power.power_off(change, "h1", guest.uuid)
            assert not stage.running()
            await asyncio.sleep(5)
            assert stage.running() == [("a", "h1")]
            operator.stop()
            await running

    play(act)


def test_a_machine_on_a_silent_host_is_not_started_elsewhere() -> None:
    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(2), *machine("a")])
            await operate(stage, store, SimDriver(stage.world), 10)
            assert store.state.sightings[vm_ref("a")] == ("h1",)
            with stage.world.change(stage.clock.now()) as change:
                hosts.cut(change, "h1")
            await operate(stage, store, SimDriver(stage.world), 120)
            assert stage.running() == [("a", "h1")]
            assert stage.machines() == ["a"]

    play(act)


def test_where_somebody_else_moved_it_is_remembered_before_it_is_needed() -> None:
    """Moved by hand, seen once, and then that host falls silent: still nobody starts it where it was."""

    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(2), *machine("a")])
            await operate(stage, store, SimDriver(stage.world), 10)
            with stage.world.change(stage.clock.now()) as change:
                change.db.execute("UPDATE guests SET host = 'h2', version = ?", (change.version,))
                change.db.execute("UPDATE holds SET host = 'h2'")
                change.db.execute("INSERT INTO gone SELECT ?, 'guest', 'h1', uuid FROM guests", (change.version,))
            await operate(stage, store, SimDriver(stage.world), 5)
            assert store.state.sightings[vm_ref("a")] == ("h2",)
            with stage.world.change(stage.clock.now()) as change:
                hosts.cut(change, "h2")
            await operate(stage, store, SimDriver(stage.world), 120)
            assert stage.machines() == ["a"]

    play(act)


def test_who_was_moved_by_somebody_else_stays_there() -> None:
    """Whatever comes first: what the pool says of it, or the decision about the machine."""

    async def act(stage: Stage) -> list[str]:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(2), *machine("a")])
            await operate(stage, store, SimDriver(stage.world), 10)
            with stage.world.change(stage.clock.now()) as change:
                change.db.execute("UPDATE guests SET host = 'h2', version = ?", (change.version,))
                change.db.execute("UPDATE holds SET host = 'h2'")
                change.db.execute("INSERT INTO gone SELECT ?, 'guest', 'h1', uuid FROM guests", (change.version,))
            diary = Diary()
            await operate(stage, store, SimDriver(stage.world, diary), 5)
            return [line for line in diary.lines if line.startswith("call")]

    assert [play(act, seed=seed) for seed in range(60, 80)] == [[]] * 20


def test_a_lost_database_takes_uids_back_from_the_stamps(tmp_path: Path) -> None:
    async def act(stage: Stage) -> None:
        objects = [*pool_of_hosts(1), *machine("a")]
        async with stage.store(tmp_path / "first.db") as store:
            await declare(store, objects)
            await operate(stage, store, SimDriver(stage.world), 10)
            uid = store.state.desired[vm_ref("a")].uid
        diary = Diary()
        async with stage.store(tmp_path / "second.db") as store:
            await declare(store, objects)
            assert store.state.desired[vm_ref("a")].uid != uid
            await operate(stage, store, SimDriver(stage.world, diary), 10)
            assert store.state.desired[vm_ref("a")].uid == uid
            assert not diary.lines
            assert volume_ref("a") in store.state.sightings

    play(act)


def test_a_pool_that_refuses_blocks_everything_in_it(caplog: pytest.LogCaptureFixture) -> None:
    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            whole = [*pool_of_hosts(1), *machine("a")]
            broken = [desired(POOL, PoolSpec("sim", "sim:world.db?tls=refused")), *whole[1:]]
            await declare(store, broken)
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(20)
            reasons = {ref: status.conditions[0].reason for ref, status in store.state.statuses.items()}
            assert set(reasons.values()) == {"Unauthorised"}
            assert len(reasons) == len(broken)
            # Mended, it is opened again without a restart.
            await declare(operator.store, whole)
            await asyncio.sleep(40)
            assert stage.running() == [("a", "h1")]
            operator.stop()
            await running

    with caplog.at_level(logging.WARNING):
        play(act)
    assert POOL.name in caplog.text


def test_an_old_answer_counts_as_none() -> None:
    views = {"h1": HostView("h1", Fresh(90.0)), "h2": HostView("h2", Fresh(101.0))}
    found = as_of(100.0, Snapshot("lab", 90.0, views))
    assert found.hosts["h1"].freshness == Stale(90.0)
    assert found.hosts["h2"] is views["h2"]


def test_a_breaker_opens_after_three_failures_and_closes_with_the_first_success() -> None:
    async def act(stage: Stage) -> None:
        breakers = Breakers(stage.clock, stage.rng)
        for _ in range(2):
            breakers.failed("h1")
        assert breakers.open_until("h1") is None
        breakers.failed("h1")
        until = breakers.open_until("h1")
        assert until is not None
        assert breakers.tripped("h1")
        assert breakers.open_until("h2") is None
        await asyncio.sleep(until - stage.clock.now() + 0.01)
        assert breakers.open_until("h1") is None
        assert breakers.tripped("h1")
        breakers.worked("h1")
        assert not breakers.tripped("h1")

    play(act)


def test_a_host_whose_calls_fail_is_left_alone_for_a_while() -> None:
    async def act(stage: Stage) -> None:
        def fail(call: Call) -> None:
            if call.host == "h2":
                raise UnreachableError("no route to h2", host="h2")

        diary = Diary(before=fail)
        async with stage.store() as store:
            vms = [one for index in range(30) for one in machine(f"vm{index}", host="h2" if index % 2 else "h1")]
            await declare(store, [*pool_of_hosts(2), *vms])
            await operate(stage, store, SimDriver(stage.world, diary), 120)
            # Everything on h1 is done; on h2 a few attempts were made, not one for each machine again and again.
            assert len([line for line in diary.lines if "vm.define" in line]) <= 15 + 20

    play(act)
