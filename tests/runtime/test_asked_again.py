"""A balloon that did not follow is asked again, and whoever lacks its memory grows once it has come."""

import asyncio
from dataclasses import replace

from tests.runtime.stage import GIB, Stage, declare, machine, play, pool_of_hosts, vm_ref
from tests.runtime.test_balancing import behaves, goal_of
from xcp_drivers.world.habits import Habit
from xcp_reconciler.model.desired import Desired, HostSpec, VmSpec
from xcp_reconciler.model.status import ConditionType
from xcp_reconciler.runtime.operator import Operator


def with_memory(objects: list[Desired], **most: int) -> list[Desired]:
    """The same objects; machines may grow to 2 GiB, and shall have what `most` says, in KiB, on a host of 3.5 GiB."""
    found: list[Desired] = []
    for one in objects:
        spec = one.spec
        if isinstance(spec, VmSpec):
            spec = replace(spec, memory_size=2 * GIB, memory_min=GIB // 2, memory_max=most[one.ref.name])
        elif isinstance(spec, HostSpec):
            spec = replace(spec, memory_kib=7 * GIB // 2)
        found.append(replace(one, spec=spec))
    return found


async def swap(stage: Stage, then: Habit, seconds: float) -> str:
    """A stuck guest is to give a gibibyte to another; it behaves like `then` a minute later. What was said before."""
    objects = [*pool_of_hosts(1), *machine("a"), *machine("b")]
    async with stage.store() as store:
        await declare(store, with_memory(objects, a=2 * GIB, b=GIB))
        operator = Operator(stage.ports(store))
        running = asyncio.ensure_future(operator.run())
        await asyncio.sleep(90)
        behaves(stage, "a", Habit.STUCK)
        await declare(operator.store, with_memory(objects, a=GIB, b=2 * GIB))
        await asyncio.sleep(60)
        granted = store.state.statuses[vm_ref("b")].condition(ConditionType.MEMORY_GRANTED)
        assert granted is not None
        behaves(stage, "a", then)
        await asyncio.sleep(seconds)
        operator.stop()
        await running
        return granted.reason


def test_a_guest_that_wakes_up_lets_its_neighbour_grow() -> None:
    async def act(stage: Stage) -> tuple[str, int, int]:
        said = await swap(stage, Habit.IDEAL, 90)
        return said, goal_of(stage, "a"), goal_of(stage, "b")

    assert play(act) == ("NoMemoryOnHost", GIB, 2 * GIB)


def test_a_guest_that_does_not_follow_is_asked_every_ten_minutes() -> None:
    async def act(stage: Stage) -> int:
        await swap(stage, Habit.STUCK, 1900)
        return stage.listener.steps().count("SetMemoryRange a")

    assert play(act) == 4
