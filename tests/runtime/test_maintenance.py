"""A host in maintenance, in the loop: it is left at once, and machines come back when it is over."""

import asyncio
from dataclasses import replace

from tests.runtime.stage import Stage, declare, machine, play, pool_of_hosts
from xcp_reconciler.model.desired import Desired, HostSpec
from xcp_reconciler.model.status import Condition, ConditionType
from xcp_reconciler.refs import host_ref
from xcp_reconciler.runtime.operator import Operator

H1 = host_ref("h1")


def in_maintenance(host: Desired, *, maintenance: bool) -> Desired:
    assert isinstance(host.spec, HostSpec)
    return replace(host, spec=replace(host.spec, maintenance=maintenance), generation=host.generation + 1)


def test_a_host_is_left_at_once_and_comes_to_life_again() -> None:
    async def act(stage: Stage) -> tuple[list[list[tuple[str, str]]], list[Condition | None]]:
        seen: list[list[tuple[str, str]]] = []
        said: list[Condition | None] = []
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(2), *machine("a"), *machine("b"), *machine("c")])
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(30)
            for maintenance in (True, False):
                host = store.state.desired[H1]
                await declare(operator.store, [in_maintenance(host, maintenance=maintenance)])
                await asyncio.sleep(15)
                seen.append(stage.running())
                said.append(store.state.statuses[H1].condition(ConditionType.EVACUATED))
            operator.stop()
            await running
            return seen, said

    seen, said = play(act)
    assert seen == [[(name, "h2") for name in "abc"], [(name, "h1") for name in "abc"]]
    assert said[0] is not None
    assert (said[0].reason, said[1]) == ("Evacuated", None)
