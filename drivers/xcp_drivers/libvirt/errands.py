"""Long work in lanes of its own: uploads and migrations, which must not hold up a host's other work."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from xcp_drivers.libvirt.lane import Lane
from xcp_drivers.libvirt.link import Link
from xcp_drivers.libvirt.order import GivenUpError, Order
from xcp_drivers.libvirt.work import Work
from xcp_reconciler.model.errors import BusyError, UnreachableError
from xcp_reconciler.model.observed import Job, JobKind
from xcp_reconciler.model.outcome import Done, Outcome, Running
from xcp_reconciler.ports.clock import Clock

# Seconds: what is done by then is simply done, and a refusal reaches its caller at once.
_PATIENCE: Final = 1.0
_POLL_SECONDS: Final = 1.0


class Errands:
    """What is under way, by the uuid (or name) of its object.

    A caller gets `Running` and sees the job in the snapshot. A failure after that is kept, and raised by the next
    attempt for the same object: it is told late, but it is told.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._orders: dict[str, Order[None]] = {}
        self._kept: dict[str, BaseException] = {}
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(
        self,
        job: Job,
        link: Link,
        work: Callable[[Work], None],
        deadline: float,
        *,
        overdue: Callable[[], Awaitable[None]] | None = None,
    ) -> Outcome:
        """Begin an errand, or find it running; `overdue` is called when it is still running at the deadline.

        Raises:
            DriverError: it failed at once, or an earlier one for the same object failed.
        """
        kept = self._kept.pop(job.uuid, None)
        if kept is not None:
            raise kept
        running = Running(f"{job.kind}/{job.uuid}", _POLL_SECONDS)
        if job.uuid in self._orders:
            if self._jobs[job.uuid].kind is not job.kind:
                raise BusyError(f"{job.uuid}: {self._jobs[job.uuid].kind} is under way", retry_after=_POLL_SECONDS)
            return running
        remaining = link.remaining(deadline)
        order, lane = link.begin(work)
        self._orders[job.uuid], self._jobs[job.uuid] = order, job
        watch = asyncio.create_task(self._watch(job, link, order, lane, deadline, overdue))
        self._tasks.add(watch)
        watch.add_done_callback(self._tasks.discard)
        await asyncio.wait((watch,), timeout=min(_PATIENCE, remaining))
        if not watch.done():
            return running
        failed = self._kept.pop(job.uuid, None)
        if failed is not None:
            raise failed
        return Done()

    def jobs(self, host: str) -> tuple[Job, ...]:
        """What this process is doing on a host and libvirt cannot show: uploads."""
        return tuple(job for job in self._jobs.values() if job.host == host and job.kind is JobKind.UPLOAD)

    async def close(self) -> None:
        """Stop watching; what was sent goes on at the host, uploads end at their next piece."""
        for order in self._orders.values():
            order.give_up()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(
        self,
        job: Job,
        link: Link,
        order: Order[None],
        lane: Lane,
        deadline: float,
        overdue: Callable[[], Awaitable[None]] | None,
    ) -> None:
        try:
            await asyncio.wait((order.future,), timeout=max(deadline - self._clock.now(), 0.0))
            if not order.future.done():
                order.give_up()
                if overdue is not None:
                    await overdue()
            await asyncio.wait((order.future,))
            error = order.future.exception()
            if error is not None:
                self._keep(job, error)
        finally:
            self._orders.pop(job.uuid, None)
            self._jobs.pop(job.uuid, None)
            link.end(lane)

    def _keep(self, job: Job, error: BaseException) -> None:
        if isinstance(error, GivenUpError):
            error = UnreachableError(f"{job.host}: the deadline passed before anything was sent", host=job.host)
        self._kept[job.uuid] = error
