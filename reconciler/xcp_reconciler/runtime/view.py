"""One pool as it was last seen: many who wait for a look share one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from xcp_reconciler.model.errors import DriverError, UnauthorisedError
from xcp_reconciler.model.observed import Fresh, HostView, Snapshot, Stale, Unreachable
from xcp_reconciler.plan.sight import Dialect, Sight, look
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.ports.driver import PoolTarget, Session
from xcp_reconciler.ports.store import StoreError

# How long one look at a whole pool may take, and how much longer a driver may need to notice that.
LOOK_S: Final = 10.0
_GRACE_S: Final = 5.0
# While there is other work, looks get a fifth of the time: ten thousand objects take a second to look at, and the more
# that wait for a look, the better it is used. When there is none, half of it.
_PAUSE_FACTOR: Final = 4.0
_IDLE_FACTOR: Final = 1.0
_LONGEST_PAUSE_S: Final = 5.0
_RETRY_S: Final = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """A look that everybody may use. `serial` counts looks by when they began.

    `over` is when it ended (unix seconds), `took` how long it took (seconds).
    """

    serial: int
    sight: Sight
    over: float
    took: float


class Serials:
    """Counts the looks of a process, at whatever pool, so that a mark stays good when a session is reopened."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        """The serial of a look that begins now."""
        self.last += 1
        return self.last


class View:
    """A cache of looks at one pool.

    Marks are compared instead of times: a look whose serial is above the mark taken at some moment began after that
    moment, whatever a clock says.
    """

    def __init__(
        self,
        target: PoolTarget,
        session: Session,
        dialect: Dialect,
        clock: Clock,
        serials: Serials,
        absorb: Callable[[Sight | None, Sight], Awaitable[None]],
    ) -> None:
        self.pool = target.name
        self.look: Look | None = None
        self.refusal: DriverError | None = None
        self._hosts = tuple(host.name for host in target.hosts)
        self._session = session
        self._dialect = dialect
        self._clock = clock
        self._absorb = absorb
        self._serials = serials
        self._wanted = asyncio.Event()
        self._waiting: list[tuple[int, Callable[[], None]]] = []
        self._idle = asyncio.Event()
        self._took = 0.0

    def mark(self) -> int:
        """This moment, for asking later for a look that began after it."""
        return self._serials.last

    def want(self, mark: int, wake: Callable[[], None]) -> None:
        """Have a look that begins after `mark`, and call `wake` when it can be used or has failed."""
        self._waiting.append((mark, wake))
        self._wanted.set()

    def dirty(self) -> None:
        """Something may have changed."""
        self.want(self._serials.last, _nothing)

    def nothing_else_to_do(self) -> None:
        """Everybody who is at work here waits for looks."""
        self._idle.set()

    async def run(self) -> None:
        """Look whenever somebody wants it, until cancelled."""
        while True:
            await self._wanted.wait()
            await self._rest()
            self._wanted.clear()
            self._idle.clear()
            try:
                await self._look()
            except UnauthorisedError as error:
                self.refusal = error
                self._serve(self._serials.last + 1)
            except StoreError as error:
                log.warning("what was seen of pool %s cannot be used, for it cannot be recorded: %s", self.pool, error)
                await self._again()
            except Exception:
                log.exception("a defect: what was seen of pool %s cannot be used", self.pool)
                await self._again()

    async def _again(self) -> None:
        await self._clock.sleep(_RETRY_S)
        self._wanted.set()

    async def _rest(self) -> None:
        """Leave others some time after a look, in proportion to what it took."""
        longest = min(_PAUSE_FACTOR * self._took, _LONGEST_PAUSE_S)
        shortest = min(_IDLE_FACTOR * self._took, longest)
        if not longest:
            return
        await self._clock.sleep(shortest)
        alarm = asyncio.get_running_loop().call_later(longest - shortest, self._idle.set)
        try:
            await self._idle.wait()
        finally:
            alarm.cancel()

    async def _look(self) -> None:
        serial, began = self._serials.next(), self._clock.now()
        snapshot = await self._snapshot(began)
        sight = look(snapshot, self._dialect)
        await self._absorb(self.look.sight if self.look is not None else None, sight)
        over = self._clock.now()
        took = max(0.0, over - began)
        self.look, self.refusal = Look(serial, sight, over, took), None
        self._took = took
        self._serve(serial)

    def _serve(self, serial: int) -> None:
        served = [wake for mark, wake in self._waiting if mark < serial]
        self._waiting = [(mark, wake) for mark, wake in self._waiting if mark >= serial]
        if self._waiting:
            self._wanted.set()
        for wake in served:
            wake()

    async def _snapshot(self, began: float) -> Snapshot:
        try:
            async with asyncio.timeout(LOOK_S + _GRACE_S):
                return as_of(began, await self._session.snapshot(began + LOOK_S))
        except UnauthorisedError:
            raise
        except DriverError as error:
            return self._blank(began, error.message)
        except TimeoutError:
            return self._blank(began, "the look took too long")
        except Exception as error:
            log.exception("a defect: the driver of pool %s failed to look", self.pool)
            return self._blank(began, f"the driver failed: {error}")

    def _blank(self, began: float, why: str) -> Snapshot:
        hosts = {name: HostView(name, Unreachable(began, why)) for name in self._hosts}
        return Snapshot(self.pool, began, hosts)


def as_of(began: float, snapshot: Snapshot) -> Snapshot:
    """What of a snapshot may count as seen after `began`: a host that was looked at before has not answered."""
    if all(not isinstance(view.freshness, Fresh) or view.freshness.at >= began for view in snapshot.hosts.values()):
        return snapshot
    hosts = {
        name: replace(view, freshness=Stale(view.freshness.at))
        if isinstance(view.freshness, Fresh) and view.freshness.at < began
        else view
        for name, view in snapshot.hosts.items()
    }
    return replace(snapshot, hosts=hosts)


def _nothing() -> None:
    pass


async def relay(session: Session, view: View) -> None:
    """Turn the hints of a session into looks, as long as it gives any."""
    with suppress(DriverError):
        async for _ in session.hints():
            view.dirty()
