"""Walks by number: the same number is the same walk, for ever."""

import random
from collections.abc import Sequence
from typing import Final, TypeVar

from tests.walks.declared import Declared
from tests.walks.home import untravelled
from tests.walks.strides import EVERY, Deed
from tests.walks.walk import Walk
from tests.walks.walker import Walker
from xcp_reconciler.simulation.loop import SimulatedLoop, run_simulated
from xcp_reconciler.simulation.tape import Tape

T = TypeVar("T")

STRIDES: Final = 12
# Of so many strides one is somebody else's.
_MEDDLING: Final = 6


def walked(number: int, strides: int = STRIDES) -> Walk:
    """A walk of so many strides and home again; what is wrong with it is in its complaints."""
    chance = random.Random(number)  # noqa: S311 - a walk has to be the same whenever it is walked

    def draw(options: Sequence[T]) -> T:
        return options[chance.randrange(len(options))]

    tape = Tape(number)

    async def main(loop: SimulatedLoop) -> tuple[Walk, Declared]:
        walk = Walk(Walker(loop, tape))
        await walk.begin()
        for _ in range(strides):
            if not chance.randrange(_MEDDLING):
                await walk.suffer(draw(list(Deed)), draw(walk.machines()))
            else:
                await walk.take(draw(EVERY)(walk.state, draw))
        home = await walk.home()
        await walk.walker.close()
        return walk, home

    walk, home = run_simulated(tape, main)
    walk.compare(home, untravelled(home))
    return walk
