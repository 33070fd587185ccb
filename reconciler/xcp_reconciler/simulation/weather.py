"""What happens to hosts, guests and the machine of xcp in a history, besides what its scenario tells."""

import asyncio
from contextlib import suppress
from typing import Final

from xcp_reconciler.simulation import deeds
from xcp_reconciler.simulation.actors import Actors
from xcp_reconciler.simulation.fault import Fault
from xcp_reconciler.simulation.history_site import Site
from xcp_reconciler.simulation.scenario import Scenario

_BETWEEN_S: Final = 20
_LASTS_S: Final = 40
_STEPS_S: Final = (-86_400.0, -3600.0, -90.0, -5.0, 5.0, 90.0, 3600.0, 86_400.0)
_BALLOONS: Final = ("floor", "ceiling", "stuck", "flaky", "trickle")


class Weather:
    """Goes through what the swarm has in store, one after the other; `clear` ends it and mends everything."""

    def __init__(self, site: Site, actors: Actors, scenario: Scenario) -> None:
        self._site = site
        self._actors = actors
        self._hosts = [host.name for host in scenario.hosts]
        self._task = asyncio.ensure_future(self._go())
        self._undo: list[deeds.WorldDeed] = []

    async def clear(self) -> None:
        """Nothing more happens, and what can be undone is."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        for deed in self._undo:
            self._do(deed)
        self._undo.clear()

    async def _go(self) -> None:
        site = self._site
        for fault in site.fate.swarm.weather:
            await site.true.sleep(site.fate.choose(_BETWEEN_S))
            if not site.fate.on:
                return
            await self._happen(fault)

    async def _happen(self, fault: Fault) -> None:
        site = self._site
        lasts = 1.0 + site.fate.choose(_LASTS_S)
        match fault:
            case Fault.HOST_CUT:
                host = self._host()
                self._note(fault, host)
                await self._for_a_while(
                    deeds.HostCut(do="HostCut", host=host), deeds.HostReturns(do="HostReturns", host=host), lasts
                )
            case Fault.HOST_DIES:
                host = self._host()
                self._note(fault, host)
                await self._for_a_while(
                    deeds.HostDies(do="HostDies", host=host), deeds.HostReturns(do="HostReturns", host=host), lasts
                )
            case Fault.PLUG_PULLED:
                name = self._machine()
                if name is not None:
                    self._note(fault, name)
                    self._do(deeds.PowerOff(do="PowerOff", vm=name))
            case Fault.GUEST_BALLOON:
                name = self._machine()
                if name is not None:
                    self._note(fault, name)
                    kind = _BALLOONS[site.fate.choose(len(_BALLOONS))]
                    await self._for_a_while(_balloon(name, kind), _balloon(name, "ideal"), lasts)
            case Fault.FREEZE:
                leader = self._actors.leader
                if leader is not None:
                    self._note(fault, leader.name)
                    leader.freeze(lasts)
            case Fault.CLOCK_STEP:
                self._note(fault, "clock")
                site.clock.ahead += _STEPS_S[site.fate.choose(len(_STEPS_S))]
            case Fault.SECOND_ACTOR:
                if self._actors.runs:
                    self._note(fault, "actor")
                    self._actors.run()
            case _:
                raise AssertionError(f"{fault} is no weather")

    async def _for_a_while(self, deed: deeds.WorldDeed, undo: deeds.WorldDeed, seconds: float) -> None:
        self._do(deed)
        self._undo.append(undo)
        await self._site.true.sleep(seconds)
        self._undo.remove(undo)
        self._do(undo)

    def _do(self, deed: deeds.WorldDeed) -> None:
        self._site.others_do(deed)
        self._site.passes.fault()

    def _note(self, fault: Fault, what: str) -> None:
        site = self._site
        site.note("weather", f"{fault} {what}")
        site.fate.note(fault, "weather", site.true.now())
        site.passes.fault()

    def _host(self) -> str:
        return self._hosts[self._site.fate.choose(len(self._hosts))]

    def _machine(self) -> str | None:
        names = sorted(self._site.witness.ours)
        return names[self._site.fate.choose(len(names))] if names else None


def _balloon(name: str, kind: str) -> deeds.GuestBehaves:
    return deeds.GuestBehaves.model_validate({"do": "GuestBehaves", "vm": name, "balloon": kind})
