"""Who acts: `xcp run`, kept running whatever it dies of, or `xcp apply`, given again until it is done."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from xcp_reconciler.ports.store import StoreError
from xcp_reconciler.runtime.operator import Operator
from xcp_reconciler.runtime.wiring import Ports
from xcp_reconciler.simulation.applying import Shown, apply
from xcp_reconciler.simulation.history_site import Site
from xcp_reconciler.simulation.oracles import Oracle
from xcp_reconciler.simulation.processes import Process, UndeadError
from xcp_reconciler.simulation.scenario import Scenario

_LONGEST_DOWN_S: Final = 8
_AGAIN_S: Final = 2.0
# After a command in vain people wait a little before they give it again.
_MOST_APPLIES: Final = 60

Outage = Callable[[], Awaitable[None]]


class Actors:
    """Starts processes and buries them. `outage` repairs the machine after it lost its power."""

    def __init__(self, site: Site, outage: Outage) -> None:
        self._site = site
        self._outage = outage
        self._serial = 0
        # What stops each process in good order; an apply ends by itself.
        self._processes: dict[Process, Operator | None] = {}
        self._running: list[asyncio.Task[None]] = []
        self._applying: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def processes(self) -> tuple[Process, ...]:
        """Those that run now."""
        return tuple(self._processes)

    @property
    def leader(self) -> Process | None:
        """The one that acts now."""
        return next((process for process in self._processes if process.leads), None)

    @property
    def stand_still(self) -> bool:
        """Whether any of them does nothing for a while."""
        return any(process.stands_still for process in self._processes)

    @property
    def applied(self) -> bool:
        """Whether every apply has ended well."""
        return all(task.done() for task in self._applying)

    def run(self) -> None:
        """Start one more `xcp run`."""
        self._running.append(asyncio.ensure_future(self._keep_running()))

    @property
    def runs(self) -> bool:
        """Whether somebody is to run all the time."""
        return bool(self._running)

    def apply(self, scenario: Scenario, number: int, shown: Shown) -> None:
        """Give `xcp apply` for a phase, again until it ends well."""
        self._applying.append(asyncio.ensure_future(self._keep_applying(scenario, number, shown)))

    def crash(self) -> None:
        """Kill whoever acts; where nobody does, everybody."""
        leader = self.leader
        for process in (leader,) if leader is not None else self.processes:
            process.crash()

    def crash_all(self) -> None:
        """The machine goes down."""
        for process in self.processes:
            process.crash()

    async def stop(self) -> None:
        """End every `xcp run` as people end it; wait until the last apply has ended."""
        self._stopping = True
        for operator in self._processes.values():
            if operator is not None:
                operator.stop()
        await self._ended(self._running)
        self._stopping = False

    async def finish_applies(self) -> None:
        """Wait until every apply has ended."""
        await self._ended(self._applying)

    async def _ended(self, tasks: list["asyncio.Task[None]"]) -> None:
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        tasks.clear()

    # --- one process after the other

    async def _keep_running(self) -> None:
        while not self._stopping:
            ended = await self._live("run", self._act)
            if ended and not self._stopping:
                self._site.broken(Oracle.DEFECT, "the actor ended by itself")
                return

    async def _act(self, process: Process, ports: Ports) -> None:
        operator = Operator(ports)
        self._processes[process] = operator
        if self._stopping:
            operator.stop()
        await operator.run()

    async def _keep_applying(self, scenario: Scenario, number: int, shown: Shown) -> None:
        for _ in range(_MOST_APPLIES):
            done = False

            async def act(process: Process, ports: Ports) -> None:
                nonlocal done
                del process
                # The store could not be written: the command says so, and is given again.
                with suppress(StoreError):
                    done = await apply(ports, scenario, number, shown)

            await self._live("apply", act)
            if done:
                return
            await self._site.true.sleep(_AGAIN_S)
        self._site.broken(Oracle.CONVERGES, f"phase {number + 1} was applied {_MOST_APPLIES} times in vain")

    async def _live(self, word: str, act: Callable[[Process, Ports], Awaitable[None]]) -> bool:
        """One life of a process; False where it was cut short."""
        while self._site.torn is not None:
            await self._site.true.sleep(_AGAIN_S)
        self._serial += 1
        process = Process(f"{word}-{self._serial}", self._site)
        self._processes[process] = None

        running = process.start(lambda ports: act(process, ports))
        died = asyncio.ensure_future(process.died.wait())
        await asyncio.wait([running, died], return_when=asyncio.FIRST_COMPLETED)
        died.cancel()
        del self._processes[process]
        if not process.dead:
            if (error := running.exception()) is not None:
                self._site.broken(Oracle.DEFECT, f"{process.name} ended: {error!r}")
                await self._site.true.sleep(_AGAIN_S)
                return False
            return True
        await self._bury(process)
        if running.done() and not running.cancelled():
            # Its last words are heard by nobody, and must not be held against it.
            running.exception()
        await self._outage()
        if not self._is_stopping():
            await self._site.true.sleep(self._site.fate.choose(_LONGEST_DOWN_S))
        return False

    def _is_stopping(self) -> bool:
        """Asked anew after every wait."""
        return self._stopping

    async def _bury(self, process: Process) -> None:
        try:
            await process.bury()
        except UndeadError as error:
            self._site.broken(Oracle.DEFECT, str(error))
