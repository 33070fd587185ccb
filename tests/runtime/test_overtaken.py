"""A step is taken only if what it relies on is as it was decided on, up to the moment of its call."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.runtime.hooks import Diary
from tests.runtime.stage import Stage, declare, look_at, machine, play, pool_of_hosts, vm_ref, world_of
from tests.runtime.test_converge import plan_for
from xcp_drivers.sim import SimDriver
from xcp_drivers.world import power, tamper
from xcp_reconciler.api.enums import RunStrategy
from xcp_reconciler.model.decision import Act
from xcp_reconciler.model.desired import VmSpec
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.sight import Dialect, Sight
from xcp_reconciler.plan.world import Declarations
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutHistory, Store, Write
from xcp_reconciler.runtime.breaker import Breakers
from xcp_reconciler.runtime.converge import converge
from xcp_reconciler.runtime.perform import Ended, Performer
from xcp_reconciler.runtime.pools import OpenPool
from xcp_reconciler.runtime.stopping import Stop
from xcp_reconciler.runtime.targets import targets_of
from xcp_reconciler.runtime.view import Look, Serials, View

A = vm_ref("a")


@dataclass
class Intended(Diary):
    """Strikes when an intent has just become durable."""

    struck: Callable[[], None] | None = None

    def after_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Strike."""
        for write in (write for writes in commits for write in writes):
            if self.struck is not None and isinstance(write, PutHistory) and write.history.intents:
                self.struck()


async def ignore(before: Sight | None, after: Sight) -> None:
    del before, after


async def start(stage: Stage, store: Store, diary: Diary, sights: tuple[Sight, Sight]) -> Ended:
    """Perform a start that was decided on the first of the looks, while the second one comes in."""
    decided, newer = sights
    world = world_of(store, {"lab": decided}, stage.clock.now())
    act = decide(A, world)
    assert isinstance(act, Act)
    driver = SimDriver(stage.world, diary)
    _, target = targets_of(Declarations.of(store.state.desired), stage.ports(store).owner, ".", {})["lab"]
    async with driver.open(target, clock=stage.clock, rng=stage.rng, access=Access.WRITE) as session:
        dialect = Dialect(driver.name, driver.impacts, driver.calls)
        view = View(target, session, dialect, stage.clock, Serials(), ignore)
        view.look = Look(1, decided, stage.clock.now(), 0.0)

        def comes_in() -> None:
            view.look = Look(2, newer, stage.clock.now(), 0.0)

        if isinstance(diary, Intended):
            diary.struck = comes_in
        else:
            comes_in()
        performer = Performer(stage.ports(store, driver), Breakers(stage.clock, stage.rng), Stop())
        return (await performer.perform(A, act, world, OpenPool(session, view))).ended


def performed(diary: Diary) -> Ended:
    """What becomes of a start where somebody else has started the machine since it was decided."""

    async def act(stage: Stage) -> Ended:
        async with stage.store(faults=diary) as store:
            objects = [*pool_of_hosts(1), *machine("a")]
            vm = objects[-1]
            assert isinstance(vm.spec, VmSpec)
            halted = replace(vm, spec=replace(vm.spec, run_strategy=RunStrategy.HALTED))
            await declare(store, [*objects[:-1], halted])
            await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            await declare(store, [vm])
            before = (await look_at(stage, store))["lab"]
            with stage.world.change(stage.clock.now()) as change:
                guest = tamper.find(change, "a")
                power.start(change, guest.host, guest.uuid)
            after = (await look_at(stage, store))["lab"]
            return await start(stage, store, diary, (before, after))

    return play(act)


def test_what_is_no_longer_as_it_was_decided_on_is_not_done() -> None:
    diary = Diary()
    assert performed(diary) is Ended.OVERTAKEN
    assert not [line for line in diary.lines if line.startswith("call")]


def test_nor_what_comes_to_light_while_the_intent_is_written() -> None:
    diary = Intended()
    assert performed(diary) is Ended.OVERTAKEN
    assert not [line for line in diary.lines if line.startswith("call")]
