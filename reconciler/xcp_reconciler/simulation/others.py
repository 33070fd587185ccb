"""Everybody but the owner: what they do to hypervisors, to xcp's machine, and as operators."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from xcp_reconciler.model.placement import Fence
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
            case deeds.Fence():
                now = site.clock.now()
                word = Fence(deed.host, "operator", now, now + deed.seconds)
                await self._office.commit(lambda state: _with_fence(state, deed.host, word))
            case deeds.LiftFence():
                await self._office.commit(lambda state: _with_fence(state, deed.host, None))
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


def _with_fence(state: State, host: str, fence: Fence | None) -> list[Write]:
    return [PutHost(host, replace(state.hosts.get(host, HostRecord()), fence=fence))]
