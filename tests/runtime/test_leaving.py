"""Deleting what stands on each other: each goes as soon as what stood on it has gone, not at the next resync."""

from dataclasses import replace

from tests.runtime.stage import Stage, declare, machine, play, pool_of_hosts
from tests.runtime.test_converge import plan_for
from xcp_reconciler.api.enums import DeletionPolicy, ForceStop
from xcp_reconciler.model.desired import Removal, ShutdownSpec, VmSpec
from xcp_reconciler.ports.sink import JobNews
from xcp_reconciler.runtime.converge import Reason, converge


def test_a_whole_pool_goes_within_seconds() -> None:
    async def act(stage: Stage) -> float:
        async with stage.store() as store:
            everything = [*pool_of_hosts(2), *machine("a"), *machine("b")]
            await declare(store, everything)
            await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            for one in everything:
                going = replace(one, removal=Removal.DELETE, policies=replace(one.policies, deletion=_policy(one.spec)))
                if isinstance(one.spec, VmSpec):
                    grace = ShutdownSpec(5.0, ForceStop.AFTER_TIMEOUT)
                    going = replace(going, spec=replace(one.spec, shutdown=grace))
                await declare(store, [going])
            began = stage.clock.now()
            result = await converge(stage.ports(store), await plan_for(stage, store, id_="delete"), 600.0)
            assert result.reason is Reason.DONE
            assert not store.state.desired
            assert stage.machines() == []
            return stage.clock.now() - began

    # A resync is 30 s away: whoever waits for it was not woken.
    assert max(play(act, seed=seed) for seed in range(1, 40)) < 15.0


def _policy(spec: object) -> DeletionPolicy:
    return DeletionPolicy.DELETE if isinstance(spec, VmSpec) else DeletionPolicy.RETAIN


def test_migrations_tell_how_far_they_are() -> None:
    async def act(stage: Stage) -> list[float]:
        async with stage.store() as store:
            objects = [*pool_of_hosts(2), *machine("a", host="h1")]
            await declare(store, objects)
            await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            vm = objects[-1]
            assert isinstance(vm.spec, VmSpec)
            await declare(store, [replace(vm, spec=replace(vm.spec, host="h2"))])
            result = await converge(stage.ports(store), await plan_for(stage, store, id_="move"), 600.0)
            assert result.reason is Reason.DONE
            assert stage.running() == [("a", "h2")]
            return [one.progress for one in stage.listener.news if isinstance(one, JobNews)]

    told = play(act)
    assert told == sorted(told)
    assert all(0.0 <= one <= 1.0 for one in told)
    assert told
