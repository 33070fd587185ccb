"""A host that answers once that it has nothing does not get what it has a second time."""

import asyncio

from tests.runtime.hooks import Diary
from tests.runtime.stage import Stage, declare, machine, play, pool_of_hosts
from tests.runtime.test_second_look import Returning, hide
from xcp_drivers.sim import SimDriver
from xcp_reconciler.runtime.operator import Operator


async def _run(stage: Stage, seconds: float, diary: Diary) -> None:
    async with stage.store() as store:
        await declare(store, [*pool_of_hosts(1), *machine("a")])
        operator = Operator(stage.ports(store, SimDriver(stage.world, diary)))
        running = asyncio.ensure_future(operator.run())
        await asyncio.sleep(60)
        diary.lines.clear()
        if isinstance(diary, Returning):
            diary.machines = hide(stage.world, stage.clock.now())
        else:
            hide(stage.world, stage.clock.now())
        await asyncio.sleep(seconds)
        operator.stop()
        await running


def test_one_look_that_shows_nothing_makes_nothing_anew() -> None:
    async def act(stage: Stage) -> list[str]:
        diary = Returning(stage=stage)
        await _run(stage, 120, diary)
        assert diary.looks
        assert not diary.machines
        assert stage.running() == [("a", "h1")]
        return [line for line in diary.lines if line.startswith("call")]

    assert play(act) == []


def test_what_is_really_gone_is_made_again() -> None:
    async def act(stage: Stage) -> list[str]:
        diary = Diary()
        await _run(stage, 120, diary)
        assert stage.running() == [("a", "h1")]
        return [line for line in diary.lines if line.startswith("call")]

    assert play(act) == ["call vm.define", "call vm.start"]
