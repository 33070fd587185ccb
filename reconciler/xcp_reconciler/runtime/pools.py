"""Open sessions: one a pool, opened, closed and reopened as what is declared of pools and hosts changes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from xcp_reconciler.model.decision import Blocked, BlockReason
from xcp_reconciler.model.errors import DriverError, FailureKind, RejectedError
from xcp_reconciler.plan.sight import Dialect, Sight
from xcp_reconciler.ports.driver import Access, PoolTarget, Session
from xcp_reconciler.runtime.registry import NoDriverError
from xcp_reconciler.runtime.view import Serials, View, relay
from xcp_reconciler.runtime.wiring import Ports

_RETRY_S: Final = 10.0
# Most pools open within a moment: for so long (seconds) nothing is said of what is in them.
_OPENING_S: Final = 2.0

log = logging.getLogger(__name__)

# (driver, how it reaches the pool)
Wanted = tuple[str, PoolTarget]
Absorb = Callable[[str, Sight | None, Sight], Awaitable[None]]
Turned = Callable[[str], None]


class OpenPool:
    """A pool with a session; whoever makes calls does it inside `use`, so that nobody closes it meanwhile."""

    def __init__(self, session: Session, view: View) -> None:
        self.session = session
        self.view = view
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @asynccontextmanager
    async def use(self) -> AsyncGenerator[Session]:
        """Keep the session open for the time of some calls."""
        self._users += 1
        self._idle.clear()
        try:
            yield self.session
        finally:
            self._users -= 1
            if not self._users:
                self._idle.set()

    async def unused(self) -> None:
        """Return when nobody makes calls."""
        await self._idle.wait()


class Pools:
    """The pools of this process. `absorb` is told of each look before anybody uses it, `turned` of open and closed."""

    def __init__(self, ports: Ports, access: Access, absorb: Absorb, turned: Turned) -> None:
        self._ports = ports
        self._access = access
        self._absorb = absorb
        self._turned = turned
        self._wanted: dict[str, Wanted] = {}
        self._open: dict[str, OpenPool] = {}
        self._refused: dict[str, DriverError] = {}
        self._opening: dict[str, float] = {}
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, asyncio.Event] = {}
        self._serials = Serials()

    def get(self, name: str | None) -> OpenPool | None:
        """The open pool called `name`."""
        return self._open.get(name) if name is not None else None

    def all(self) -> Mapping[str, OpenPool]:
        """All open pools by name."""
        return self._open

    def refusal(self, name: str | None) -> Blocked | None:
        """Why nothing can be done in a pool: it is not open, or does not let itself be looked at. None where it is."""
        opened = self.get(name)
        error = opened.view.refusal if opened is not None else self._refused.get(name or "")
        if error is None:
            return None
        unauthorised = error.kind is FailureKind.UNAUTHORISED
        return Blocked(BlockReason.UNAUTHORISED if unauthorised else BlockReason.REFUSED, error.message)

    def opening_until(self, name: str | None) -> float | None:
        """Until when (unix seconds) to wait for a pool that is being opened, before anything is said of its objects."""
        began, now = self._opening.get(name or ""), self._ports.clock.now()
        # One from the future is from before the clock was set back.
        return began + _OPENING_S if began is not None and began <= now < began + _OPENING_S else None

    def sights(self) -> dict[str, Sight]:
        """The last look at each pool."""
        return {name: opened.view.look.sight for name, opened in self._open.items() if opened.view.look is not None}

    def mark(self) -> int:
        """This moment, for asking later for a look at any pool that began after it."""
        return self._serials.last

    def follow(self, wanted: Mapping[str, Wanted]) -> None:
        """Make these the open pools; it takes the time that it takes, and `turned` tells."""
        before, self._wanted = self._wanted, dict(wanted)
        for name in {**before, **wanted}:
            if before.get(name) == wanted.get(name):
                continue
            self._opening[name] = self._ports.clock.now()
            life = self._lives.get(name)
            if life is None or life.done():
                self._turns[name] = asyncio.Event()
                self._lives[name] = asyncio.ensure_future(self._live(name, self._turns[name]))
            else:
                self._turns[name].set()

    async def close(self) -> None:
        """Close everything now."""
        for life in self._lives.values():
            life.cancel()
        for life in self._lives.values():
            with suppress(asyncio.CancelledError):
                await life

    async def _live(self, name: str, turn: asyncio.Event) -> None:
        """One task opens and closes the sessions of a pool, one after the other, for as long as it is wanted."""
        while (wanted := self._wanted.get(name)) is not None:
            turn.clear()
            try:
                await self._session(name, wanted, turn)
            except (DriverError, NoDriverError) as error:
                self._refused[name] = error if isinstance(error, DriverError) else RejectedError(str(error))
            except Exception as error:
                log.exception("a defect: the driver of pool %s failed", name)
                self._refused[name] = RejectedError(f"the driver failed: {error}")
            else:
                continue
            log.warning("pool %s is not open: %s", name, self._refused[name].message)
            self._opening.pop(name, None)
            self._turned(name)
            with suppress(TimeoutError):
                async with asyncio.timeout(_RETRY_S):
                    await turn.wait()
        self._refused.pop(name, None)
        self._opening.pop(name, None)
        self._turned(name)

    async def _session(self, name: str, wanted: Wanted, turn: asyncio.Event) -> None:
        ports = self._ports
        driver = ports.drivers.driver(wanted[0])
        dialect = Dialect(driver.name, driver.impacts, driver.calls)
        async with driver.open(wanted[1], clock=ports.clock, rng=ports.rng, access=self._access) as session:

            async def absorb(was: Sight | None, now: Sight) -> None:
                await self._absorb(name, was, now)

            view = View(wanted[1], session, dialect, ports.clock, self._serials, absorb)
            opened = self._open[name] = OpenPool(session, view)
            self._refused.pop(name, None)
            self._opening.pop(name, None)
            self._turned(name)
            try:
                await self._look_after(name, opened, turn)
                # Out of reach for new calls first; then those under way may end.
                del self._open[name]
                await opened.unused()
            finally:
                self._open.pop(name, None)

    async def _look_after(self, name: str, opened: OpenPool, turn: asyncio.Event) -> None:
        tasks = [asyncio.ensure_future(opened.view.run()), asyncio.ensure_future(self._hints(name, opened))]
        try:
            await turn.wait()
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def _hints(self, name: str, opened: OpenPool) -> None:
        try:
            await relay(opened.session, opened.view)
        except Exception:
            log.exception("a defect: the hints of pool %s ended; it is looked at by time alone", name)
