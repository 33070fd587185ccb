"""A Rebalance in the loop: who is moved, what it says, and when it leaves things to somebody else."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.runtime.stage import GIB, Stage, declare, desired, machine, play, pool_of_hosts
from xcp_drivers.sim.deeds import do
from xcp_reconciler.model.desired import Desired, HostSpec, RebalanceMode, RebalanceSpec, VmSpec
from xcp_reconciler.model.status import ConditionType, Status
from xcp_reconciler.ports.sink import StepPhase
from xcp_reconciler.refs import Kind, ref_of
from xcp_reconciler.runtime.operator import Operator
from xcp_reconciler.simulation.deeds import MovedBySomebody

REBALANCE = ref_of(Kind.REBALANCE, "lab")


def uneven(mode: RebalanceMode) -> list[Desired]:
    """Four machines of 1 GiB, and two hosts of 8; without a placement policy all go to the first."""
    spec = RebalanceSpec("lab", mode, hold_rounds=2)
    hosts = [
        replace(one, spec=replace(one.spec, memory_kib=8 * GIB)) if isinstance(one.spec, HostSpec) else one
        for one in pool_of_hosts(2)
    ]
    return [*hosts, *(part for name in "abcd" for part in machine(name)), desired(REBALANCE, spec)]


def acting(objects: list[Desired], then: Callable[[Stage, Operator], Awaitable[None]]) -> tuple[Stage, Status]:
    """Let an actor work until `then` is over: the stage, and what was last said of the Rebalance."""

    async def act(stage: Stage) -> tuple[Stage, Status]:
        async with stage.store() as store:
            await declare(store, objects)
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await then(stage, operator)
            operator.stop()
            await running
            return stage, store.state.statuses[REBALANCE]

    return play(act)


def on(stage: Stage, host: str) -> list[str]:
    return [name for name, where in stage.running() if where == host]


async def _an_hour(stage: Stage, operator: Operator) -> None:
    del stage, operator
    await asyncio.sleep(3600)


def test_load_is_spread_and_then_left_alone() -> None:
    stage, status = acting(uneven(RebalanceMode.AUTO), _an_hour)
    assert (len(on(stage, "h1")), len(on(stage, "h2"))) == (2, 2)
    assert sum(step.startswith("MigrateVm") for step in stage.listener.steps(StepPhase.STARTED)) == 2
    balanced = status.condition(ConditionType.BALANCED)
    assert balanced is not None
    assert (balanced.reason, status.moves) == ("Even", ())


def test_recommend_says_what_auto_would_do() -> None:
    stage, status = acting(uneven(RebalanceMode.RECOMMEND), _an_hour)
    assert on(stage, "h2") == []
    assert [(move.source, move.target) for move in status.moves] == [("h1", "h2"), ("h1", "h2")]
    assert "memory" in status.moves[0].why


def test_a_second_balancer_is_left_the_field() -> None:
    async def meddle(stage: Stage, operator: Operator) -> None:
        await asyncio.sleep(600)
        for name in on(stage, "h2"):
            do(stage.world, MovedBySomebody(do="MovedBySomebody", vm=name, host="h1"), stage.clock.now())
        await asyncio.sleep(1000)
        status = operator.store.state.statuses[REBALANCE]
        assert status.condition(ConditionType.STANDS_DOWN) is not None

    stage, status = acting(uneven(RebalanceMode.AUTO), meddle)
    assert on(stage, "h2") == []
    assert len(status.moves) > 0


def test_a_machine_that_may_not_move_is_not_moved() -> None:
    objects = uneven(RebalanceMode.AUTO)
    pinned = [
        replace(one, spec=replace(one.spec, host="h1")) if isinstance(one.spec, VmSpec) else one for one in objects
    ]
    stage, _ = acting(pinned, _an_hour)
    assert on(stage, "h2") == []
