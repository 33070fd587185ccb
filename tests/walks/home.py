"""The world of somebody who declared a state at once and went nowhere: what a walk that ends in it has to come to."""

from collections.abc import Mapping
from functools import cache

from tests.walks.declared import Declared
from tests.walks.ground import ground
from tests.walks.judge import leeway, live
from tests.walks.walker import Walker
from xcp_reconciler.simulation.loop import SimulatedLoop, run_simulated
from xcp_reconciler.simulation.tape import Tape


def untravelled(home: Declared) -> Mapping[str, str]:
    """Everything that is there once `home` has settled in an empty world."""
    return _untravelled(home.text(), _Same(home))


class _Same:
    """A state that does not count when calls are told apart: its text does already."""

    def __init__(self, state: Declared) -> None:
        self.state = state

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same)


@cache
def _untravelled(text: bytes, home: _Same) -> Mapping[str, str]:
    del text
    tape = Tape(2)

    async def main(loop: SimulatedLoop) -> Mapping[str, str]:
        walker = Walker(loop, tape)
        await walker.open()
        outcome = await live(walker, home.state)
        things = ground(walker.hypervisors, walker.clock.now(), leeway(home.state)).things
        await walker.close()
        if not outcome.ready or outcome.complaints:
            raise ValueError(f"no home: {outcome.taken.refused} {outcome.settled} {outcome.complaints}")
        return things

    return run_simulated(tape, main)
