"""One declared state: taken over, settled, and judged by what the plan had said."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.walks.declared import Declared
from tests.walks.effects import overspent, unplanned, unshown
from tests.walks.ground import Leeway, ground
from tests.walks.site import OWNER
from tests.walks.walker import PACE, Settled, Taken, Walker
from tests.walks.watcher import wherever_to
from xcp_reconciler.model.decision import PendingReason
from xcp_reconciler.model.identity import Identities

_HELD = frozenset({PendingReason.APPROVAL, PendingReason.HELD_BY_POLICY, PendingReason.REPORT_ONLY})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one state."""

    taken: Taken
    settled: Settled | None = None
    complaints: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it was taken over, and every object came to be as declared."""
        return self.settled is not None and not self.settled.unready

    @property
    def held(self) -> bool:
        """Whether something is not done because a policy says so."""
        return any(one.reason in _HELD for _, one in self.taken.plan.pending)


async def live(walker: Walker, state: Declared) -> Outcome:
    """Declare a state and wait until it has settled."""
    before, sent = ground(walker.hypervisors, walker.clock.now()).running, len(walker.watcher.calls)
    taken = await walker.declare(state)
    if taken.refused:
        return Outcome(taken)
    settled = await walker.settle()
    after = ground(walker.hypervisors, walker.clock.now()).running
    calls = walker.watcher.calls[sent:]
    costs = overspent(taken.plan, Identities(OWNER), before, after)
    # A backend that refuses a call ends what was planned behind it.
    spelt = wherever_to if _is_left(state) else str
    judged = unshown(taken.plan, calls, spelt) if settled.unready else unplanned(taken.plan, calls)
    return Outcome(taken, settled, (*settled.complaints, *costs, *(() if taken.unfrozen else judged)))


def _is_left(state: Declared) -> bool:
    return any(one["spec"].get("maintenance", {}).get("desired") for one in state.of_kind("Host"))


async def cycle_power(walker: Walker, settled: Settled) -> Settled:
    """Somebody switches off what waits for its next power cycle."""
    if not settled.waiting:
        return settled
    for ref in settled.waiting:
        walker.power_off(ref)
    # Until the next resync nobody can know of it.
    await walker.clock.sleep(2 * PACE.resync_s)
    return await walker.settle()


def leeway(state: Declared) -> Leeway:
    """What a state leaves open."""
    return Leeway(frozenset(_with(state, "placement", "host")), frozenset(_with(state, "memory", "policyRef")))


def _with(state: Declared, part: str, field: str) -> Iterator[str]:
    for one in state.of_kind("VirtualMachine"):
        if one["spec"].get(part, {}).get(field):
            yield one["metadata"]["name"]
