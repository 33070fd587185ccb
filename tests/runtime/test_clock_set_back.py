"""The wall clock of the machine is set back: nothing that was due stays undone for as long as the step."""

import asyncio
from dataclasses import dataclass, replace
from itertools import pairwise

from tests.runtime.stage import Stage, play, vm_ref
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.balancing import Balancing
from xcp_reconciler.runtime.breaker import Breakers
from xcp_reconciler.runtime.runner import Runner
from xcp_reconciler.runtime.schedule import Schedule
from xcp_reconciler.runtime.stopping import Stop
from xcp_reconciler.simulation.loop import LoopClock, SimulatedLoop, run_simulated
from xcp_reconciler.simulation.tape import Tape, TapeRng

HOUR = 3600.0


@dataclass
class WallClock:
    """A clock that somebody sets."""

    true: Clock
    ahead: float = 0.0

    def now(self) -> float:
        """What the machine shows."""
        return self.true.now() + self.ahead

    async def sleep(self, seconds: float) -> None:
        """Wait, whatever the clock shows."""
        await self.true.sleep(seconds)


def test_what_was_due_in_ten_seconds_is_not_due_in_an_hour() -> None:
    async def main(loop: SimulatedLoop) -> list[float]:
        clock = WallClock(LoopClock(loop))
        worked: list[float] = []

        async def work(key: Ref) -> float | None:
            del key
            worked.append(loop.time())
            return clock.now() + 10

        schedule, stop = Schedule(), Stop()
        schedule.ask(vm_ref("a"), clock.now() + 10)
        running = asyncio.ensure_future(Runner(schedule, work, clock, TapeRng(Tape(1))).run(stop))
        await asyncio.sleep(5)
        clock.ahead = -HOUR
        await asyncio.sleep(120)
        stop.ask()
        await running
        return worked

    # Nobody naps for longer than half a minute; after that all goes on as before.
    worked = run_simulated(Tape(1), main)
    assert len(worked) >= 8
    assert all(later - earlier < 31 for earlier, later in pairwise(worked))


def test_a_host_is_not_left_alone_for_an_hour() -> None:
    async def main(loop: SimulatedLoop) -> tuple[float | None, float | None]:
        clock = WallClock(LoopClock(loop))
        breakers = Breakers(clock, TapeRng(Tape(1)))
        for _ in range(3):
            breakers.failed("a")
        before = breakers.open_until("a")
        clock.ahead = -HOUR
        return before, breakers.open_until("a")

    before, after = run_simulated(Tape(1), main)
    assert before is not None
    assert after is None


def test_memory_is_not_counted_twice_for_an_hour() -> None:
    """An actor doubts the targets of the one before it for as long as calls of that one may land, and no longer."""

    async def act(stage: Stage) -> tuple[float, float]:
        clock = WallClock(stage.clock)
        async with stage.store() as store:
            ports = replace(stage.ports(store), clock=clock)
            balancing = Balancing(ports, Breakers(clock, stage.rng), Stop(), frozenset)
            began = balancing.targets_from - clock.now()
            clock.ahead = -HOUR
            return began, balancing.targets_from - clock.now()

    began, after = play(act)
    assert 0 < after <= began
