"""A proxy in front of a libvirt socket that counts the calls which change something, and lets chosen ones go wrong.

It runs an event loop in a thread of its own, so that the code under test may be in this process or in another.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.lab.ledger import Effect, Fault, Ledger, Moment
from tests.lab.rpc import LENGTH, MOST_BYTES, Header

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class UnixEnd:
    """A unix socket."""

    path: Path

    @property
    def uri(self) -> str:
        """Give libvirt's URI."""
        return f"qemu+unix:///system?socket={self.path}"


@dataclass(frozen=True, slots=True)
class TcpEnd:
    """A TCP port; libvirt's own is 16509."""

    address: str
    port: int = 16509

    @property
    def uri(self) -> str:
        """Give libvirt's URI."""
        return f"qemu+tcp://{self.address}:{self.port}/system"


@dataclass(slots=True)
class _Link:
    """One client's connection and ours to libvirt."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    awaited: dict[int, Effect] = field(default_factory=dict[int, Effect])
    """Serials of calls whose answer triggers an effect."""


class Proxy:
    """A context manager. `name` is how its calls are called in the ledger."""

    def __init__(self, name: str, front: UnixEnd | TcpEnd, back: UnixEnd | TcpEnd, ledger: Ledger) -> None:
        self.name = name
        self.front = front
        self.back = back
        self.ledger = ledger
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{name}", daemon=True)
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()

    @property
    def uri(self) -> str:
        """Give the URI that leads through the proxy."""
        return self.front.uri

    def __enter__(self) -> Self:
        """Listen; OSError when that is not possible."""
        self._thread.start()
        self._server = self._wait(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection and end the thread."""
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        future: Future[_Answer] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(30)

    async def _listen(self) -> asyncio.Server:
        if isinstance(self.front, UnixEnd):
            self.front.path.unlink(missing_ok=True)
            return await asyncio.start_unix_server(self._serve, self.front.path)
        return await asyncio.start_server(self._serve, self.front.address, self.front.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            with contextlib.closing(client):
                if not self.ledger.closed:
                    await self._connect(reader, client)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # an end has gone, which is everyday life here
        finally:
            self._links.discard(task)

    async def _connect(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if isinstance(self.back, UnixEnd):
            answers, server = await asyncio.open_unix_connection(self.back.path)
        else:
            answers, server = await asyncio.open_connection(self.back.address, self.back.port)
        with contextlib.closing(server):
            link = _Link(client, server)
            pumps = {
                asyncio.ensure_future(self._pump_calls(reader, link)),
                asyncio.ensure_future(self._pump_answers(answers, link)),
            }
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump_calls(self, reader: asyncio.StreamReader, link: _Link) -> None:
        while True:
            body = await _packet(reader)
            if self.ledger.closed:
                return
            header = Header.of(body)
            procedure = header.mutating
            fault = self.ledger.enter(self.name, procedure) if procedure is not None else None
            if fault is not None and fault.moment is Moment.BEFORE_CALL:
                if not self._goes_on(fault.effect):
                    return
                continue
            self._expect(header, fault, link)
            await _send(link.server, body)

    def _expect(self, header: Header, fault: Fault | None, link: _Link) -> None:
        if fault is not None:
            link.awaited[header.serial] = fault.effect

    async def _pump_answers(self, reader: asyncio.StreamReader, link: _Link) -> None:
        while True:
            body = await _packet(reader)
            if self.ledger.closed:
                return
            serial = Header.of(body).answers
            effect = link.awaited.pop(serial, None) if serial is not None else None
            if effect is None:
                await _send(link.client, body)
            elif not self._goes_on(effect):
                return

    def _goes_on(self, effect: Effect) -> bool:
        self.ledger.strike(effect)
        return effect is Effect.SWALLOW


async def _packet(reader: asyncio.StreamReader) -> bytes:
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    if not LENGTH.size < length <= MOST_BYTES:
        message = f"no libvirt packet: {length} bytes"
        raise OSError(message)
    return await reader.readexactly(length - LENGTH.size)


async def _send(writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(LENGTH.pack(len(body) + LENGTH.size) + body)
    await writer.drain()
