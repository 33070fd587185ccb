"""Balloons: what kinds of guests do with a target."""

import pytest

from tests.unit.world.scene import GIB, MIB, Scene, uuid, vm
from xcp_drivers.world import machines, tamper
from xcp_drivers.world.habits import Habit
from xcp_reconciler.model import ops
from xcp_reconciler.model.observed import Balloon, VmConfig

HALF = GIB // 2


def running(habit: Habit) -> Scene:
    scene = Scene()
    scene.run("web", config=VmConfig(1, 1, GIB, GIB))
    scene.after(10)
    scene.do(lambda change: tamper.behave(change, tamper.find(change, "web"), habit, None))
    return scene


def ask(scene: Scene, target: int) -> None:
    op = ops.SetMemoryRange(vm("web"), "a", uuid(vm("web")), target, target)
    scene.do(lambda change: machines.set_range(change, op))


def held(scene: Scene) -> int | None:
    return scene.only("web").memory_actual


def test_an_ideal_guest_moves_at_the_speed_of_the_world() -> None:
    scene = running(Habit.IDEAL)
    ask(scene, HALF)
    assert scene.only("web").stored.memory_target == HALF
    assert held(scene) == GIB
    assert held(scene.after(0.5)) == GIB - 256 * MIB
    assert held(scene.after(10)) == HALF
    ask(scene, GIB)
    assert held(scene.after(0.5)) == HALF + 256 * MIB
    assert held(scene.after(10)) == GIB


def test_a_second_request_begins_where_the_first_has_come_to() -> None:
    scene = running(Habit.IDEAL)
    ask(scene, HALF)
    scene.after(0.5)
    ask(scene, GIB)
    assert held(scene) == GIB - 256 * MIB
    assert held(scene.after(0.25)) == GIB - 128 * MIB


@pytest.mark.parametrize(
    ("habit", "target", "ends"),
    [
        (Habit.FLOOR, HALF, GIB * 3 // 4),
        (Habit.STUCK, HALF, GIB),
        (Habit.ABSENT, HALF, GIB),
        (Habit.FLAKY, HALF, HALF),
        (Habit.CEILING, HALF, HALF),
    ],
)
def test_where_a_guest_ends(habit: Habit, target: int, ends: int) -> None:
    scene = running(habit)
    ask(scene, target)
    assert held(scene.after(1000)) == ends


def test_a_ceiling_keeps_a_guest_from_growing() -> None:
    scene = running(Habit.CEILING)
    ask(scene, HALF)
    scene.after(1000)
    ask(scene, GIB)
    assert held(scene.after(1000)) == GIB * 3 // 4


def test_hostile_guests_look_alive_and_hardly_move() -> None:
    scene = running(Habit.TRICKLE)
    ask(scene, HALF)
    assert held(scene.after(60)) == GIB - 12 * 4
    scene = running(Habit.FLAKY)
    ask(scene, HALF)
    moved = [GIB - (held(scene.after(1)) or 0) for _ in range(20)]
    assert len(set(moved)) <= 3


def test_a_guest_without_a_driver_says_so() -> None:
    assert running(Habit.ABSENT).only("web").balloon is Balloon.ABSENT


def test_a_stuck_guest_gives_no_processors_back() -> None:
    scene = Scene()
    scene.run("web", config=VmConfig(4, 4, GIB, GIB))
    scene.do(lambda change: tamper.behave(change, tamper.find(change, "web"), Habit.STUCK, None))
    scene.do(lambda change: machines.set_cores(change, ops.SetCores(vm("web"), "a", uuid(vm("web")), 2)))
    seen = scene.only("web")
    assert seen.live is not None
    assert (seen.stored.cores, seen.live.cores) == (2, 4)
