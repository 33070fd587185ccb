"""What guests need: a pure function of the time, shown by a guest that has a driver, and never more than it has."""

import pytest

from tests.unit.world.scene import GIB, MIB, Scene, uuid, vm
from xcp_drivers.world import machines, tamper
from xcp_drivers.world.demand import Demand, Wave, demand_of
from xcp_drivers.world.habits import Habit
from xcp_drivers.world.refusal import RefusalError
from xcp_reconciler.model import ops
from xcp_reconciler.model.observed import VmConfig

SINE = Demand(256 * MIB, 512 * MIB, 40.0, Wave.SINE)
SQUARE = Demand(256 * MIB, 512 * MIB, 40.0, Wave.SQUARE)


def running(demand: Demand | None) -> Scene:
    scene = Scene()
    scene.run("web", config=VmConfig(1, 1, GIB, GIB))
    scene.do(lambda change: tamper.need(change, tamper.find(change, "web"), demand))
    return scene


@pytest.mark.parametrize(
    ("demand", "needs"),
    [(SINE, (256, 384, 512, 384)), (SQUARE, (256, 256, 512, 512)), (Demand(256 * MIB, 256 * MIB), (256,) * 4)],
)
def test_it_moves_between_its_ends(demand: Demand, needs: tuple[int, ...]) -> None:
    assert tuple(round(demand.at(4000.0 + 10 * quarter) / MIB) for quarter in range(4)) == needs
    assert all(demand.at(4000.0 + t) == demand.at(4040.0 + t) for t in range(40))
    assert demand_of(demand.text()) == demand


def test_it_is_said_once_the_guest_has_come_up() -> None:
    scene = running(Demand(300 * MIB, 300 * MIB))
    assert scene.only("web").working_set is None
    assert scene.after(10).only("web").working_set == 300 * MIB
    scene.do(lambda change: tamper.behave(change, tamper.find(change, "web"), Habit.ABSENT, None))
    assert scene.only("web").working_set is None


def test_nobody_says_what_nobody_knows() -> None:
    assert running(None).after(10).only("web").working_set is None


def test_it_is_never_more_than_what_the_guest_has() -> None:
    scene = running(Demand(900 * MIB, 900 * MIB)).after(10)
    op = ops.SetMemoryTarget(vm("web"), "a", uuid(vm("web")), 512 * MIB)
    scene.do(lambda change: machines.set_target(change, op))
    assert scene.after(10).only("web").working_set == 512 * MIB


def test_a_need_that_moves_is_shown_and_is_no_news() -> None:
    scene = running(SINE).after(10)
    first, later = scene.only("web"), scene.after(15).only("web")
    assert first.working_set != later.working_set
    assert first == later


def test_a_target_moves_what_runs_and_not_what_is_stored() -> None:
    scene = running(None).after(10)
    op = ops.SetMemoryTarget(vm("web"), "a", uuid(vm("web")), 512 * MIB)
    scene.do(lambda change: machines.set_target(change, op))
    seen = scene.after(10).only("web")
    assert (seen.memory_actual, seen.stored.memory_target) == (512 * MIB, GIB)
    assert seen.live is not None
    assert seen.live.memory_target == 512 * MIB
    with pytest.raises(RefusalError):
        scene.do(lambda change: machines.set_target(change, ops.SetMemoryTarget(op.ref, "a", op.uuid, 2 * GIB)))
    scene.define("idle")
    halted = ops.SetMemoryTarget(vm("idle"), "a", uuid(vm("idle")), MIB)
    with pytest.raises(RefusalError):
        scene.do(lambda change: machines.set_target(change, halted))
