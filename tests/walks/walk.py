"""A walk over declared states, one stride after the other, and home again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.walks.declared import Declared
from tests.walks.ground import ground, homecoming
from tests.walks.judge import Outcome, cycle_power, leeway, live
from tests.walks.site import site
from tests.walks.strides import VM, Deed, End, Stride
from tests.walks.walker import PACE, Walker
from xcp_drivers.world.tamper import Edit
from xcp_reconciler.refs import Kind, Ref, ref_of


@dataclass
class Walk:
    """One walk: where it is, and every complaint so far, each with the stride that led to it."""

    walker: Walker
    state: Declared = field(default_factory=site)
    way: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])
    began: float = 0.0
    _known: set[str] = field(default_factory=set[str])

    async def begin(self) -> None:
        """Declare the first state."""
        await self.walker.open()
        self.began = self.walker.clock.now()
        await self._live("the beginning", self.state, End.READY)

    async def take(self, stride: Stride) -> None:
        """Declare the next state, and take back what could not be."""
        await self._live(stride.words, stride.state, stride.end)
        if stride.end is not End.READY:
            await self._live(f"back from: {stride.words}", self.state, End.READY)
        else:
            self.state = stride.state

    async def suffer(self, deed: Deed, name: str) -> None:
        """Let somebody else do something to a machine, and wait until that is settled."""
        ref = ref_of(Kind.VIRTUAL_MACHINE, name)
        self.way.append(f"{name}: {deed}")
        match deed:
            case Deed.POWER_OFF:
                self.walker.power_off(ref)
            case Deed.SHUT_DOWN:
                self.walker.shut_down(ref)
            case Deed.PAUSE:
                self.walker.pause(ref)
            case Deed.EDIT:
                self.walker.edit(ref, Edit(description="not yours"))
        # Until the next resync nobody can know of it.
        await self.walker.clock.sleep(2 * PACE.resync_s)
        settled = await self.walker.settle()
        self.complain(settled.complaints)
        self._judge_ready(settled.unready, held=self._observes())

    async def home(self) -> Declared:
        """Back to the first state, as far as volumes let one; what that state is."""
        home = self._grown(site())
        outcome = await self._live("home", home, End.READY)
        settled = await cycle_power(self.walker, outcome.settled or await self.walker.settle())
        self.complain([*settled.complaints, *(f"{ref} still waits for a power cycle" for ref in settled.waiting)])
        self._judge_ready(settled.unready, held=False)
        return home

    def compare(self, home: Declared, expected: Mapping[str, str]) -> None:
        """Complain of what is not as for somebody who declared `home` at once."""
        things = ground(self.walker.hypervisors, self.walker.clock.now(), leeway(home)).things
        self.complain(homecoming(expected, things, self.walker.retained))

    def _grown(self, home: Declared) -> Declared:
        for one in home.of_kind("Volume"):
            name = one["metadata"]["name"]
            size = self.state.value("Volume", name, ("spec", "size"))
            home = home.with_value("Volume", name, ("spec", "size"), size)
        return home

    async def _live(self, words: str, state: Declared, end: End) -> Outcome:
        self.way.append(words)
        outcome = await live(self.walker, state)
        self.complain(outcome.complaints)
        if (outcome.settled is None) != (end is End.REFUSED):
            self.complain([f"refused: {outcome.taken.refused}"] if outcome.settled is None else ["taken over"])
        if outcome.settled is None:
            return outcome
        if end is End.SAID and outcome.ready:
            self.complain(["everything is ready"])
        if end is End.READY and not outcome.ready and outcome.settled.waiting:
            # What leaves may be in use until the machines that had it have been off.
            settled = await cycle_power(self.walker, outcome.settled)
            self.complain(settled.complaints)
            self._judge_ready(settled.unready, held=outcome.held or self._observes(state))
        elif end is End.READY:
            self._judge_ready(outcome.settled.unready, held=outcome.held or self._observes(state))
        return outcome

    def _observes(self, state: Declared | None = None) -> bool:
        """Whether something is declared of which xcp may only tell."""
        documents = (state or self.state).documents
        return any(
            one["spec"].get("management") == "Observe"
            or one["spec"].get("updatePolicy")
            or one["spec"].get("driftPolicy")
            for one in documents
        )

    def _judge_ready(self, unready: Mapping[Ref, str], *, held: bool) -> None:
        if unready and not held:
            self.complain([f"not ready: {ref}: {why}" for ref, why in unready.items()])

    def complain(self, words: Iterable[str]) -> None:
        """Keep complaints, each once, with the stride that led to it."""
        for one in words:
            if one not in self._known:
                self._known.add(one)
                self.complaints.append(f"[{len(self.way)} {self.way[-1]}]: {one}")

    def machines(self) -> list[str]:
        """The machines that are declared now."""
        return [one["metadata"]["name"] for one in self.state.of_kind(VM)]
