"""The only interpreter of ops: step by step, an intent before each call that leaves doubt, nothing ever undone."""

import asyncio
import logging
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, assert_never

from xcp_reconciler.model.decision import Act, Step
from xcp_reconciler.model.errors import DriverError, Failure, FailureKind, OutcomeUnknownError
from xcp_reconciler.model.history import EMPTY, History, Intent
from xcp_reconciler.model.ops import MigrateVm, Op
from xcp_reconciler.model.outcome import Done, Outcome, Running
from xcp_reconciler.plan.failures import judge
from xcp_reconciler.plan.intents import call_seconds, intent_for
from xcp_reconciler.plan.preconditions import circumstances, fingerprint, rebase
from xcp_reconciler.plan.recall import remember
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import World
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.ports.driver import Session
from xcp_reconciler.ports.sink import StepNews, StepPhase
from xcp_reconciler.ports.store import PutHistory, Write
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.breaker import Breakers
from xcp_reconciler.runtime.dispatch import send
from xcp_reconciler.runtime.excerpt import excerpt
from xcp_reconciler.runtime.pools import OpenPool
from xcp_reconciler.runtime.stopping import Stop, StopLevel
from xcp_reconciler.runtime.wiring import Ports

# A driver has so many seconds to notice by itself that a deadline has passed.
_GRACE_S: Final = 5.0
# Long work is looked at so often (seconds), however long it will take: people watch how far it is.
_GLANCE_S: Final = 1.0

log = logging.getLogger(__name__)


class Ended(Enum):
    """How far an Act got."""

    ALL = auto()
    RUNNING = auto()
    FAILED = auto()
    OVERTAKEN = auto()
    HOST_RESTS = auto()
    STOPPED = auto()


@dataclass(frozen=True, slots=True)
class Performed:
    """`again` is when to look at the object again (unix seconds), None: as soon as there is a new look."""

    ended: Ended
    again: float | None = None
    host: str | None = None


class Performer:
    """Makes calls. At most one Act per object at a time, which the runner sees to."""

    def __init__(self, ports: Ports, breakers: Breakers, stop: Stop) -> None:
        self._ports = ports
        self._breakers = breakers
        self._stop = stop
        self._at_work: set[Ref] = set()

    async def perform(
        self, ref: Ref, act: Act, world: World, opened: OpenPool, announce: tuple[Write, ...] = ()
    ) -> Performed:
        """Perform the steps of an Act that was just decided on the last look at `opened`.

        What `announce` writes becomes durable before the first call. After any failure the rest is dropped.

        Raises:
            StoreError: an intent could not be made durable, so its call was not made.
        """
        self._at_work.add(ref)
        try:
            async with opened.use() as session:
                run = _Run(self._ports, self._breakers, self._stop, ref, act, world, opened, session)
                return await run.run(announce)
        finally:
            self._at_work.discard(ref)

    def at_work(self) -> frozenset[Ref]:
        """The objects at which calls are being made."""
        return frozenset(self._at_work)


async def make_call(session: Session, op: Op, deadline: float, clock: Clock) -> Outcome:
    """Make one call, and see to it that it ends soon after its deadline (unix seconds).

    Raises:
        DriverError: as the driver says; OutcomeUnknownError when it has not returned in time.
    """
    patience = max(0.0, deadline - clock.now()) + _GRACE_S
    limit = asyncio.timeout(patience)
    try:
        async with limit:
            return await send(session, op, deadline)
    except DriverError:
        raise
    except TimeoutError as error:
        if not limit.expired():
            raise _defect(op, error) from error
        message = f"{type(op).__name__} on {op.host} has not returned within {patience:.0f} s"
        raise OutcomeUnknownError(message, host=op.host) from error
    except Exception as error:
        raise _defect(op, error) from error


