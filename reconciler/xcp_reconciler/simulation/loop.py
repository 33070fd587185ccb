"""An event loop without an outside: time jumps to the next timer, and the order of tasks comes from a tape."""

import asyncio
import contextvars
from asyncio.base_events import BaseEventLoop
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from heapq import heappop, heappush
from itertools import islice
from typing import Any, Final, NoReturn, TypeVar, TypeVarTuple

from xcp_reconciler.simulation.tape import Tape

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# So many tasks that are ready one after the other may change places.
_WINDOW: Final = 8
# So many tasks are kept in mind before those that have ended are forgotten.
_FEW: Final = 32
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

    # A frozen task makes no step before this time.
    thaws: float = 0.0
    # Whoever counts it as its own.
    owner: object = None

    def __init__(
        self,
        serial: int,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context | None,
    ) -> None:
        # First of all: asyncio asks for the hash while it makes the task.
        self.serial = serial
        super().__init__(coro, loop=loop, name=f"task {serial}", context=context)

    def __hash__(self) -> int:
        return self.serial


class _Handle(asyncio.TimerHandle):
    """What is to run, next or at its time. `task` is the one of which it is a step; others keep their order.

    It does not call the initialiser of asyncio's, which prepares it for a debug mode that no simulation has: a history
    has thousands of them.
    """

    __slots__ = ("task",)

    def __init__(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        args: tuple[*Ts],
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context | None,
    ) -> None:
        self._when = when
        self._callback: Callable[..., object] | None = callback
        self._args = args
        self._loop = loop
        self._context = contextvars.copy_context() if context is None else context
        self._cancelled = False
        self._repr = self._source_traceback = None
        owner = getattr(callback, "__self__", None)
        self.task: SerialTask[Any] | None = owner if type(owner) is SerialTask else None

    def cancel(self) -> None:
        """Do not run it."""
        self._cancelled = True
        self._callback, self._args = None, ()


class _Ready(deque[_Handle]):
    """The queue of what may run now. Steps of tasks that stand at its head in a row are drawn in any order."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self._tape = tape
        self.steps = 0

    def popleft(self) -> _Handle:
        """The next to run."""
        self.steps += 1
        # One alone has no order, and mostly there is one alone.
        if len(self) == 1 or self[0].task is None or self[1].task is None:
            return super().popleft()
        movable = 0
        for handle in islice(self, _WINDOW):
            if handle.task is None:
                break
            movable += 1
        drawn = self._tape.choose(movable)
        if not drawn:
            return super().popleft()
        handle = self[drawn]
        del self[drawn]
        return handle


class SimulatedLoop(BaseEventLoop):
    """The loop of one simulation. `start` is the virtual unix time at which it begins.

    It schedules and runs in its own way: without files, threads and real time, asyncio's is several times too much.
    """

    def __init__(self, tape: Tape, start: float = 1_700_000_000.0) -> None:
        super().__init__()
        self.now = start
        self.born: Callable[[SerialTask[Any]], None] | None = None
        self._queue = _Ready(tape)
        # Those of one time run in the order in which they were asked for.
        self._timers: list[tuple[float, int, _Handle]] = []
        self._asked = 0
        self._tasks = 0
        self._alive: list[SerialTask[Any]] = []
        self._many = _FEW
        self._second = (start, 0)
        self._frozen: list[_Handle] = []
        self._coldest = start
        for name in _OUTSIDE:
            setattr(self, name, _refusal(name))

    def time(self) -> float:
        """Virtual unix time: the same number serves as the loop's own time."""
        return self.now

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` when what is ready has run."""
        handle = _Handle(self.now, callback, args, self, context)
        self._queue.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Run `callback` in `delay` virtual seconds."""
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Run `callback` at a virtual time."""
        timer = _Handle(when, callback, args, self, context)
        self._asked += 1
        heappush(self._timers, (when, self._asked, timer))
        return timer

    def create_task(
        self,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        name: object = None,
        context: contextvars.Context | None = None,
    ) -> SerialTask[T]:
        """Begin a task; its name says which one it is in the order of creation."""
        del name
        self._tasks += 1
        task = SerialTask(self._tasks, coro, self, context)
        self._alive.append(task)
        if len(self._alive) > self._many:
            self._many = _FEW + 2 * len(self.alive())
        if self.born is not None:
            self.born(task)
        return task

    def alive(self) -> list[SerialTask[Any]]:
        """The tasks that have not ended, in the order of their creation.

        asyncio's own set of tasks is one for all loops, and a callback at the end of each task is a step more.
        """
        self._alive = [task for task in self._alive if not task.done()]
        return self._alive

    def _run_once(self) -> None:
        """Run all that is ready, and nothing yet of what comes of it. Where nothing is, time jumps to the next timer.

        Raises:
            DeadlockError: nothing is ready and no timer runs.
            RunawayError: millions of steps have been made within one second.
        """
        if not self._queue:
            self._jump()
        elif self._queue.steps - self._second[1] > _MOST_STEPS:
            raise RunawayError(f"{_MOST_STEPS} steps within a second of virtual time")
        queue, timers, now = self._queue, self._timers, self.now
        while timers and timers[0][0] <= now:
            queue.append(heappop(timers)[2])
        for _ in range(len(queue)):
            handle = queue.popleft()
            if handle.cancelled():
                continue
            if now < self._coldest and handle.task is not None and handle.task.thaws > now:
                self._frozen.append(handle)
                continue
            handle._run()  # noqa: SLF001 - what asyncio's own loops do

    def freeze(self, task: SerialTask[Any], until: float) -> None:
        """Let a task make no step before a virtual time."""
        task.thaws = until
        self._coldest = max(self._coldest, until)
        if until > self.now:
            self.call_at(until, self.thaw)

    def thaw(self) -> None:
        """Go on with the steps of tasks whose time has come, or that are frozen no more."""
        frozen, self._frozen = self._frozen, []
        self._queue.extend(frozen)

    def _jump(self) -> None:
        while self._timers and self._timers[0][2].cancelled():
            heappop(self._timers)
        if not self._timers:
            raise DeadlockError("nothing is ready and no timer runs")
        self.now = max(self.now, self._timers[0][0])
        if self.now >= self._second[0] + 1.0:
            self._second = (self.now, self._queue.steps)


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
        return self._loop.now

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
    left = list(loop.alive())
    for task in left:
        task.cancel()
    for task in left:
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
