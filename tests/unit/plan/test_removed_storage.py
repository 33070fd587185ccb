"""A repository whose removal was cut short, while volumes that were to go from it still have to be looked for."""

from dataclasses import replace

import pytest

from tests.unit.plan.builders import DIRECTORY, IDS, SR, WorldBuilder, volume_ref
from xcp_reconciler.api.enums import DeletionPolicy, Management
from xcp_reconciler.model.decision import Act, Gone, Wait, WaitReason
from xcp_reconciler.model.desired import Policies, Removal
from xcp_reconciler.model.history import History, Intent
from xcp_reconciler.model.observed import ObservedStorage
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, ref_of

DELETED = Policies(deletion=DeletionPolicy.DELETE)


def going(volumes: Policies = DELETED, storage: Policies = DELETED) -> WorldBuilder:
    """Two volumes and their repository are to go; no host shows any of them."""
    world = WorldBuilder().storage(attached=False)
    world.volume("root", policies=volumes, removal=Removal.DELETE)
    world.volume("data", policies=volumes, removal=Removal.DELETE)
    world.declare(SR, world.desired[SR].spec, storage, Removal.DELETE)
    return world


def down_on(host: str, world: World) -> World:
    """The repository as a kill between libvirt's two calls leaves it."""
    sight = world.sights["lab"].fork()
    sight.storages[IDS.uuid(SR)] = (ObservedStorage(host, IDS.uuid(SR), "shared", DIRECTORY, active=False),)
    return replace(world, sights={"lab": sight})


def called(world: World) -> list[tuple[str, str, str]]:
    plan = make_plan(world)
    assert not plan.loop
    assert not [entry for entry in plan.entries if isinstance(entry.end, Wait)]
    return [(call.method, entry.ref.name, call.host) for entry in plan.entries for call in entry.calls]


def test_it_is_attached_where_it_is_left() -> None:
    world = down_on("b", going().build())
    assert called(world) == [("StartStorage", "shared", "b"), ("UndefineStorage", "shared", "b")]


def test_it_is_made_known_again_where_it_is_left_nowhere() -> None:
    methods = called(going().build())
    assert methods == [(method, "shared", "a") for method in ("DefineStorage", "StartStorage", "UndefineStorage")]


def test_neither_of_the_two_counts_as_a_dead_end_for_waiting_for_the_other() -> None:
    decision = decide(volume_ref("root"), going().build())
    assert isinstance(decision, Wait)
    assert decision.reason is WaitReason.UNKNOWN
    assert decision.on == (SR,)


def test_every_step_is_in_the_plan() -> None:
    """What is done later is what was shown, or nothing."""
    (entry,) = [entry for entry in make_plan(going().build()).entries if entry.ref == SR]
    shown = {change.path: (change.current, change.desired) for change in entry.changes}
    assert shown == {"attached to a once more": (False, True), "exists on a": (True, False)}


@pytest.mark.parametrize(
    "world",
    [
        going(volumes=Policies(deletion=DeletionPolicy.RETAIN)),
        going(storage=replace(DELETED, management=Management.OBSERVE)),
        going().dead("a").dead("b"),
    ],
)
def test_it_is_attached_for_nobody_else(world: WorldBuilder) -> None:
    decision = decide(SR, world.build())
    assert isinstance(decision, Wait)
    assert decision.reason is WaitReason.DEPENDENTS


def test_what_may_still_take_effect_is_waited_for() -> None:
    world = going()
    world.histories[SR] = History(intents=(Intent("UndefineStorage", ("a",), 999.0, 1_009.0),))
    decision = decide(SR, world.build())
    assert isinstance(decision, Wait)
    assert decision.reason is WaitReason.INTENT


def test_hosts_are_remembered_until_what_goes_from_them_has_gone() -> None:
    host = ref_of(Kind.HOST, "a")
    world = going().storage()
    world.declare(host, world.desired[host].spec, removal=Removal.DELETE)
    decision = decide(host, world.build())
    assert isinstance(decision, Wait)
    assert decision.reason is WaitReason.DEPENDENTS
    assert set(decision.on) == {volume_ref("root"), volume_ref("data")}
    staying = WorldBuilder().storage().volume("root")
    staying.declare(host, staying.desired[host].spec, removal=Removal.DELETE)
    assert decide(host, staying.build()) == Gone()


def test_one_that_is_attached_is_left_as_it_is() -> None:
    world = going().storage()
    world.declare(SR, world.desired[SR].spec, DELETED, Removal.DELETE)
    assert not isinstance(decide(SR, world.build()), Act)
    assert called(world.build())[-1][0] == "UndefineStorage"
    assert volume_ref("root") in world.desired
