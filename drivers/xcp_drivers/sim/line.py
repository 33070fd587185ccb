"""The one way by which every call reaches the world: recorded, delayed, bounded by its deadline, and out of luck."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from xcp_drivers.sim.calls import call_of
from xcp_drivers.sim.faults import Faults
from xcp_drivers.sim.luck import Draw
from xcp_drivers.sim.refusals import driver_error
from xcp_drivers.sim.window import Window
from xcp_drivers.world.change import Change
from xcp_drivers.world.refusal import NoWorldError, RefusalError, WorldLockedError
from xcp_reconciler.model.errors import BusyError, DriverError, OutcomeUnknownError, RejectedError, UnreachableError
from xcp_reconciler.model.ops import Call, Op
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.ports.driver import Access

T = TypeVar("T")

_FIRST_PAUSE_S: Final = 0.001
_LONGEST_PAUSE_S: Final = 0.05
# A program that runs for ever shall not remember every call that it ever made.
_REMEMBERED: Final = 100_000


@dataclass(slots=True)
class Line:
    """The wire between a session and its world; times in seconds. `wire` holds the calls that were sent."""

    window: Window
    clock: Clock
    draw: Draw
    access: Access
    latency_s: float = 0.0
    jitter_s: float = 0.0
    faults: tuple[Faults, ...] = ()
    wire: list[Call] = field(default_factory=list[Call])

    async def carry(self, op: Op, deadline: float, act: Callable[[Change], T]) -> T:
        """Send the call of `op`, let `act` change the world, and bring the answer back.

        Raises:
            DriverError: it was refused, or failed on the way.
        """
        call = call_of(op)
        if self.access is not Access.WRITE:
            raise RejectedError(f"{call}: this session may only look", host=call.host, code="ReadOnly")
        if self.clock.now() >= deadline:
            raise self._too_late(call)
        for fault in self.faults:
            await fault.before_send(call)
        self._record(call)
        leg = self.delay() / 2
        if not await self.travel(leg, deadline):
            if self.draw.fraction() < 0.5:  # noqa: PLR2004 - a coin: the call lands after its sender gave up, or never
                self._land(act)
            raise self._too_late(call)
        try:
            answer: T | DriverError = await self.patiently(lambda: self._change(act), deadline, call.host)
        except RefusalError as refusal:
            answer = driver_error(refusal)
        else:
            for fault in self.faults:
                await fault.applied(call)
        if not await self.travel(leg, deadline):
            raise self._too_late(call)
        if isinstance(answer, DriverError):
            raise answer
        for fault in self.faults:
            await fault.after_reply(call)
        return answer

    async def patiently(self, act: Callable[[], T], deadline: float, host: str | None = None) -> T:
        """Do something with the world's file, again while another process writes it, and never hold up the program.

        Raises:
            BusyError: it was being written until the deadline.
            UnreachableError: the file is no world any more.
        """
        pause = _FIRST_PAUSE_S
        while True:
            try:
                return act()
            except WorldLockedError as error:
                if self.clock.now() + pause >= deadline:
                    raise BusyError(str(error), retry_after=_LONGEST_PAUSE_S, host=host) from error
            except NoWorldError as error:
                raise UnreachableError(str(error), host=host) from error
            await self.clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def travel(self, seconds: float, deadline: float) -> bool:
        """Let time pass; False when the deadline came first. Always gives others their turn."""
        left = deadline - self.clock.now()
        if seconds > left:
            await self.clock.sleep(left)
            return False
        await self.clock.sleep(seconds)
        return True

    def delay(self) -> float:
        """How long the next call is under way, there and back, in seconds."""
        return self.latency_s + (self.jitter_s * self.draw.fraction() if self.jitter_s else 0.0)

    def _change(self, act: Callable[[Change], T]) -> T:
        now = self.clock.now()
        with self.window.world(now).change(now) as change:
            return act(change)

    def _land(self, act: Callable[[Change], T]) -> None:
        try:
            self._change(act)
        except (RefusalError, WorldLockedError, NoWorldError):
            return

    def _record(self, call: Call) -> None:
        self.wire.append(call)
        if len(self.wire) > _REMEMBERED:
            del self.wire[: _REMEMBERED // 2]

    def _too_late(self, call: Call) -> OutcomeUnknownError:
        return OutcomeUnknownError(f"{call.method}: no answer in time", host=call.host)
