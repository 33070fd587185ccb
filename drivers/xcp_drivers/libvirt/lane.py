"""One daemon thread with one connection: where libvirt's blocking calls are made, one after the other."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from xcp_drivers.libvirt.api import Connection
from xcp_drivers.libvirt.order import Order

T = TypeVar("T")


class Lane:
    """A thread that opens its connection when it first needs one, and again when that has died.

    The thread is a daemon: a call that never returns must not keep the process from ending.
    """

    def __init__(self, name: str, opener: Callable[[], Connection]) -> None:
        self._opener = opener
        self._connection: Connection | None = None
        self._orders: SimpleQueue[Order[Any] | None] = SimpleQueue()
        self._current: Order[Any] | None = None
        self._thread = Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    @property
    def stuck(self) -> bool:
        """Whether the thread is still busy with work whose caller has gone."""
        current = self._current
        return current is not None and current.given_up and not current.ended

    @property
    def alive(self) -> bool:
        """Whether the thread has not ended."""
        return self._thread.is_alive()

    def submit(self, work: Callable[[Connection, Order[T]], T]) -> Order[T]:
        """Queue work; the order's future belongs to the running loop."""
        order = Order[T](lambda order: work(self._connected(), order), asyncio.get_running_loop())
        self._orders.put(order)
        return order

    def close(self) -> None:
        """Let the thread end after what it is doing; nobody waits for it."""
        self._orders.put(None)

    def _serve(self) -> None:
        while (order := self._orders.get()) is not None:
            self._current = order
            order.perform()
            self._current = None
            del order
        self._drop()

    def _connected(self) -> Connection:
        if self._connection is not None and not self._lives(self._connection):
            self._drop()
        if self._connection is None:
            self._connection = self._opener()
        return self._connection

    @staticmethod
    def _lives(connection: Connection) -> bool:
        try:
            return connection.isAlive() == 1
        except Exception:  # noqa: BLE001 - a connection that cannot say so is not alive
            return False

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # closing what is broken may fail, and nothing depends on it
                self._connection.close()
            self._connection = None
