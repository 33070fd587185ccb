"""What lies between a process and the hypervisors: calls that outlive their sender, looks and hints that go wrong."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any, Final, Protocol, cast

from xcp_reconciler.model.errors import OutcomeUnknownError
from xcp_reconciler.model.impact import ImpactTable
from xcp_reconciler.model.observed import Fresh, HostView, Observed, Snapshot, Stale, Unreachable
from xcp_reconciler.model.ops import Call, Op
from xcp_reconciler.model.outcome import Hint, Outcome
from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Access, Driver, PoolTarget, Session
from xcp_reconciler.simulation.fate import EmptyLook, StaleLook
from xcp_reconciler.simulation.history_site import Site

_CONTROLS: Final = ("vm", "power", "memory", "vcpu", "volume", "storage", "network", "migration")
# Where the call that is under way in this context answers its sender.
_answer: contextvars.ContextVar["asyncio.Future[Outcome]"] = contextvars.ContextVar("answer")


class Living(Protocol):
    """A process that may have died."""

    def require_alive(self) -> None:
        """Raise CancelledError where it is dead."""
        ...


def no_answer(call: Call) -> None:
    """Let the sender of the call that is under way believe that its answer was lost; the call goes on."""
    answer = _answer.get()
    if not answer.done():
        answer.set_exception(OutcomeUnknownError(f"{call.method}: no answer", host=call.host))


class WiredDriver:
    """A driver whose calls belong to nobody once they are sent, as a process on `site` sees it."""

    def __init__(self, driver: Driver, site: Site, process: Living) -> None:
        self.name = driver.name
        self._driver = driver
        self._site = site
        self._process = process

    def dialects(self) -> tuple[ImpactTable, ...]:
        """Those of the driver."""
        return self._driver.dialects()

    def impacts(self, hypervisor: str) -> ImpactTable:
        """Those of the driver."""
        return self._driver.impacts(hypervisor)

    def calls(self, op: Op, copies: tuple[Observed, ...]) -> tuple[Call, ...]:
        """Those of the driver."""
        return self._driver.calls(op, copies)

    def open(
        self, target: PoolTarget, *, clock: Clock, rng: Rng, access: Access
    ) -> AbstractAsyncContextManager[Session]:
        """A session of the driver, with a wire in between. The hypervisors go by a clock of their own."""
        del clock
        return self._opened(self._driver.open(target, clock=self._site.true, rng=rng, access=access))

    @asynccontextmanager
    async def _opened(self, opening: AbstractAsyncContextManager[Session]) -> AsyncGenerator[Session]:
        async with opening as session:
            yield cast("Session", _WiredSession(session, self._site, self._process))


class _WiredSession:
    """A session whose times are those of the machine of xcp."""

    def __init__(self, session: Session, site: Site, process: Living) -> None:
        self._session = session
        self._site = site
        self._process = process
        self._silent_until = 0.0
        for name in _CONTROLS:
            control = getattr(session, name)
            setattr(self, name, _WiredControl(control, site) if control is not None else None)

    async def snapshot(self, deadline: float) -> Snapshot:
        site = self._site
        snapshot = await self._session.snapshot(deadline - site.clock.ahead)
        self._process.require_alive()
        site.witness.look()
        if site.in_flight or not site.fate.swarm.proves_idle:
            snapshot = _busy(snapshot)
        past = site.past
        past.append(snapshot)
        match site.fate.look(site.true.now()):
            case StaleLook(back, mixed):
                snapshot = _mixed(site) if mixed else past[max(-len(past), -1 - back)]
            case EmptyLook(number):
                snapshot = _emptied(snapshot, number)
            case None:
                pass
        return _shifted(snapshot, site.clock.ahead)

    async def hints(self) -> AsyncGenerator[Hint]:
        site = self._site
        async with aclosing(cast("AsyncGenerator[Hint]", self._session.hints())) as hints:
            async for hint in hints:
                now = site.true.now()
                if now < self._silent_until:
                    continue
                fate = site.fate.hint(now)
                self._silent_until = now + fate.silence
                if fate.later:
                    await site.true.sleep(fate.later)
                for _ in range(fate.times):
                    yield hint


class _WiredControl:
    """Any control: each of its methods takes an op and a deadline."""

    def __init__(self, control: object, site: Site) -> None:
        self._control = control
        self._site = site

    def __getattr__(self, name: str) -> Callable[[Op, float], Awaitable[Outcome]]:
        method = getattr(self._control, name)
        site = self._site

        async def call(op: Op, deadline: float) -> Outcome:
            answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            # An empty context, so that no process counts the task as its own.
            context = contextvars.Context()
            context.run(_answer.set, answer)
            sent: asyncio.Future[Outcome] = context.run(asyncio.ensure_future, method(op, deadline - site.clock.ahead))

            site.in_flight += 1

            def arrived(done: "asyncio.Future[Outcome]") -> None:
                site.in_flight -= 1
                error = asyncio.CancelledError() if done.cancelled() else done.exception()
                if answer.done():
                    return
                if error is None:
                    answer.set_result(done.result())
                elif isinstance(error, asyncio.CancelledError):
                    answer.cancel()
                else:
                    answer.set_exception(error)

            sent.add_done_callback(arrived)
            return await answer

        return call


def _busy(snapshot: Snapshot) -> Snapshot:
    """A look that does not prove that no call is under way."""
    return replace(snapshot, hosts={name: replace(view, idle=False) for name, view in snapshot.hosts.items()})


def _mixed(site: Site) -> Snapshot:
    """A look in which each host is shown as it was at a moment of its own."""
    past = site.past
    last = past[-1]
    hosts = {name: past[-1 - site.fate.choose(len(past))].hosts.get(name, view) for name, view in last.hosts.items()}
    return replace(last, hosts=hosts)


def _emptied(snapshot: Snapshot, number: int) -> Snapshot:
    """A look in which one of the hosts that answer shows nothing, as after a restart that is not over."""
    names = [name for name, view in snapshot.hosts.items() if isinstance(view.freshness, Fresh)]
    if not names:
        return snapshot
    name = names[number % len(names)]
    view = snapshot.hosts[name]
    empty = HostView(name, view.freshness, view.hypervisor, view.version, view.cpus, view.memory)
    return replace(snapshot, hosts={**snapshot.hosts, name: empty})


def _shifted(snapshot: Snapshot, ahead: float) -> Snapshot:
    """The same look in the time of a machine whose clock is so many seconds ahead."""
    if not ahead:
        return snapshot
    hosts = {name: replace(view, freshness=_later(view.freshness, ahead)) for name, view in snapshot.hosts.items()}
    return replace(snapshot, at=snapshot.at + ahead, hosts=hosts)


def _later(freshness: Any, ahead: float) -> Fresh | Stale | Unreachable:  # noqa: ANN401 - mypy cannot narrow a union alias
    match freshness:
        case Fresh(at):
            return Fresh(at + ahead)
        case Stale(since):
            return Stale(since + ahead)
        case _:
            return Unreachable(freshness.since + ahead, freshness.why)
