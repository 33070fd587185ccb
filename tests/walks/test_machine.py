"""The public API as a state machine: Hypothesis chooses the way, and shortens one that goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.walks import strides
from tests.walks.declared import Declared
from tests.walks.home import untravelled
from tests.walks.strides import Choose, Deed, Draw
from tests.walks.walk import Walk
from tests.walks.walker import Walker
from xcp_reconciler.simulation.loop import SimulatedLoop
from xcp_reconciler.simulation.tape import Tape

T = TypeVar("T")


def drawn(data: st.DataObject) -> Draw:
    """Hypothesis as somebody who chooses."""

    def draw(options: Sequence[T]) -> T:
        return options[data.draw(st.integers(0, len(options) - 1))]

    return draw


class Owner(RuleBasedStateMachine):
    """Edits a site, one field after the other, and always finds home again."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = SimulatedLoop(Tape(1))
        self.walk = Walk(Walker(self.loop, Tape(1)))

    def do(self, action: Callable[[], Awaitable[T]]) -> T:
        """Let virtual time pass until an action is over; then nothing may be wrong."""
        asyncio.set_event_loop(self.loop)

        async def run() -> T:
            return await action()

        try:
            done = self.loop.run_until_complete(run())
        finally:
            asyncio.set_event_loop(None)
        assert self.walk.complaints == []
        return done

    @initialize()
    def begin(self) -> None:
        """The first state."""
        self.do(self.walk.begin)

    def stride(self, choose: Choose, data: st.DataObject) -> None:
        """Declare the next state."""
        self.do(lambda: self.walk.take(choose(self.walk.state, drawn(data))))

    @rule(data=st.data())
    def hardware(self, data: st.DataObject) -> None:
        """Processors, memory, disks, cards, firmware."""
        parts = (strides.cores, strides.memory, strides.disk_modes, strides.cards, strides.boot, strides.serial)
        self.stride(data.draw(st.sampled_from(parts)), data)

    @rule(data=st.data())
    def disks(self, data: st.DataObject) -> None:
        """Disks come, go and change places; volumes grow."""
        parts = (strides.more_disks, strides.fewer_disks, strides.shuffled_disks, strides.growth)
        self.stride(data.draw(st.sampled_from(parts)), data)

    @rule(data=st.data())
    def life(self, data: st.DataObject) -> None:
        """When and where it runs, and how it stops."""
        parts = (strides.strategy, strides.restart, strides.shutdown, strides.placement, strides.host_room)
        self.stride(data.draw(st.sampled_from(parts)), data)

    @rule(data=st.data())
    def papers(self, data: st.DataObject) -> None:
        """Words, and policies of every kind."""
        self.stride(data.draw(st.sampled_from((strides.words, strides.policies))), data)

    @rule(data=st.data())
    def objects(self, data: st.DataObject) -> None:
        """Objects come, go and get other names."""
        parts = (strides.another_name, strides.guests, strides.networks)
        self.stride(data.draw(st.sampled_from(parts)), data)

    @rule(data=st.data())
    def mistakes(self, data: st.DataObject) -> None:
        """Something that cannot be, and that it is taken back."""
        self.stride(data.draw(st.sampled_from((strides.nonsense, strides.impossible))), data)

    @rule(data=st.data(), deed=st.sampled_from(Deed))
    def others(self, data: st.DataObject, deed: Deed) -> None:
        """Somebody else does something."""
        name = data.draw(st.sampled_from(self.walk.machines()))
        self.do(lambda: self.walk.suffer(deed, name))

    def teardown(self) -> None:
        """Home again."""
        if self.walk.way and not self.walk.complaints:
            self.judge(self.do(self.walk.home))
            self.do(self.walk.walker.close)
        self.loop.close()

    def judge(self, home: Declared) -> None:
        """Home is as if nobody had ever left."""
        self.walk.compare(home, untravelled(home))
        assert self.walk.complaints == []


TestOwner = Owner.TestCase
TestOwner.settings = settings(
    max_examples=10,
    stateful_step_count=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
