"""A look leaves Python's cycle collector alone, but for worlds in which it would be busy with nothing."""

import gc

from tests.unit.world.scene import HOSTS, Scene
from xcp_drivers.world.look import Look


def test_looks_at_a_small_world_do_not_keep_garbage_from_being_collected() -> None:
    """They told it, look after look, that it had just been at work; a campaign of histories ate the memory."""
    scene = Scene()
    was_on = gc.isenabled()
    gc.disable()
    try:
        gc.collect(0)
        young, old = gc.get_count()[1:]
        for _ in range(5):
            assert Look(scene.world).views(HOSTS, 2000.0, 2000.0)
        assert gc.get_count()[1:] >= (young, old)
    finally:
        if was_on:
            gc.enable()
