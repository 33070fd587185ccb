"""A host that is not declared any more is not looked at any more, whether or not the actor was started anew since."""

import asyncio
from dataclasses import replace

from tests.runtime.stage import POOL, Stage, declare, machine, play, pool_of_hosts, vm_ref
from xcp_reconciler.model.desired import Removal
from xcp_reconciler.model.status import ConditionType
from xcp_reconciler.ports.store import PutDesired
from xcp_reconciler.refs import host_ref
from xcp_reconciler.runtime.operator import Operator


def test_what_ran_on_a_removed_host_is_unknown() -> None:
    async def act(stage: Stage) -> tuple[str, list[str]]:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(30)
            host = store.state.desired[host_ref("h1")]
            await operator.store.commit(PutDesired(replace(host, removal=Removal.DELETE)))
            await asyncio.sleep(120)
            ready = store.state.statuses[vm_ref("a")].condition(ConditionType.READY)
            left = [str(ref) for ref in store.state.desired if ref in {POOL, host_ref("h1")}]
            operator.stop()
            await running
            return (ready.reason if ready is not None else ""), left

    assert play(act) == ("Unknown", [str(POOL)])
