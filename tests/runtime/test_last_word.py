"""Whose word counts: the newest declaration's, the plan's that somebody saw, and no clone's."""

from dataclasses import replace

from tests.runtime.stage import Stage, declare, desired, play, pool_of_hosts, vm_ref
from tests.unit.plan.builders import IDS, NOW, OWNER, WorldBuilder, seen_vm
from tests.unit.plan.builders import vm_ref as planned_ref
from xcp_reconciler.model.desired import VmSpec
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.model.status import Condition, ConditionType, Status, Truth
from xcp_reconciler.ports.store import PutDesired, PutStatus
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.absorb import learn
from xcp_reconciler.runtime.attached import Attached
from xcp_reconciler.runtime.declared import Declared
from xcp_reconciler.runtime.directory import directory_of
from xcp_reconciler.runtime.placing import Placing

SPEC = VmSpec("lab", 1, 2, 2**20, 2**20, 2**20)
WEB = vm_ref("web")


def test_an_object_is_decided_about_on_its_newest_declaration() -> None:
    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            await declare(store, [*pool_of_hosts(1), desired(WEB, SPEC)])
            declared = Declared(store, stage.clock)
            await declare(store, [desired(WEB, replace(SPEC, cores=2))])
            declared.note([WEB])
            assert declared.about(WEB).desired[WEB].spec == replace(SPEC, cores=2)

    play(act)


def test_the_status_of_an_earlier_declaration_says_nothing_of_this_one() -> None:
    async def act(stage: Stage) -> None:
        async with stage.store() as store:
            now = stage.clock.now()
            await declare(store, [desired(WEB, SPEC)])
            plan = OpenPlan("plan", {WEB: ()}, {}, None, now, now + 60)
            attached = Attached(stage.ports(store), plan)
            ready = Condition(ConditionType.READY, Truth.TRUE, "AsDeclared", "", now)
            await store.commit(PutStatus(WEB, Status(1, (ready,))))
            assert not attached.left()
            await declare(store, [desired(WEB, replace(SPEC, cores=2))])
            assert attached.left() == {WEB: "the actor has not looked at it yet"}

    play(act)


def test_under_a_plan_a_machine_goes_where_the_plan_shows_it_or_nowhere() -> None:
    ref = planned_ref()

    def shows(host: str) -> OpenPlan:
        return OpenPlan("plan", {ref: ()}, {ref: host}, None, NOW, NOW + 60)

    async def placed(stage: Stage, host: str) -> bool:
        async with stage.store() as store:

            def covering(_: Ref) -> tuple[OpenPlan, ...]:
                return (shows(host),)

            placing = Placing(stage.ports(store), covering, None)
            await placing.run("lab", WorldBuilder().vm(home=None).build())
            return ref in store.state.assignments

    assert play(lambda stage: placed(stage, "a"))
    assert not play(lambda stage: placed(stage, "b"))


def test_a_copied_stamp_gives_nobody_its_uid() -> None:
    ref = planned_ref()

    async def given(stage: Stage, self_uuid: str) -> bool:
        async with stage.store() as store:
            await store.commit(PutDesired(replace(desired(ref, SPEC), uid="new")))
            copy = seen_vm(stamp=Stamp(OWNER, ref, "old", self_uuid))
            world = WorldBuilder().vm().shows(copy).build()
            directory = directory_of("lab", world.declared, IDS)
            lesson = learn(None, world.sights["lab"], directory, store.state, OWNER)
            return any(isinstance(write, PutDesired) for write in lesson.writes)

    assert play(lambda stage: given(stage, IDS.uuid(ref)))
    assert not play(lambda stage: given(stage, "of-the-original"))