class _Run:
    """One Act under way."""

    def __init__(  # noqa: PLR0913, PLR0917 - everything that one Act needs, gathered once
        self,
        ports: Ports,
        breakers: Breakers,
        stop: Stop,
        ref: Ref,
        act: Act,
        world: World,
        opened: OpenPool,
        session: Session,
    ) -> None:
        self._ports = ports
        self._breakers = breakers
        self._stop = stop
        self._ref = ref
        self._act = act
        self._world = world
        self._view = opened.view
        self._session = session
        self._ops = tuple(step.op for step in act.steps)
        self._mark = 0
        self._part: Sight | None = None
        self._history = ports.store.state.histories.get(ref, EMPTY)

    async def run(self, announce: tuple[Write, ...]) -> Performed:
        self._renew()
        for step in self._act.steps:
            held = self._held(step.op)
            if held is not None:
                await self._keep(self._history, announce)
                return held
            self._renew()
            if not self._holds(step):
                await self._keep(self._history, announce)
                return Performed(Ended.OVERTAKEN)
            now = self._ports.clock.now()
            intent = intent_for(step.op, now)
            if intent is not None:
                pledged = replace(self._history, intents=(*self._history.intents, intent))
                await self._keep(pledged, announce)
                # While that was written, somebody else's change may have come to light.
                if self._renew() and not self._holds(step):
                    await self._keep(_without(self._history, intent), ())
                    return Performed(Ended.OVERTAKEN)
            elif announce:
                await self._keep(self._history, announce)
            announce = ()
            deadline = intent.deadline if intent is not None else now + call_seconds(step.op)
            performed = await self._step(step.op, intent, deadline)
            if performed is not None:
                return performed
        await self._keep(self._history, ())
        return Performed(Ended.ALL)

    def _held(self, op: Op) -> Performed | None:
        if self._stop.level is not StopLevel.NONE:
            return Performed(Ended.STOPPED)
        for host in (op.host, op.target) if isinstance(op, MigrateVm) else (op.host,):
            until = self._breakers.open_until(host)
            if until is not None:
                return Performed(Ended.HOST_RESTS, until, host)
        return None

    def _renew(self) -> bool:
        """Take over a look that began after our own last call; whether there was one."""
        look = self._view.look
        if look is None or look.serial <= self._mark:
            return False
        self._mark = look.serial
        self._part = excerpt(look.sight, self._ops)
        return True

    def _holds(self, step: Step) -> bool:
        return self._part is not None and fingerprint(step.op, self._part) == step.precondition

    async def _step(self, op: Op, intent: Intent | None, deadline: float) -> Performed | None:
        self._tell(op, StepPhase.STARTED)
        try:
            outcome = await make_call(self._session, op, deadline, self._ports.clock)
        except DriverError as error:
            return await self._failed(op, intent, error)
        now = self._ports.clock.now()
        desired = self._world.declared.desired[self._ref]
        history = remember(op, desired, self._history, now)
        self._breakers.worked(op.host)
        # Only a look that begins from here on shows what the call did.
        self._mark = self._view.mark()
        match outcome:
            case Done():
                self._history = _without(history, intent)
                self._tell(op, StepPhase.DONE)
                if self._part is not None:
                    rebase(op, self._part)
                return None
            case Running():
                # The intent stays: until the work is seen to be over, the object may turn up at either end.
                await self._keep(history, ())
                self._tell(op, StepPhase.RUNNING)
                return Performed(Ended.RUNNING, now + min(outcome.poll_after, _GLANCE_S))
            case _:
                assert_never(outcome)

    async def _failed(self, op: Op, intent: Intent | None, error: DriverError) -> Performed:
        """Judge the error. Only a refusal that certainly changed nothing takes the intent back."""
        now = self._ports.clock.now()
        clean = error.kind not in {FailureKind.OUTCOME_UNKNOWN, FailureKind.DEFECT}
        history = _without(self._history, intent) if clean else self._history
        seen = circumstances(self._ref, self._world)
        verdict = judge(error, history, now, self._ports.rng.fraction(), seen)
        if verdict.host is not None:
            self._breakers.failed(verdict.host)
        await self._keep(verdict.history, ())
        self._tell(op, StepPhase.FAILED, Failure(error.kind, error.message, now, error.code))
        return Performed(Ended.FAILED, verdict.retry_at, verdict.host)

    async def _keep(self, history: History, also: tuple[Write, ...]) -> None:
        known = self._ports.store.state.histories.get(self._ref, EMPTY)
        writes = also if history == known else (*also, PutHistory(self._ref, history))
        if writes:
            await self._ports.store.commit(*writes)
        self._history = history

    def _tell(self, op: Op, phase: StepPhase, failure: Failure | None = None) -> None:
        self._ports.sink.tell(StepNews(self._ref, op, phase, self._ports.clock.now(), failure=failure))


def _without(history: History, intent: Intent | None) -> History:
    if intent is None:
        return history
    return replace(history, intents=tuple(one for one in history.intents if one != intent))


def _defect(op: Op, error: Exception) -> DriverError:
    log.error("a defect: the driver failed at %s", type(op).__name__, exc_info=error)
    return DriverError(f"the driver failed: {type(error).__name__}: {error}")
