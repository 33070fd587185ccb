"""A taint in the loop: who does not tolerate NoExecute leaves at once, who does stays, and either may change later."""

import asyncio
from dataclasses import replace

from tests.runtime.stage import Stage, declare, machine, play, pool_of_hosts, vm_ref
from xcp_reconciler.model.desired import Desired, HostSpec, Taint, TaintEffect, Toleration, VmSpec
from xcp_reconciler.model.status import ConditionType
from xcp_reconciler.refs import host_ref
from xcp_reconciler.runtime.operator import Operator

H1, H2 = host_ref("h1"), host_ref("h2")


def tainted(host: Desired, effect: TaintEffect) -> Desired:
    assert isinstance(host.spec, HostSpec)
    spec = replace(host.spec, taints=(Taint("gpu", "", effect),))
    return replace(host, spec=spec, generation=host.generation + 1)


def tolerant(vm: Desired, *tolerations: Toleration) -> Desired:
    assert isinstance(vm.spec, VmSpec)
    return replace(vm, spec=replace(vm.spec, tolerations=tolerations), generation=vm.generation + 1)


def test_who_does_not_tolerate_a_taint_leaves_at_once() -> None:
    async def act(stage: Stage) -> tuple[list[list[tuple[str, str]]], str]:
        seen: list[list[tuple[str, str]]] = []
        async with stage.store() as store:
            disk, vm = machine("gpu")
            await declare(store, [*pool_of_hosts(2), *machine("a"), *machine("b"), disk, tolerant(vm, Toleration())])
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(30)
            seen.append(stage.running())
            for effect in (*TaintEffect, None):
                desired = store.state.desired
                changed = tainted(desired[H1], effect) if effect is not None else tolerant(desired[vm_ref("gpu")])
                await declare(operator.store, [changed])
                await asyncio.sleep(15)
                seen.append(stage.running())
            ready = store.state.statuses[H1].condition(ConditionType.READY)
            operator.stop()
            await running
            return seen, ready.reason if ready is not None else ""

    seen, reason = play(act)
    everybody = [(name, "h1") for name in ("a", "b", "gpu")]
    assert seen == [
        everybody,
        everybody,
        [("a", "h2"), ("b", "h2"), ("gpu", "h1")],
        [(n, "h2") for n in ("a", "b", "gpu")],
    ]
    assert reason == "AsDeclared"


def test_where_nobody_can_leave_the_host_says_so_until_it_can() -> None:
    async def act(stage: Stage) -> list[str]:
        said: list[str] = []
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(2), *machine("a")])
            operator = Operator(stage.ports(store))
            running = asyncio.ensure_future(operator.run())
            await asyncio.sleep(30)
            for host in (H2, H1):
                await declare(operator.store, [tainted(store.state.desired[host], TaintEffect.NO_EXECUTE)])
                await asyncio.sleep(15)
            for _ in range(2):
                ready = store.state.statuses[H1].condition(ConditionType.READY)
                said.append(f"{ready.reason}: {ready.message}" if ready is not None else "")
                await declare(operator.store, [tolerant(store.state.desired[vm_ref("a")], Toleration("gpu"))])
                await asyncio.sleep(15)
            assert stage.running() == [("a", "h1")]
            operator.stop()
            await running
            return said

    words = "a: no other host takes it: h1 has the taint gpu:NoExecute; h2 has the taint gpu:NoExecute"
    assert play(act) == [f"NotEvacuated: {words}", "AsDeclared: "]
