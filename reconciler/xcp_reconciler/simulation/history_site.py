"""What all processes of one history share: the machine that they run on, and the hypervisors that they reach."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from xcp_reconciler.model.observed import Snapshot
from xcp_reconciler.simulation.deeds import WorldDeed
from xcp_reconciler.simulation.fate import Fate
from xcp_reconciler.simulation.grace import Grace
from xcp_reconciler.simulation.loop import LoopClock, SimulatedLoop
from xcp_reconciler.simulation.oracles import Oracle, Violation, Witness
from xcp_reconciler.simulation.passes import Passes
from xcp_reconciler.simulation.recording import Trace
from xcp_reconciler.simulation.repeats import Repeats
from xcp_reconciler.simulation.tape import TapeRng
from xcp_reconciler.simulation.truth import Truth

# As many different looks as an answer may be behind.
_REMEMBERED: Final = 16


class Leading(Protocol):
    """A process that may be the actor of the store."""

    name: str

    @property
    def leads(self) -> bool:
        """Whether it holds the lease."""
        ...


class MachineClock:
    """The Clock port on a machine whose clock can be set. Hypervisors, and waiting, go by the loop's time."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._true = LoopClock(loop)
        self.ahead = 0.0

    def now(self) -> float:
        """What this machine holds for unix time."""
        return self._true.now() + self.ahead

    async def sleep(self, seconds: float) -> None:
        """Wait; setting the clock neither shortens nor lengthens it."""
        await self._true.sleep(seconds)


@dataclass
class Site:
    """`true` is the hypervisors' clock, `clock` that of the machine of xcp; `past` the looks that there have been.

    `processes` are all that were ever started. `sent` counts their effects, `in_flight` those that have not landed;
    `torn` is set by a machine that lost its power in the middle of a commit: how long the store's log was before that.
    """

    loop: SimulatedLoop
    true: LoopClock
    clock: MachineClock
    rng: TapeRng
    path: Path
    truth: Truth
    fate: Fate
    trace: Trace
    witness: Witness
    passes: Passes
    past: deque[Snapshot] = field(default_factory=lambda: deque[Snapshot](maxlen=_REMEMBERED))
    processes: list[Leading] = field(default_factory=list[Leading])
    trouble: list[Violation] = field(default_factory=list[Violation])
    grace: Grace = field(init=False)
    repeats: Repeats = field(init=False)
    sent: int = 0
    in_flight: int = 0
    torn: int | None = None
    on_sent: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self.grace = Grace(self.broken)
        self.repeats = Repeats(self.broken)

    def note(self, who: str, what: str) -> None:
        """Write a line of the trace."""
        self.trace.add(self.true.now(), who, what)

    def others_do(self, deed: WorldDeed) -> bool:
        """Somebody else does something to the hypervisors; what comes of it is none of our doing. False if in vain."""
        self.witness.look()
        self.repeats.news()
        done = self.truth.do(deed, self.true.now())
        self.note("others", f"{deed.do} {deed.model_dump_json(exclude={'do'})}{'' if done else ', in vain'}")
        self.witness.others_did()
        return done

    def broken(self, oracle: Oracle, detail: str) -> None:
        """A promise was broken."""
        violation = Violation(oracle, detail)
        if violation not in self.trouble:
            self.trouble.append(violation)
