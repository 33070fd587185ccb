"""One host: its lanes, deadlines, and the quarantine after a call that outlived its deadline."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from xcp_drivers.libvirt.api import Connection, Library
from xcp_drivers.libvirt.lane import Lane
from xcp_drivers.libvirt.order import Fate, Order
from xcp_drivers.libvirt.work import Work, in_contract
from xcp_reconciler.model.errors import BusyError, OutcomeUnknownError, UnreachableError
from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.clock import Clock

T = TypeVar("T")

# Threads that hang in reads or in opening are replaced, for they can change nothing any more; but not for ever.
_MOST_LOST: Final = 8
_RETRY_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Openers:
    """How to connect: plainly, or so that events are delivered, which one connection for each host does."""

    plain: Callable[[], Connection]
    watching: Callable[[], Connection]


class Link:
    """A host. Changes go through one lane in order, reads through another with a connection of its own."""

    def __init__(
        self,
        host: str,
        library: Library,
        clock: Clock,
        *,
        openers: Openers,
        record: Callable[[Call], None],
        lanes: int,
    ) -> None:
        self.host = host
        self._library = library
        self._clock = clock
        self._openers = openers
        self._record = record
        # A hypervisor inside this process has one state for each connection, so it gets one lane for everything.
        self._single = lanes == 1
        self._lanes: dict[str, Lane] = {}
        self._lost: list[Lane] = []
        self._late: dict[str, Order[Any]] = {}

    async def change(self, job: Callable[[Work], T], deadline: float) -> T:
        """Do changing work.

        Raises:
            BusyError: an earlier call has outlived its deadline and is still out there.
            OutcomeUnknownError: this one outlived its deadline after something was sent.
            UnreachableError: the deadline passed before anything was sent.
        """
        return await self._run("work", job, deadline)

    async def read(self, job: Callable[[Work], T], deadline: float) -> T:
        """Do work that only reads, never behind work that changes.

        Raises:
            UnreachableError: no answer by the deadline.
        """
        return await self._run("control", job, deadline)

    async def aside(self, job: Callable[[Work], T], deadline: float) -> T:
        """Change something beside a long call, such as ending it; waits behind nothing else.

        Raises:
            DriverError: as `change`.
        """
        return await self._run("aside", job, deadline)

    def remaining(self, deadline: float) -> float:
        """Seconds until a deadline.

        Raises:
            UnreachableError: it has passed; nothing is sent for a caller who no longer waits.
        """
        seconds = deadline - self._clock.now()
        if seconds <= 0:
            raise UnreachableError(f"the deadline had passed before {self.host} was asked", host=self.host)
        return seconds

    def begin(self, job: Callable[[Work], T]) -> tuple[Order[T], Lane]:
        """Start long work in a lane of its own; close the lane when the order has ended."""
        lane = self._lane("work") if self._single else Lane(f"libvirt-{self.host}-long", self._openers.plain)
        return self._submit(lane, job), lane

    def end(self, lane: Lane) -> None:
        """Close a lane that `begin` gave."""
        if not self._single:
            lane.close()

    def close(self) -> None:
        """Let all threads end after what they are doing."""
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()

    async def _run(self, purpose: str, job: Callable[[Work], T], deadline: float) -> T:
        late = self._late.get(purpose)
        if late is not None and not late.ended:
            raise BusyError(
                f"an earlier call to {self.host} has outlived its deadline and has not returned yet",
                retry_after=_RETRY_SECONDS,
                host=self.host,
            )
        remaining = self.remaining(deadline)
        order = self._submit(self._lane(purpose), job)
        try:
            await asyncio.wait((order.future,), timeout=remaining)
        finally:
            # Also when we are cancelled: then nobody asks for the outcome, but nothing more may be sent.
            fate = order.give_up() if not order.future.done() else Fate.ENDED
            self._remember(purpose, order, fate)
        match fate:
            case Fate.ENDED:
                return await order.future
            case Fate.SENT:
                raise OutcomeUnknownError(f"{self.host} did not answer by the deadline", host=self.host)
            case Fate.NEVER_SENT:
                raise UnreachableError(f"{self.host} did not answer by the deadline", host=self.host)

    def _remember(self, purpose: str, order: Order[T], fate: Fate) -> None:
        if fate is Fate.SENT:
            self._late[purpose] = order
        elif fate is Fate.NEVER_SENT:
            self._replace(purpose)

    def _replace(self, purpose: str) -> None:
        key = self._key(purpose)
        lane = self._lanes.get(key)
        if lane is not None and lane.stuck:
            lane.close()
            self._lost = [lost for lost in self._lost if lost.alive]
            self._lost.append(lane)
            del self._lanes[key]

    def _key(self, purpose: str) -> str:
        return "work" if self._single else purpose

    def _lane(self, purpose: str) -> Lane:
        key = self._key(purpose)
        lane = self._lanes.get(key)
        if lane is None:
            if sum(lost.alive for lost in self._lost) >= _MOST_LOST:
                raise UnreachableError(f"{_MOST_LOST} calls to {self.host} hang", host=self.host)
            watching = self._single or purpose == "control"
            opener = self._openers.watching if watching else self._openers.plain
            lane = self._lanes[key] = Lane(f"libvirt-{self.host}-{key}", opener)
        return lane

    def _submit(self, lane: Lane, job: Callable[[Work], T]) -> Order[T]:
        def work(connection: Connection, order: Order[T]) -> T:
            return in_contract(Work(self._library, connection, self.host, order, self._record), job)

        return lane.submit(work)
