"""Within an Act, a look that began before its last call says nothing about the next one."""

from tests.runtime.hooks import Diary
from tests.runtime.stage import STORAGE, Stage, declare, look_at, play, pool_of_hosts, world_of
from tests.runtime.test_overtaken import ignore
from xcp_drivers.sim import SimDriver
from xcp_reconciler.model.decision import Act
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.sight import Dialect
from xcp_reconciler.plan.world import Declarations
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.runtime.breaker import Breakers
from xcp_reconciler.runtime.perform import Ended, Performer
from xcp_reconciler.runtime.pools import OpenPool
from xcp_reconciler.runtime.stopping import Stop
from xcp_reconciler.runtime.targets import targets_of
from xcp_reconciler.runtime.view import Look, Serials, View


async def made(stage: Stage, diary: Diary) -> Ended:
    """Make a repository on two hosts, while a look that was under way at the first call comes in after it."""
    async with stage.store() as store:
        await declare(store, pool_of_hosts(2))
        before = (await look_at(stage, store))["lab"]
        world = world_of(store, {"lab": before}, stage.clock.now())
        act = decide(STORAGE, world)
        assert isinstance(act, Act)
        driver = SimDriver(stage.world, diary)
        _, target = targets_of(Declarations.of(store.state.desired), stage.ports(store).owner, ".", {})["lab"]
        async with driver.open(target, clock=stage.clock, rng=stage.rng, access=Access.WRITE) as session:
            dialect = Dialect(driver.name, driver.impacts, driver.calls)
            serials = Serials()
            view = View(target, session, dialect, stage.clock, serials, ignore)
            view.look = Look(serials.next(), before, stage.clock.now(), 0.0)
            under_way = serials.next()

            def comes_in(_: object) -> None:
                view.look = Look(under_way, before, stage.clock.now(), 0.0)

            diary.after = comes_in
            performer = Performer(stage.ports(store, driver), Breakers(stage.clock, stage.rng), Stop())
            return (await performer.perform(STORAGE, act, world, OpenPool(session, view))).ended


def test_a_look_from_before_its_own_call_does_not_stop_an_act() -> None:
    diary = Diary()

    async def act(stage: Stage) -> Ended:
        return await made(stage, diary)

    assert play(act) is Ended.ALL
    assert diary.lines == ["call storage.define", "call storage.define"]
