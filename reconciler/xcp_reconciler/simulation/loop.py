"""An event loop without an outside: time jumps to the next timer, and the order of tasks comes from a tape."""

import asyncio
import contextvars
import selectors
from asyncio.base_events import BaseEventLoop
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from itertools import islice
from typing import Any, Final, NoReturn, TypeVar

from xcp_reconciler.simulation.tape import Tape

T = TypeVar("T")

# So many tasks that are ready one after the other may change places.
_WINDOW: Final = 8
# A virtual second with more steps than this is a loop that never waits.
_MOST_STEPS: Final = 1_000_000


# Threads, sockets, processes and signals: each of these raises OutsideError.
_OUTSIDE: Final = (
    "run_in_executor",
    "call_soon_threadsafe",
    "getaddrinfo",
    "getnameinfo",
    "add_reader",
    "add_writer",
    "add_signal_handler",
    "create_connection",
    "create_server",
    "create_datagram_endpoint",
    "create_unix_connection",
    "create_unix_server",
    "subprocess_exec",
    "subprocess_shell",
    "connect_read_pipe",
    "connect_write_pipe",
)


class DeadlockError(Exception):
    """Nothing is ready and no timer runs: the program waits for itself."""


class RunawayError(Exception):
    """The program runs without ever waiting."""


class OutsideError(Exception):
    """Something wants a thread, a socket or a process, which no tape can replay."""


class SerialTask(asyncio.Task[T]):
    """A task that hashes by the order of creation: asyncio keeps tasks in sets, and addresses differ in every run."""

    serial: int = 0

    def __hash__(self) -> int:
        return self.serial

    def __eq__(self, other: object) -> bool:
        return self is other


class _Ready(deque[asyncio.Handle]):
    """The queue of what may run now. Steps of tasks that stand at its head in a row are drawn in any order."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self._tape = tape
        self.steps = 0

    def popleft(self) -> asyncio.Handle:
        """The next to run."""
        self.steps += 1
        movable = 0
        for handle in islice(self, _WINDOW):
            if not _is_task_step(handle):
                break
            movable += 1
        if movable < 2:  # noqa: PLR2004 - one alone has no order
            return super().popleft()
        drawn = self._tape.choose(movable)
        if not drawn:
            return super().popleft()
        handle = self[drawn]
        del self[drawn]
        return handle


def _is_task_step(handle: asyncio.Handle) -> bool:
    callback = getattr(handle, "_callback", None)
    return isinstance(getattr(callback, "__self__", None), asyncio.Task)


class _NoSelector:
    """What asyncio waits with: waiting for files is impossible, waiting for a time takes none."""

    def __init__(self, loop: "SimulatedLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Jump to the next timer."""
        if timeout is None:
            raise DeadlockError("nothing is ready and no timer runs")
        self._loop.jump(timeout)
        return []


class SimulatedLoop(BaseEventLoop):
    """The loop of one simulation. `start` is the virtual unix time at which it begins."""

    def __init__(self, tape: Tape, start: float = 1_700_000_000.0) -> None:
        super().__init__()
        self._now = start
        self._serial = 0
        self._queue = _Ready(tape)
        self._steps_at = (start, 0)
        self.born: Callable[[SerialTask[Any]], None] | None = None
        # Two names that asyncio's own loop waits and runs with: there is no public way to replace them.
        self._ready = self._queue
        self._selector = _NoSelector(self)
        # Coarser than what a float of today's unix time can tell apart, or the loop would spin short of a timer.
        self._clock_resolution = 1e-6
        self.set_task_factory(self._make_task)
        for name in _OUTSIDE:
            setattr(self, name, _refusal(name))

    def time(self) -> float:
        """Virtual unix time: the same number serves as the loop's own time."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let virtual time pass.

        Raises:
            RunawayError: millions of steps have been made within one second.
        """
        if seconds > 0:
            self._now += seconds
        if self._now >= self._steps_at[0] + 1.0:
            self._steps_at = (self._now, self._queue.steps)
        elif self._queue.steps - self._steps_at[1] > _MOST_STEPS:
            raise RunawayError(f"{_MOST_STEPS} steps within a second of virtual time")

    def _make_task(
        self,
        loop: asyncio.AbstractEventLoop,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        context: contextvars.Context | None = None,
    ) -> "SerialTask[T]":
        self._serial += 1
        task = SerialTask(coro, loop=loop, name=f"task {self._serial}", context=context)
        task.serial = self._serial
        if self.born is not None:
            self.born(task)
        return task

    def _process_events(self, event_list: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody outside could wake us."""


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(*args: object, **_: object) -> NoReturn:
        raise OutsideError(f"{name} was called with {args!r}: no tape can replay that")

    return refuse


class LoopClock:
    """The Clock port over a simulated loop."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        """Virtual unix time."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time; a negative or zero time only yields."""
        await asyncio.sleep(max(0.0, seconds))


def run_simulated(tape: Tape, main: Callable[[SimulatedLoop], Awaitable[T]], start: float = 1_700_000_000.0) -> T:
    """Run `main` to its end on a loop of its own; tasks that it leaves behind are cancelled.

    Raises:
        DeadlockError, RunawayError, OutsideError: see there.
    """
    loop = SimulatedLoop(tape, start)
    asyncio.set_event_loop(loop)
    try:

        async def run() -> T:
            return await main(loop)

        return loop.run_until_complete(run())
    finally:
        _cancel_all(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _cancel_all(loop: SimulatedLoop) -> None:
    left = sorted((task for task in asyncio.all_tasks(loop) if not task.done()), key=hash)
    for task in left:
        task.cancel()
    for task in left:
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
