"""A simulated process: ports of its own, and a death that leaves no last words."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.sink import DecisionNews, News, StepNews
from xcp_reconciler.ports.store import Store, Write
from xcp_reconciler.runtime.registry import GivenDrivers
from xcp_reconciler.runtime.wiring import Pace, Ports
from xcp_reconciler.simulation.faults import CrashPoint, FaultPlan
from xcp_reconciler.simulation.loop import SerialTask, SimulatedLoop
from xcp_reconciler.simulation.recording import Trace
from xcp_reconciler.simulation.tape import TapeRng
from xcp_reconciler.simulation.truth import Truth
from xcp_reconciler.simulation.wire import WiredDriver
from xcp_reconciler.store.sqlite import SqliteStore, open_store

# A cancelled task may catch that once or twice, and then has to end: its ports are dead.
_MOST_BURIALS: Final = 50
# Often enough for virtual time, seldom enough that twenty quiet passes cost little.
PACE: Final = Pace(store_s=1.0, resync_s=5.0, lease_s=1.0)

_process: contextvars.ContextVar["Process | None"] = contextvars.ContextVar("process", default=None)

Program = Callable[[Ports], Awaitable[None]]
Observe = Callable[[], None]


class UndeadError(Exception):
    """A task of a dead process does not end."""


def adopt_tasks(loop: SimulatedLoop) -> None:
    """Give every task to the process whose code made it."""

    def born(task: SerialTask[Any]) -> None:
        process = _process.get()
        if process is not None:
            process.tasks[task.serial] = task
            task.add_done_callback(lambda done: process.tasks.pop(hash(done), None))

    loop.born = born


class Process:
    """Runs a program until it ends, is stopped, or dies at the point that the fault plan chose."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a process shares with the rest of its world
        self,
        name: str,
        owner: str,
        path: Path,
        truth: Truth,
        clock: Clock,
        rng: TapeRng,
        plan: FaultPlan,
        trace: Trace,
        observe: Observe,
    ) -> None:
        self.name = name
        self.tasks: dict[int, SerialTask[Any]] = {}
        self.died = asyncio.Event()
        self.calls = 0
        self._owner = owner
        self._path = path
        self._truth = truth
        self._clock = clock
        self._rng = rng
        self._plan = plan
        self._trace = trace
        self._observe = observe
        self._store: SqliteStore | None = None
        self._marked: dict[Call, CrashPoint] = {}
        self._doom: CrashPoint | None = None

    @property
    def dead(self) -> bool:
        """Whether it has crashed."""
        return self.died.is_set()

    def start(self, program: Program) -> "asyncio.Task[None]":
        """Begin to run `program` with ports of its own."""
        context = contextvars.copy_context()
        context.run(_process.set, self)
        return context.run(asyncio.ensure_future, self._main(program))

    def crash(self) -> None:
        """Die now: first the ports, then the tasks, whose last steps can reach nothing any more."""
        if self.dead:
            return
        self.died.set()
        self._trace.add(self._clock.now(), self.name, "dies")
        if self._store is not None:
            self._store.abandon()
        for task in list(self.tasks.values()):
            task.cancel()

    async def bury(self) -> None:
        """Wait until no task of a dead process is left.

        Raises:
            UndeadError: one does not end.
        """
        for _ in range(_MOST_BURIALS):
            left = [task for task in self.tasks.values() if not task.done()]
            if not left:
                return
            for task in left:
                task.cancel()
            await asyncio.sleep(0)
        raise UndeadError(f"{self.name}: {next(iter(self.tasks.values()))}")

    async def _main(self, program: Program) -> None:
        store_faults = _StoreFaults(self)
        async with open_store(
            self._path, access=Access.WRITE, clock=self._clock, rng=self._rng, faults=store_faults
        ) as store:
            self._store = store
            await program(self._ports(store))

    def _ports(self, store: Store) -> Ports:
        drivers = GivenDrivers(WiredDriver(self._truth.driver(_CallFaults(self))))
        return Ports(self._clock, self._rng, store, drivers, self._owner, sink=self, pace=PACE)

    # --- what its ports tell

    def tell(self, news: News) -> None:
        """Note decisions and steps."""
        self.require_alive()
        if isinstance(news, DecisionNews):
            self._trace.add(news.at, self.name, f"{news.ref.path} {type(news.decision).__name__}")
        elif isinstance(news, StepNews):
            self._trace.add(news.at, self.name, f"{news.ref.path} {type(news.op).__name__} {news.phase}")

    def require_alive(self) -> None:
        """Whoever died hears of nothing any more.

        Raises:
            CancelledError: it is dead.
        """
        if self.dead:
            raise asyncio.CancelledError

    def before_send(self, call: Call) -> float:
        """An effect begins; for how many seconds it is delayed on its way."""
        self.require_alive()
        self.calls += 1
        self._trace.add(self._clock.now(), self.name, f"sends {call}")
        point = self._plan.crash_here(call, self._clock.now())
        if point is CrashPoint.BEFORE_SEND:
            self.crash()
            self.require_alive()
        if point is CrashPoint.IN_FLIGHT:
            self.crash()
            return self._plan.landing()
        if point is None:
            self._plan.before_send(call, self._clock.now())
        else:
            self._marked[call] = point
        return 0.0

    def applied(self, call: Call) -> None:
        """The world has changed."""
        self._observe()
        self._trace.add(self._clock.now(), self.name, f"applied {call.method}")
        if self._marked.get(call) is CrashPoint.BEFORE_REPLY:
            self.crash()
        self.require_alive()
        if call not in self._marked:
            self._plan.applied(call, self._clock.now())

    def replied(self, call: Call) -> None:
        """The answer is there; from here on the next commit may be the last thing that happens, or does not."""
        self.require_alive()
        self._doom = self._marked.pop(call, self._doom)

    def staleness(self) -> int:
        """A look is handed over."""
        self.require_alive()
        self._observe()
        return self._plan.staleness(self._clock.now())

    def commits(self, commits: tuple[tuple[Write, ...], ...], point: CrashPoint) -> None:
        """The store is about to make something durable, or has just done so."""
        if point is CrashPoint.BEFORE_COMMIT:
            names = ",".join(type(write).__name__ for writes in commits for write in writes)
            self._trace.add(self._clock.now(), self.name, f"commits {names}")
        if self._doom is point:
            self.crash()


class _CallFaults:
    """The driver's side of a process."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def before_send(self, call: Call) -> None:
        delay = self._process.before_send(call)
        if delay:
            await asyncio.sleep(delay)

    async def applied(self, call: Call) -> None:
        self._process.applied(call)

    async def after_reply(self, call: Call) -> None:
        self._process.replied(call)

    def staleness(self) -> int:
        return self._process.staleness()


class _StoreFaults:
    """The store's side of a process."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        self._process.commits(commits, CrashPoint.BEFORE_COMMIT)

    def after_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        self._process.commits(commits, CrashPoint.AFTER_COMMIT)
