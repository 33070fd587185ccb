"""Calls that outlive their sender: once sent they are on the wire, and land whether or not their process lives."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

from xcp_reconciler.model.impact import ImpactTable
from xcp_reconciler.model.observed import Observed, Snapshot
from xcp_reconciler.model.ops import Call, Op
from xcp_reconciler.model.outcome import Hint, Outcome
from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Access, Driver, PoolTarget, Session

_CONTROLS = ("vm", "power", "memory", "vcpu", "volume", "storage", "network", "migration")


class WiredDriver:
    """A driver whose calls belong to nobody once they are sent."""

    def __init__(self, driver: Driver) -> None:
        self.name = driver.name
        self._driver = driver

    def dialects(self) -> tuple[ImpactTable, ...]:
        """Those of the driver."""
        return self._driver.dialects()

    def impacts(self, hypervisor: str) -> ImpactTable:
        """Those of the driver."""
        return self._driver.impacts(hypervisor)

    def calls(self, op: Op, copies: tuple[Observed, ...]) -> tuple[Call, ...]:
        """Those of the driver."""
        return self._driver.calls(op, copies)

    def open(
        self, target: PoolTarget, *, clock: Clock, rng: Rng, access: Access
    ) -> AbstractAsyncContextManager[Session]:
        """A session of the driver, with a wire in between."""
        return _opened(self._driver.open(target, clock=clock, rng=rng, access=access))


@asynccontextmanager
async def _opened(opening: AbstractAsyncContextManager[Session]) -> AsyncGenerator[Session]:
    async with opening as session:
        yield cast("Session", _WiredSession(session))


class _WiredSession:
    """Looks and hints go straight through, controls over the wire."""

    def __init__(self, session: Session) -> None:
        self._session = session
        for name in _CONTROLS:
            control = getattr(session, name)
            setattr(self, name, _WiredControl(control) if control is not None else None)

    async def snapshot(self, deadline: float) -> Snapshot:
        return await self._session.snapshot(deadline)

    def hints(self) -> AsyncIterator[Hint]:
        return self._session.hints()


class _WiredControl:
    """Any control: each of its methods takes an op and a deadline."""

    def __init__(self, control: object) -> None:
        self._control = control

    def __getattr__(self, name: str) -> Callable[[Op, float], Awaitable[Outcome]]:
        method = getattr(self._control, name)

        async def call(op: Op, deadline: float) -> Outcome:
            # In an empty context, so that no process counts the task as its own.
            sent: asyncio.Future[Outcome] = contextvars.Context().run(asyncio.ensure_future, method(op, deadline))
            sent.add_done_callback(_heard)
            return await asyncio.shield(sent)

        return call


def _heard(sent: "asyncio.Future[Any]") -> None:
    """An answer that nobody waits for any more is no news."""
    if not sent.cancelled():
        sent.exception()
