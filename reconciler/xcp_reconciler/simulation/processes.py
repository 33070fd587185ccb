"""A simulated process: ports of its own, and a death that leaves no last words."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.sink import DecisionNews, News, StepNews, StepPhase
from xcp_reconciler.ports.store import Store, Write
from xcp_reconciler.runtime.registry import GivenDrivers
from xcp_reconciler.runtime.wiring import Pace, Ports
from xcp_reconciler.simulation.fate import CallFate, Dies, Fails, LandsLate, ReplyLost, Slow, store_error
from xcp_reconciler.simulation.fault import CrashPoint, Fault
from xcp_reconciler.simulation.history_site import Site
from xcp_reconciler.simulation.loop import SerialTask, SimulatedLoop
from xcp_reconciler.simulation.oracles import Oracle
from xcp_reconciler.simulation.scenario import OWNER
from xcp_reconciler.simulation.wire import WiredDriver, no_answer
from xcp_reconciler.store.sqlite import SqliteStore, open_store

# A cancelled task may catch that once or twice, and then has to end: its ports are dead.
_MOST_BURIALS: Final = 50
# Often enough for virtual time, seldom enough that twenty quiet passes cost little.
PACE: Final = Pace(store_s=1.0, resync_s=5.0, lease_s=1.0)

_process: contextvars.ContextVar["Process | None"] = contextvars.ContextVar("process", default=None)

Program = Callable[[Ports], Awaitable[None]]


class UndeadError(Exception):
    """A task of a dead process does not end."""


def adopt_tasks(loop: SimulatedLoop) -> None:
    """Give every task to the process whose code made it."""

    def born(task: SerialTask[Any]) -> None:
        process = _process.get()
        if process is not None:
            process.adopt(task)

    loop.born = born


class Process:
    """Runs a program until it ends, is stopped, or dies at the point that its fate says."""

    def __init__(self, name: str, site: Site) -> None:
        self.name = name
        self.died = asyncio.Event()
        self._site = site
        self._thaws = 0.0
        self._store: SqliteStore | None = None
        self._marked: dict[Call, CallFate] = {}
        self._doom: CrashPoint | None = None
        self._torn_from: int | None = None

    @property
    def dead(self) -> bool:
        """Whether it has crashed."""
        return self.died.is_set()

    @property
    def leads(self) -> bool:
        """Whether it is the actor of its store."""
        return not self.dead and self._store is not None and self._store.leads

    @property
    def stands_still(self) -> bool:
        """Whether it does nothing now, and will go on later."""
        return self._thaws > self._site.loop.time()

    def start(self, program: Program) -> "asyncio.Task[None]":
        """Begin to run `program` with ports of its own."""
        self._site.processes.append(self)
        context = contextvars.copy_context()
        context.run(_process.set, self)
        return context.run(asyncio.ensure_future, self._main(program))

    def adopt(self, task: SerialTask[Any]) -> None:
        """A task of its own was born."""
        task.owner = self
        if self._thaws > self._site.loop.time():
            self._site.loop.freeze(task, self._thaws)

    def _left(self) -> list[SerialTask[Any]]:
        """Its tasks that have not ended, in the order of their creation."""
        return [task for task in self._site.loop.alive() if task.owner is self]

    def freeze(self, seconds: float) -> None:
        """Do nothing for so long, and then go on as if no time had passed."""
        self._site.note(self.name, f"stands still for {seconds:.0f} s")
        self._thaws = self._site.loop.time() + seconds
        for task in self._left():
            self._site.loop.freeze(task, self._thaws)

    def crash(self) -> None:
        """Die now: first the ports, then the tasks, whose last steps can reach nothing any more."""
        if self.dead:
            return
        self.died.set()
        self._site.note(self.name, "dies")
        if self._store is not None:
            self._store.abandon()
        self._thaws = 0.0
        for task in self._left():
            self._site.loop.freeze(task, 0.0)
            task.cancel()
        self._site.loop.thaw()

    async def bury(self) -> None:
        """Wait until no task of a dead process is left.

        Raises:
            UndeadError: one does not end.
        """
        for _ in range(_MOST_BURIALS):
            left = self._left()
            if not left:
                return
            for task in left:
                task.cancel()
            await asyncio.sleep(0)
        raise UndeadError(f"{self.name}: {self._left()[0]}")

    async def _main(self, program: Program) -> None:
        site = self._site
        async with open_store(
            site.path, access=Access.WRITE, clock=site.clock, rng=site.rng, faults=_StoreFaults(self)
        ) as store:
            self._store = store
            await program(self._ports(store))

    def _ports(self, store: Store) -> Ports:
        site = self._site
        drivers = GivenDrivers(WiredDriver(site.truth.driver(_CallFaults(self)), site, self))
        return Ports(site.clock, site.rng, store, drivers, OWNER, sink=self, pace=PACE)

    # --- what its ports tell

    def tell(self, news: News) -> None:
        """Note decisions and steps."""
        self.require_alive()
        if isinstance(news, DecisionNews):
            self._site.note(self.name, f"{news.ref.path} {type(news.decision).__name__}")
            self._site.passes.decided(news.ref)
        elif isinstance(news, StepNews):
            self._site.note(self.name, f"{news.ref.path} {type(news.op).__name__} {news.phase}")
            site, now = self._site, self._site.true.now()
            if news.phase is StepPhase.STARTED:
                self._compare_with_plans(news)
                site.grace.begins(news.op, now, set_by=site.clock.ahead)
                site.repeats.begins(news.op, now, gone_wrong=site.fate.gone_wrong)
            elif news.phase in {StepPhase.DONE, StepPhase.RUNNING}:
                site.repeats.accepted(news.op, now)

    def _compare_with_plans(self, news: StepNews) -> None:
        """While somebody applies a plan that names an object, nothing is done to it that no such plan shows."""
        plans = self._store.state.plans.values() if self._store is not None else ()
        now = self._site.clock.now()
        shown = [
            plan.changes[news.ref] for plan in plans if news.ref in plan.changes and plan.opened <= now < plan.expires
        ]
        if shown and not any(shown):
            self._site.broken(Oracle.AS_SHOWN, f"{type(news.op).__name__} of {news.ref} is in no plan that is open")

    def require_alive(self) -> None:
        """Whoever died hears of nothing any more.

        Raises:
            CancelledError: it is dead.
        """
        if self.dead:
            raise asyncio.CancelledError

    def before_send(self, call: Call) -> float:
        """An effect begins; for how many seconds it is delayed on its way.

        Raises:
            DriverError: it fails here, as its fate says.
        """
        self.require_alive()
        site = self._site
        site.sent += 1
        site.note(self.name, f"sends {call}")
        leaders = [process.name for process in site.processes if process.leads]
        if leaders != [self.name]:
            site.broken(Oracle.LEASE, f"{self.name} sent {call}, and who leads is {', '.join(leaders) or 'nobody'}")
        if site.on_sent is not None:
            site.on_sent()
        fate = site.fate.call(call, site.true.now())
        if fate is not None:
            site.passes.fault()
        match fate:
            case Dies(CrashPoint.BEFORE_SEND):
                self.crash()
                raise asyncio.CancelledError
            case Dies(CrashPoint.IN_FLIGHT, landing):
                self.crash()
                return landing
            case Fails(error):
                raise error
            case LandsLate(seconds):
                no_answer(call)
                return seconds
            case Slow(seconds):
                return seconds
            case Dies() | ReplyLost():
                self._marked[call] = fate
            case None:
                pass
        return 0.0

    def applied(self, call: Call) -> None:
        """The world has changed."""
        site = self._site
        site.witness.look()
        site.note(self.name, f"applied {call.method}")
        match self._marked.get(call):
            case Dies(CrashPoint.BEFORE_REPLY):
                self.crash()
            case ReplyLost():
                del self._marked[call]
                no_answer(call)
            case _:
                pass

    def replied(self, call: Call) -> None:
        """The answer is there; from here on the next commit may be the last thing that happens, or does not."""
        fate = self._marked.pop(call, None)
        if isinstance(fate, Dies):
            self._doom = fate.point

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """The store is about to make something durable.

        Raises:
            OSError: the disk fails, as the commit's fate says.
        """
        site = self._site
        names = ",".join(sorted({type(write).__name__ for writes in commits for write in writes}))
        site.note(self.name, f"commits {names}")
        if self._doom is CrashPoint.BEFORE_COMMIT:
            self.crash()
            return
        fault = site.fate.commit(names, site.true.now())
        if fault is None:
            return
        site.passes.fault()
        error = store_error(fault)
        if error is not None:
            raise error
        if fault is Fault.TORN_LOG:
            self._torn_from = self._log_length()

    def after_commit(self) -> None:
        """It is durable, and nobody has been told."""
        if self._torn_from is not None:
            self._site.torn, self._torn_from = self._torn_from, None
            self.crash()
        elif self._doom is CrashPoint.AFTER_COMMIT:
            self.crash()

    def _log_length(self) -> int:
        log = self._site.path.with_name(self._site.path.name + "-wal")
        with suppress(FileNotFoundError):
            return log.stat().st_size
        return 0


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
        """Looks grow old on the wire, not in the driver."""
        return 0


class _StoreFaults:
    """The store's side of a process."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        self._process.before_commit(commits)

    def after_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        del commits
        self._process.after_commit()
