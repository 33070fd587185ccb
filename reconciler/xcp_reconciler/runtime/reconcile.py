"""One object, once: look, settle, decide, admit, perform, report."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, assert_never

from xcp_reconciler.model.decision import (
    Act,
    Blocked,
    BlockReason,
    Decision,
    Gone,
    PendingReason,
    Steady,
    Wait,
    WaitReason,
)
from xcp_reconciler.model.desired import Desired, pool_of, references
from xcp_reconciler.model.history import EMPTY
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.status import ConditionType, Truth
from xcp_reconciler.plan.admission import admit
from xcp_reconciler.plan.balance_status import balance_status
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.failures import forgiven
from xcp_reconciler.plan.intents import settle
from xcp_reconciler.plan.placement.outlook import judging
from xcp_reconciler.plan.rebalance_status import rebalance_status
from xcp_reconciler.plan.recall import note
from xcp_reconciler.plan.status import status_of
from xcp_reconciler.plan.world import World
from xcp_reconciler.ports.sink import DecisionNews
from xcp_reconciler.ports.store import ConflictError, PutHistory, PutStatus, RemoveDesired, StoreError, Write
from xcp_reconciler.refs import Kind, Ref, pool_ref
from xcp_reconciler.runtime.balancing import Balancing
from xcp_reconciler.runtime.coverage import Coverage
from xcp_reconciler.runtime.declared import Declared
from xcp_reconciler.runtime.looks import Ask, Looks
from xcp_reconciler.runtime.perform import Ended, Performed, Performer
from xcp_reconciler.runtime.placing import Placing
from xcp_reconciler.runtime.pools import OpenPool, Pools
from xcp_reconciler.runtime.schedule import Priority
from xcp_reconciler.runtime.wiring import Ports

_SILENT_S: Final = 2.0
_STORE_RETRY_S: Final = 5.0
_UNAUTHORISED_S: Final = 30.0
_ABOUT_OTHERS: Final = frozenset({BlockReason.IN_USE, BlockReason.INVALID})
# What may end without any sign of its own: a stranger leaves the host, or it is time to ask the guest again.
_PASSING: Final = frozenset({PendingReason.NO_MEMORY, PendingReason.GUEST_UNCOOPERATIVE})

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Desk:
    """What was decided, remembered only for as long as this process runs.

    `decisions` are the last ones; `resting` the hosts whose breaker kept an Act from being performed; `waiters` who
    waits for whom.
    """

    decisions: dict[Ref, Decision] = field(default_factory=dict[Ref, Decision])
    resting: dict[Ref, str] = field(default_factory=dict[Ref, str])
    waiters: dict[Ref, dict[Ref, None]] = field(default_factory=dict[Ref, dict[Ref, None]])


@dataclass(frozen=True, slots=True)
class _Case:
    """One object at one moment."""

    ref: Ref
    world: World
    decision: Decision
    opened: OpenPool | None
    desired: Desired


class Reconciler:
    """Works on one object at a time for each caller; callers see to it that no two work on the same."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the loop, put together once
        self,
        ports: Ports,
        declared: Declared,
        pools: Pools,
        performer: Performer,
        placing: Placing,
        balancing: Balancing,
        coverage: Coverage,
        ask: Ask,
    ) -> None:
        self.desk = Desk()
        self.looks = Looks(ports.clock, ask)
        self._ports = ports
        self._declared = declared
        self._pools = pools
        self._performer = performer
        self._placing = placing
        self._balancing = balancing
        self._coverage = coverage
        self._ask = ask
        self._identities = Identities(ports.owner)
        self._decided: Callable[[Ref, Decision], None] = _nobody
        self._forgotten: Callable[[Ref], None] = _nowhere

    def listen(self, decided: Callable[[Ref, Decision], None]) -> None:
        """Tell `decided` of each decision once it is persisted and, if it was an Act, performed."""
        self._decided = decided

    def listen_for_leaving(self, forgotten: Callable[[Ref], None]) -> None:
        """Tell `forgotten` of each object whose record is gone."""
        self._forgotten = forgotten

    async def reconcile(self, ref: Ref) -> float | None:
        """Do for one object what is to be done now; when to look at it again by time, None: not by time."""
        try:
            if ref.kind is Kind.POOL:
                await self._place(ref)
                if not self._placing.covers(ref):
                    return None
            if ref.kind is Kind.MEMORY_POLICY:
                return await self._policy(ref)
            return await self._one(ref)
        except ConflictError:
            return self._ports.clock.now()
        except StoreError as error:
            log.warning("%s: %s", ref, error)
            return self._ports.clock.now() + _STORE_RETRY_S

    # --- looking

    def ready(self, ref: Ref) -> bool:
        """Whether an object can be decided about now; if not, it is asked for again when there is a look to use."""
        if ref.kind is Kind.POOL:
            return True
        desired = self._ports.store.state.desired.get(ref)
        if desired is None:
            return True
        pool = pool_of(desired, self._ports.store.state.desired)
        opened, until = self._pools.get(pool), self._pools.opening_until(pool)
        if opened is None and until is not None:
            # It is asked for when the pool has turned out to be open or not; this is for one that takes its time.
            self._ask(ref, until, Priority.ROUTINE)
            return False
        if opened is None or opened.view.refusal is not None or self.looks.suffice(ref, opened):
            return True
        self._park(ref, opened)
        return False

    async def _one(self, ref: Ref) -> float | None:
        desired = self._ports.store.state.desired.get(ref)
        if desired is None:
            self._settled(ref, Gone())
            return None
        if ref.kind is Kind.POOL and not self._seen_pool(ref):
            return None
        first = self.looks.taken(ref)
        if first is not None:
            self._declared.exact()
        case = await self._decide(ref)
        if case is None:
            return None
        history = case.world.history(ref)
        if case.opened is not None and not self.looks.is_certain(case.decision, history, case.opened, first):
            # What cannot be taken back is decided again, on a look that began after the decision to do it.
            self.looks.once_more(ref, case.decision, history, case.opened, first)
            return None
        return await self._follow(case)

    def _seen_pool(self, ref: Ref) -> bool:
        opened = self._pools.get(ref.name)
        if opened is None or opened.view.refusal is not None or self.looks.suffice(ref, opened):
            return True
        self._park(ref, opened)
        return False

    def _park(self, ref: Ref, opened: OpenPool) -> None:
        self.looks.park(ref, opened, first=ref not in self.desk.decisions)

    def world(self, ref: Ref) -> World:
        """This moment, for a decision about one object; to be used before the next await."""
        state = self._ports.store.state
        return World(
            self._identities,
            self._ports.clock.now(),
            self._declared.about(ref),
            self._pools.sights(),
            state.assignments,
            state.histories,
            state.sightings,
            state.hosts,
            state.approvals,
            self._balancing.targets,
            self._balancing.targets_from,
            self._balancing.doubts,
        )

    # --- deciding

    async def _decide(self, ref: Ref) -> _Case | None:
        """Settle what earlier calls left open, then decide; None where the object has gone meanwhile."""
        state = self._ports.store.state
        while True:
            world = self.world(ref)
            desired = world.declared.desired.get(ref)
            if desired is None:
                self._settled(ref, Gone())
                return None
            history = world.history(ref)
            settled = settle(ref, history, world)
            plans = self._coverage.covering(ref)
            if plans:
                settled = forgiven(settled, plans[0].opened)
            if settled == history:
                break
            await self._ports.store.commit(PutHistory(ref, settled))
            if state.histories.get(ref, EMPTY) != settled:
                log.warning("%s: its history was written by somebody else", ref)
        pool = world.pool(ref)
        refusal = self._pools.refusal(pool)
        decision = refusal if refusal is not None else decide(ref, world)
        if plans:
            decision = admit(ref, decision, plans)
        if isinstance(decision, Wait) and decision.reason is WaitReason.ASSIGNMENT:
            decision = self._placing.refused.get(ref, decision)
        return _Case(ref, world, decision, self._pools.get(pool), desired)

    # --- acting and reporting

    async def _follow(self, case: _Case) -> float | None:
        ref, decision = case.ref, case.decision
        now = self._ports.clock.now()
        self.desk.resting.pop(ref, None)
        match decision:
            case Act():
                return await self._act(case, decision)
            case Gone():
                await self._ports.store.commit(RemoveDesired(ref))
                self._declared.note([ref])
                self._report(case)
                self._forgotten(ref)
                for parent in references(case.desired):
                    self._ask(parent, self._declared.settled_at(), Priority.NEWS)
                return None
            case Steady():
                await self._publish(case)
                self._report(case)
                passing = any(pending.reason in _PASSING for pending in decision.pending)
                return now + self._ports.pace.resync_s if passing else None
            case Wait():
                # Before anything is written: what it waits for may come about meanwhile.
                again = self._until(case, decision, now)
                await self._publish(case)
                self._report(case)
                return again
            case Blocked():
                about_others = decision.reason in _ABOUT_OTHERS
                again = self._once_settled(now) if about_others else now + self._ports.pace.resync_s
                await self._publish(case)
                self._report(case)
                return again
            case _:
                assert_never(decision)

    async def _act(self, case: _Case, act: Act) -> float | None:
        if case.opened is None:
            return self._ports.clock.now() + _STORE_RETRY_S
        ref, view = case.ref, case.opened.view
        performed = Performed(Ended.FAILED)
        try:
            announce = () if self._is_said_to_change(case) else tuple(self._news(case))
            performed = await self._performer.perform(ref, act, case.world, case.opened, announce)
        finally:
            # Also when we are cancelled: whatever was sent, the next decision needs a look that began after it.
            self.looks.outdated(ref, view.mark())
        if performed.ended is Ended.HOST_RESTS and performed.host is not None:
            self.desk.resting[ref] = performed.host
        self._report(case)
        match performed.ended:
            case Ended.STOPPED:
                return None
            case Ended.ALL | Ended.OVERTAKEN:
                return self._ports.clock.now()
            case Ended.RUNNING | Ended.FAILED | Ended.HOST_RESTS:
                return performed.again if performed.again is not None else self._ports.clock.now()
            case _:
                assert_never(performed.ended)

    def _until(self, case: _Case, wait: Wait, now: float) -> float:
        """When a Wait is looked at again even if nobody says anything."""
        if wait.reason is WaitReason.ASSIGNMENT:
            pool = case.world.pool(case.ref) or ""
            self._ask(pool_ref(pool), self._placing.due(pool), Priority.NEWS)
        if wait.reason is WaitReason.MEMORY:
            for policy in case.world.declared.memory_policies.get(case.world.pool(case.ref) or "", ()):
                self._ask(policy, now, Priority.NEWS)
        for other in wait.on:
            self.desk.waiters.setdefault(other, {})[case.ref] = None
        if wait.until is not None:
            return wait.until
        if wait.reason is WaitReason.MEMORY and now < self._balancing.targets_from:
            return self._balancing.targets_from
        if wait.reason is WaitReason.DEPENDENTS:
            return self._once_settled(now)
        return now + (_SILENT_S if wait.reason is WaitReason.UNKNOWN else self._ports.pace.resync_s)

    def _once_settled(self, now: float) -> float:
        """When to look again at what was decided by other objects' declarations: they may just have changed."""
        settled = self._declared.settled_at()
        return settled if settled > now else now + self._ports.pace.resync_s

    async def _publish(self, case: _Case) -> None:
        writes = self._news(case)
        history = self._ports.store.state.histories.get(case.ref, EMPTY)
        noted = note(case.desired, case.decision, history)
        if noted != history:
            writes.append(PutHistory(case.ref, noted))
        if writes:
            await self._ports.store.commit(*writes)

    def _is_said_to_change(self, case: _Case) -> bool:
        """Whether the status says already that the object is not as this generation of its declaration wants it."""
        status = self._ports.store.state.statuses.get(case.ref)
        if status is None or status.observed_generation != case.desired.generation:
            return False
        reconciling = status.condition(ConditionType.RECONCILING)
        return reconciling is not None and reconciling.status is Truth.TRUE

    def _news(self, case: _Case) -> list[Write]:
        previous = self._ports.store.state.statuses.get(case.ref)
        if case.ref.kind is Kind.MEMORY_POLICY:
            hosts = self._balancing.hosts.get(case.ref, {})
            status = balance_status(case.ref, case.decision, case.world, previous, hosts)
        elif case.ref.kind is Kind.REBALANCE:
            shift = self._placing.shifts.get(case.ref)
            status = rebalance_status(case.ref, case.decision, case.world, previous, shift)
        else:
            status = status_of(case.ref, case.decision, case.world, previous)
        return [PutStatus(case.ref, status)] if status != previous else []

    def _report(self, case: _Case) -> None:
        """Announce what is persisted, if it is news, and wake who waits for it."""
        if self.desk.decisions.get(case.ref) != case.decision:
            self._ports.sink.tell(DecisionNews(case.ref, case.decision, self._ports.clock.now()))
        self._settled(case.ref, case.decision)

    def _settled(self, ref: Ref, decision: Decision) -> None:
        self.desk.decisions[ref] = decision
        if isinstance(decision, Gone):
            self.looks.forget(ref)
            self.desk.resting.pop(ref, None)
            # Not earlier: on an index that still has the object they would decide to wait for it once more.
            self.wake_waiters(ref, self._declared.settled_at())
        elif isinstance(decision, Steady):
            self.wake_waiters(ref, self._ports.clock.now())
        self._decided(ref, decision)

    def wake_waiters(self, ref: Ref, at: float) -> None:
        """Something about an object is different: look at those that wait for it, at `at` (unix seconds)."""
        for waiter in self.desk.waiters.pop(ref, {}):
            self._ask(waiter, at, Priority.NEWS)

    # --- balancing

    async def _policy(self, ref: Ref) -> float | None:
        """Balance, and then say how it stands; beside an apply that does not name the policy it is only balanced."""
        opened = self._pools.get(self.world(ref).pool(ref))
        again: float | None = None
        if opened is not None and opened.view.look is not None and opened.view.refusal is None:
            turn = await self._balancing.turn(ref, self.world(ref), opened)
            again = turn.again
            now = self._ports.clock.now()
            for machine in turn.news:
                self._ask(machine, now, Priority.ROUTINE)
        if self._placing.covers(ref):
            later = await self._one(ref)
            again = again if again is not None else later
        if opened is not None:
            # What was decided on this look was decided, and whatever was sent, only a later one shows.
            self.looks.outdated(ref, opened.view.mark())
        return again

    # --- placing

    async def _place(self, ref: Ref) -> None:
        opened = self._pools.get(ref.name)
        due = self._placing.due(ref.name)
        now = self._ports.clock.now()
        if opened is None or opened.view.look is None:
            return
        if due > now:
            self._ask(ref, due, Priority.NEWS)
            return
        look = opened.view.look.serial
        for machine in await self._placing.run(ref.name, self.world(ref)):
            self._ask(machine, now, Priority.NEWS)
        for record in judging(ref.name, self.world(ref)):
            # Anybody may have come to a host, also whom nobody declared.
            self._ask(record, now, Priority.ROUTINE)
        self.looks.placed(ref.name, look)


def _nobody(ref: Ref, decision: Decision) -> None:
    """Listen to nothing."""
    del ref, decision


def _nowhere(ref: Ref) -> None:
    """Listen to nothing."""
    del ref
