"""libvirt's events as hints: they say where to look, never what to do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from xcp_drivers.libvirt.api import Connection, Domain, Library
from xcp_drivers.libvirt.flags import Event
from xcp_reconciler.model.outcome import Hint

# A reader that falls this far behind loses hints: its next resync sees what they would have said.
_MOST_WAITING: Final = 10_000


class HintQueue:
    """Where events of all hosts meet. Made and read on the loop, fed by libvirt's event thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Hint | None] = asyncio.Queue(_MOST_WAITING)

    def put_from_thread(self, hint: Hint) -> None:
        """Called by libvirt's thread; must neither block nor raise."""
        try:
            self._loop.call_soon_threadsafe(self._put, hint)
        except RuntimeError:
            return  # the loop has closed

    def close(self) -> None:
        """End the iteration."""
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Hint]:
        while (hint := await self._queue.get()) is not None:
            yield hint
        self.close()  # for whoever else iterates

    def _put(self, hint: Hint) -> None:
        if not self._queue.full():
            self._queue.put_nowait(hint)


def subscribe(library: Library, connection: Connection, host: str, put: Callable[[Hint], None]) -> None:
    """Ask for the events of a new connection; a hypervisor without them has only its resync."""

    def of_domain(_: Connection, domain: Domain, *__: object) -> None:
        put(Hint(host, domain.UUIDString()))

    def of_connection(*_: object) -> None:
        put(Hint(host))

    for event in Event:
        try:
            connection.domainEventRegisterAny(None, event, of_domain, None)
        except library.libvirtError:
            continue
    try:
        connection.registerCloseCallback(of_connection, None)
    except library.libvirtError:
        return
