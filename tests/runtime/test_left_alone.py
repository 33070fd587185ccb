"""What fails, and what takes long, is left alone for a while, and is not forgotten."""

import asyncio
from dataclasses import replace
from itertools import pairwise

from tests.runtime.hooks import Diary
from tests.runtime.stage import Stage, declare, machine, play, pool_of_hosts, vm_ref
from tests.runtime.test_effects import operate
from xcp_drivers.sim import SimDriver
from xcp_reconciler.model.desired import VmSpec
from xcp_reconciler.model.errors import UnreachableError
from xcp_reconciler.model.history import EMPTY
from xcp_reconciler.model.ops import Call
from xcp_reconciler.runtime.operator import Operator


def test_a_call_that_fails_is_tried_again_after_a_growing_while() -> None:
    tries: list[float] = []

    async def act(stage: Stage) -> None:
        def refuse(call: Call) -> None:
            # Whoever tries without end would never come to its end here either.
            if call.method == "vm.define" and len(tries) <= 50:
                tries.append(stage.clock.now())
                # No host: so that none is left alone for it.
                raise UnreachableError("no route")

        diary = Diary(before=refuse)
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            await operate(stage, store, diary, 120.0)

    play(act)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert 3 <= len(tries) <= 12
    assert pauses[-1] > 4 * pauses[0]


def test_a_move_under_way_keeps_its_intent() -> None:
    async def act(stage: Stage) -> list[str]:
        async with stage.store() as store:
            objects = [*pool_of_hosts(2), *machine("a", host="h1")]
            await declare(store, objects)
            operator = Operator(stage.ports(store, SimDriver(stage.world)))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(20.0)
            vm = objects[-1]
            assert isinstance(vm.spec, VmSpec)
            await declare(operator.store, [replace(vm, spec=replace(vm.spec, host="h2"))])
            found: list[str] = []
            for _ in range(200):
                await asyncio.sleep(0.2)
                if stage.world.db.execute("SELECT count(*) FROM jobs").fetchone()[0]:
                    found.append(",".join(one.op for one in store.state.histories.get(vm_ref("a"), EMPTY).intents))
            operator.stop()
            await running
            return found

    assert "MigrateVm" in play(act)
