"""One piece of blocking work: queued, begun, perhaps sent, ended or given up; and never sent after it was given up."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Fate(StrEnum):
    """What became of an order that was given up."""

    ENDED = "ended"
    NEVER_SENT = "neverSent"
    SENT = "sent"


class GivenUpError(Exception):
    """Raised inside the work when it wants to send after its caller has gone; nobody is left to see it."""


class Order(Generic[T]):
    """Work for a thread, and the future of the caller that waits for it.

    Blocking calls cannot be interrupted. What can be promised is that a caller who leaves knows whether a changing
    call was made, and that none is made afterwards: `sending` and `give_up` exclude each other.
    """

    def __init__(self, work: Callable[["Order[T]"], T], loop: asyncio.AbstractEventLoop) -> None:
        self._work = work
        self._loop = loop
        self._lock = Lock()
        self._given_up = False
        self._sent = False
        self._ended = False
        self.future: asyncio.Future[T] = loop.create_future()

    @property
    def given_up(self) -> bool:
        """Whether the caller has gone; long work asks now and then."""
        return self._given_up

    @property
    def ended(self) -> bool:
        """Whether the thread has finished with it."""
        return self._ended

    @property
    def sent(self) -> bool:
        """Whether a changing call has been made."""
        return self._sent

    def sending(self) -> None:
        """A changing call is about to be made.

        Raises:
            GivenUpError: the caller has gone; the call must not be made.
        """
        with self._lock:
            if self._given_up:
                raise GivenUpError
            self._sent = True

    def give_up(self) -> Fate:
        """The caller leaves; from here on nothing more is sent."""
        with self._lock:
            if self._ended:
                return Fate.ENDED
            self._given_up = True
            return Fate.SENT if self._sent else Fate.NEVER_SENT

    def perform(self) -> None:
        """Do the work, in the thread of a lane."""
        if self._given_up:
            self._ended = True
            return
        try:
            result = self._work(self)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller must see it
            failure = error
            self._deliver(lambda: self._fail(failure))
        else:
            self._deliver(lambda: self._succeed(result))

    def _deliver(self, settle: Callable[[], None]) -> None:
        with self._lock:
            self._ended = True
        # A loop that has closed took the caller with it.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(settle)

    def _succeed(self, result: T) -> None:
        if not self.future.done():
            self.future.set_result(result)

    def _fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # seen: a caller that has gone must not become a warning of the loop
