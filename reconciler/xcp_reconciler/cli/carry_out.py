"""From a plan that was agreed to, to the world that it describes: write, act or attach, show, report."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.logs import logged
from xcp_reconciler.cli.output import console
from xcp_reconciler.cli.overheard import overhear
from xcp_reconciler.cli.progress import ProgressSink
from xcp_reconciler.cli.signals import stopped_by_signals
from xcp_reconciler.cli.survey import stored
from xcp_reconciler.cli.undertaking import Undertaking, write_down
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.model.decision import Decision, Gone, Pending, Steady
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import Store
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.ending import Ending, Outcome
from xcp_reconciler.report.progress import LineState, Progress, planned_steps, stopping_words
from xcp_reconciler.runtime.converge import Converged, converge
from xcp_reconciler.runtime.coverage import PLAN_LIVES_S
from xcp_reconciler.runtime.registry import InstalledDrivers
from xcp_reconciler.runtime.stopping import Stop, StopLevel
from xcp_reconciler.runtime.system import SystemClock, SystemRng
from xcp_reconciler.runtime.wiring import Ports
from xcp_reconciler.store.sqlite import SqliteStore

_NOBODY: Final = (
    "nobody acts on this store, so without waiting nothing would happen",
    "start xcp run first, or leave --no-wait out",
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the command waits, in seconds; not at all where `waits` is False."""

    timeout: float
    waits: bool = True


async def carry_out(undertaking: Undertaking, patience: Patience) -> Ending | None:
    """Write down what was agreed to and bring it about; None where nobody waits for the end.

    Raises:
        CommandError: somebody has changed the same objects meanwhile, or nobody would act.
        StoreError: the store cannot be written.
    """
    clock, rng = SystemClock(), SystemRng()
    async with stored(undertaking.workspace, Access.WRITE) as store:
        # Who waits renews it; nobody renews a plan that nobody waits for.
        lives = PLAN_LIVES_S if patience.waits else patience.timeout
        plan = undertaking.opened(rng.uid(), clock.now(), lives)
        if not patience.waits:
            async with store.lease() as leading:
                if leading:
                    raise CommandError(*_NOBODY)
            await write_down(undertaking, plan, store)
            return None
        await write_down(undertaking, plan, store)
        steps = planned_steps((entry.ref, max(len(entry.ops), 1)) for entry in undertaking.plan.changing)
        async with at_work(undertaking.workspace, store, steps) as work:
            return await work.bring_about(undertaking, plan, patience.timeout)


@dataclass(frozen=True, slots=True)
class Work:
    """A command that acts: where its steps are shown, and whether somebody wants it to stop."""

    store: SqliteStore
    stop: Stop
    _ports: Ports
    _sink: ProgressSink

    async def bring_about(self, undertaking: Undertaking, plan: OpenPlan, timeout: float) -> Ending:  # noqa: ASYNC109 - an ordinary way to end
        """Act on a plan that is written down, or attach to whoever does, and wait for the end.

        Raises:
            StoreError: the store cannot be read or was taken away.
        """
        ports, sink = self._ports, self._sink
        began = ports.clock.now()
        about = frozenset(plan.changes)
        listener = asyncio.ensure_future(overhear(sink, about, ports.store, ports.clock, ports.pace.store_s))
        try:
            converged = await converge(ports, plan, timeout, self.stop)
        finally:
            await _ended(listener)
        return _ending(undertaking, converged, sink.progress, self.store, ports.clock.now() - began)


@asynccontextmanager
async def at_work(workspace: Workspace, store: SqliteStore, steps: Mapping[Ref, int]) -> AsyncGenerator[Work]:
    """Show progress and listen to Ctrl-C for as long as this lasts. `steps` are those of all objects, by number."""
    clock = SystemClock()
    sink = ProgressSink(Progress(steps, clock.now()), console(stderr=True), clock.now)
    ports = Ports(clock, SystemRng(), store, InstalledDrivers(), workspace.owner, workspace.folder, sink)
    stop = Stop()

    def told(level: StopLevel) -> None:
        progress = sink.progress
        match level:
            case StopLevel.NOW:
                sink.stopping("Stopping now. What was begun is found again by the next run of the same command.")
            case _:
                sink.stopping(stopping_words(progress.running, progress.left))

    with logged(sink.say), sink.shown(), stopped_by_signals(stop.ask, told):
        yield Work(store, stop, ports, sink)


async def _ended(task: "asyncio.Future[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _ending(undertaking: Undertaking, converged: Converged, progress: Progress, store: Store, took: float) -> Ending:
    settled = [line.ref for line in progress.lines.values() if line.ref in converged.done]
    touched = {ref for ref, line in progress.lines.items() if line.made or line.state is LineState.SETTLED}
    changed = [ref for ref in settled if ref in touched]
    gone = {entry.ref for entry in undertaking.plan.entries if isinstance(entry.end, Gone) and not entry.changes}
    forgotten = len(gone & converged.done.keys())
    return Ending(
        Outcome(converged.reason.value),
        changed,
        len(converged.done) - len(changed) - forgotten,
        _pending(converged.done, store),
        converged.left,
        took,
        forgotten,
    )


def _pending(done: Mapping[Ref, Decision | str], store: Store) -> list[tuple[Ref, Pending]]:
    """What stays for now; where another process acted, what that has published."""
    found: list[tuple[Ref, Pending]] = []
    for ref, decision in done.items():
        if isinstance(decision, Steady):
            found.extend((ref, one) for one in decision.pending)
        elif isinstance(decision, str):
            status = store.state.statuses.get(ref)
            found.extend((ref, one) for one in (status.pending if status is not None else ()))
    return found


def exit_of(ending: Ending | None) -> Exit:
    """0 when everything is as planned, 3 when only the plan itself stands in the way, else 1."""
    if ending is None or (ending.outcome is Outcome.DONE and not ending.left):
        return Exit.DONE
    return Exit.REFUSED if ending.overtaken else Exit.ERROR
