"""Works through the schedule: one task a key, so many in all, and no key's failure is another's."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.backoff import delay
from xcp_reconciler.runtime.schedule import Priority, Schedule
from xcp_reconciler.runtime.stopping import Stop, StopLevel

MOST_AT_ONCE: Final = 64
# Nobody sleeps longer than this: a wall clock that was set back must not hold up the timers.
_LONGEST_NAP_S: Final = 30.0

log = logging.getLogger(__name__)

Work = Callable[[Ref], Awaitable[float | None]]
Ready = Callable[[Ref], bool]


class Runner:
    """Calls `work` for each key that is due. What it returns is when to look at the key again, None for 'not by time'.

    A key that is not `ready` takes no place and no task: whoever says so asks for it again.
    An exception that escapes `work` is a defect: it is logged with its traceback, and that key alone is throttled.
    """

    def __init__(
        self,
        schedule: Schedule,
        work: Work,
        clock: Clock,
        rng: Rng,
        *,
        ready: Ready | None = None,
        limit: int = MOST_AT_ONCE,
    ) -> None:
        self._schedule = schedule
        self._work = work
        self._ready = ready if ready is not None else _always
        self._clock = clock
        self._rng = rng
        self._limit = limit
        self._tasks: dict[Ref, asyncio.Task[None]] = {}
        self._defects: dict[Ref, int] = {}
        self._wake = asyncio.Event()
        self._now = clock.now()
        self._idle: Callable[[], None] = _nothing
        schedule.listen(self._wake.set)

    def listen(self, idle: Callable[[], None]) -> None:
        """Call `idle` whenever nothing is under way and nothing is due."""
        self._idle = idle

    async def run(self, stop: Stop) -> None:
        """Work until `stop` is asked for; then wait for what is under way, or at the second request cancel it."""
        watch = asyncio.ensure_future(self._notice(stop))
        try:
            while stop.level is StopLevel.NONE:
                self._wake.clear()
                self._start_due()
                await self._nap()
            while self._tasks and stop.level is not StopLevel.NOW:
                self._wake.clear()
                await self._wake.wait()
        finally:
            watch.cancel()
            await self._drop(watch)

    async def _notice(self, stop: Stop) -> None:
        await stop.asked()
        self._wake.set()
        await stop.urged()
        self._wake.set()

    def _start_due(self) -> None:
        before, self._now = self._now, self._clock.now()
        if self._now < before:
            self._schedule.hasten(self._now)
        while len(self._tasks) < self._limit:
            key = self._schedule.take(self._clock.now())
            if key is None:
                return
            if not self._ready(key):
                self._schedule.done(key)
                continue
            self._tasks[key] = asyncio.ensure_future(self._one(key))

    async def _nap(self) -> None:
        if self._wake.is_set():
            return
        due = self._schedule.next_at()
        if not self._tasks and (due is None or due > self._clock.now()):
            self._idle()
        nap = _LONGEST_NAP_S if due is None else min(_LONGEST_NAP_S, due - self._clock.now())
        if len(self._tasks) >= self._limit:
            nap = _LONGEST_NAP_S
        if nap <= 0:
            await asyncio.sleep(0)
            return
        alarm = asyncio.get_running_loop().call_later(nap, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            alarm.cancel()

    async def _one(self, key: Ref) -> None:
        try:
            again = await self._work(key)
            self._defects.pop(key, None)
        except Exception:
            count = self._defects[key] = self._defects.get(key, 0) + 1
            log.exception("a defect: looking at %s failed", key)
            again = self._clock.now() + delay(count, self._rng.fraction())
        finally:
            self._tasks.pop(key, None)
            self._schedule.done(key)
        if again is not None:
            self._schedule.ask(key, again, Priority.ROUTINE)

    async def _drop(self, *others: "asyncio.Future[None]") -> None:
        tasks = [*self._tasks.values(), *others]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


def _always(_: Ref) -> bool:
    return True


def _nothing() -> None:
    pass
