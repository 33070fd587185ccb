"""Everybody but the owner: what they do to hypervisors, to xcp's machine, and as operators."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, assert_never

from xcp_reconciler.model.placement import Drain, Fence
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.ports.store import PutHost, State, Write
from xcp_reconciler.simulation import deeds
from xcp_reconciler.simulation.actors import Actors
from xcp_reconciler.simulation.declaring import approvals
from xcp_reconciler.simulation.history_site import Site
from xcp_reconciler.simulation.office import Office

# Longer than the weather keeps a host away, also twice in a row.
_MOST_TRIES: Final = 120
_AGAIN_S: Final = 1.0
_OPERATOR: Final = "operator"


class Others:
    """Does deeds. `declare` is what the owner does once more after the database was lost."""

    def __init__(self, site: Site, actors: Actors, office: Office, declare: Callable[[], Awaitable[None]]) -> None:
        self._site = site
        self._actors = actors
        self._office = office
        self._declare = declare

    async def do(self, deed: deeds.Deed) -> None:
        """Do it; what is in vain because a host is away is tried again, as people do."""
        site = self._site
        site.note("others", deed.do)
        site.repeats.news()
        match deed:
            case deeds.Fence() | deeds.LiftFence() | deeds.Evacuate() | deeds.EvacuationOver():
                await self._office.commit(lambda state: [_word(deed, state, site.clock.now())])
            case deeds.Approve():
                await self._office.commit(lambda state: approvals(state, site.clock.now()))
            case deeds.ActorDies():
                self._actors.crash()
            case deeds.ActorFreezes():
                for process in self._actors.processes:
                    process.freeze(deed.seconds)
            case deeds.ClockSteps():
                site.clock.ahead += deed.seconds
            case deeds.DatabaseLost():
                self._actors.crash_all()
                await self._office.lose_everything()
                await self._declare()
            case _:
                for _ in range(_MOST_TRIES):
                    if site.others_do(deed):
                        return
                    await site.true.sleep(_AGAIN_S)


def _word(
    deed: deeds.Fence | deeds.LiftFence | deeds.Evacuate | deeds.EvacuationOver, state: State, now: float
) -> Write:
    """What an operator's command writes of a host."""
    record = state.hosts.get(deed.host, HostRecord())
    match deed:
        case deeds.Fence():
            record = replace(record, fence=Fence(deed.host, _OPERATOR, now, now + deed.seconds))
        case deeds.LiftFence():
            record = replace(record, fence=None)
        case deeds.Evacuate():
            record = replace(record, drain=Drain(_OPERATOR, now))
        case deeds.EvacuationOver():
            record = replace(record, drain=None)
        case _:
            assert_never(deed)
    return PutHost(deed.host, record)
