"""Which plans bind an object: those that are open, the newest first, and one's own whatever the clock says."""

from dataclasses import replace

from tests.runtime.stage import Stage, play, vm_ref
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.ports.store import PutPlan, RemovePlan
from xcp_reconciler.runtime.coverage import Coverage

WEB = vm_ref("web")


def plan(name: str, opened: float, expires: float) -> OpenPlan:
    return OpenPlan(name, {WEB: ()}, {}, None, opened, expires)


def test_open_plans_bind_the_newest_first() -> None:
    async def act(stage: Stage) -> None:
        now = stage.clock.now()
        async with stage.store() as store:
            coverage = Coverage(store, stage.clock)
            assert coverage.covering(WEB) == ()
            older, newer, over = plan("a", now - 9, now + 9), plan("b", now - 5, now + 9), plan("c", now - 1, now - 0.5)
            await store.commit(*(PutPlan(one) for one in (older, newer, over)))
            assert coverage.covering(WEB) == (newer, older)
            assert coverage.covering(vm_ref("other")) == ()
            await coverage.tidy()
            assert set(store.state.plans) == {"a", "b"}

    play(act)


def test_ones_own_plan_binds_after_a_long_sleep_and_when_others_have_closed_it() -> None:
    async def act(stage: Stage) -> None:
        now = stage.clock.now()
        async with stage.store() as store:
            own = plan("own", now, now + 60)
            await store.commit(PutPlan(own))
            coverage = Coverage(store, stage.clock, own)
            await stage.clock.sleep(3600)
            assert coverage.covering(WEB) == (own,)
            await store.commit(RemovePlan("own"))
            assert coverage.covering(WEB) == (own,)
            assert coverage.covering(vm_ref("other")) == ()

    play(act)


def test_ones_own_plan_is_opened_again_when_others_cannot_see_it_any_more() -> None:
    """Somebody whose clock was set has closed it, or it has become old while nobody could renew it."""

    async def act(stage: Stage) -> None:
        now = stage.clock.now()
        async with stage.store() as store:
            own = plan("own", now, now + 60)
            await store.commit(PutPlan(plan("other", now, now + 60)))
            coverage = Coverage(store, stage.clock, own)
            await coverage.tidy()
            assert store.state.plans["own"] == replace(own, expires=now + 60)
            await stage.clock.sleep(3600)
            await coverage.tidy()
            assert store.state.plans == {"own": replace(own, expires=now + 3660)}
            await stage.clock.sleep(1)
            await coverage.tidy()
            assert store.state.plans == {"own": replace(own, expires=now + 3660)}

    play(act)


def test_a_renewal_turns_nothing() -> None:
    async def act(stage: Stage) -> None:
        now = stage.clock.now()
        async with stage.store() as store:
            opened = plan("a", now, now + 60)
            await store.commit(PutPlan(opened))
            coverage = Coverage(store, stage.clock)
            assert coverage.turned() == (WEB,)
            await store.commit(PutPlan(replace(opened, expires=now + 120)))
            assert coverage.turned() == ()
            await store.commit(RemovePlan("a"))
            assert coverage.turned() == (WEB,)

    play(act)


def test_a_plan_from_before_the_clock_was_set_back_binds_nobody() -> None:
    async def act(stage: Stage) -> None:
        now = stage.clock.now()
        async with stage.store() as store:
            await store.commit(PutPlan(plan("a", now + 3600, now + 3660)))
            coverage = Coverage(store, stage.clock)
            assert coverage.covering(WEB) == ()
            await coverage.tidy()
            assert not store.state.plans

    play(act)
