"""The loop put together: what wakes an object, and what runs beside the work on objects."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import Declarations
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.sink import JobNews
from xcp_reconciler.ports.store import ConflictError, PutDesired, StoreError, StoreLostError
from xcp_reconciler.refs import Kind, Ref, pool_ref
from xcp_reconciler.runtime.absorb import Known, Lesson, learn
from xcp_reconciler.runtime.balancing import Balancing
from xcp_reconciler.runtime.breaker import Breakers
from xcp_reconciler.runtime.coverage import Coverage
from xcp_reconciler.runtime.declared import Declared
from xcp_reconciler.runtime.directory import Directory, directory_of
from xcp_reconciler.runtime.perform import Performer
from xcp_reconciler.runtime.placing import Placing
from xcp_reconciler.runtime.pools import Pools
from xcp_reconciler.runtime.reconcile import Reconciler
from xcp_reconciler.runtime.runner import MOST_AT_ONCE, Runner
from xcp_reconciler.runtime.schedule import Priority, Schedule
from xcp_reconciler.runtime.stopping import Stop
from xcp_reconciler.runtime.targets import targets_of
from xcp_reconciler.runtime.wiring import Ports

# What placement goes by.
_PLACED_BY: Final = frozenset({Kind.VIRTUAL_MACHINE, Kind.HOST, Kind.PLACEMENT_POLICY, Kind.REBALANCE})

log = logging.getLogger(__name__)


class Engine:
    """Keeps objects as declared while it runs: all of the store's, or only those of the plan `own`.

    Whoever runs it holds the store's lease.
    """

    def __init__(self, ports: Ports, stop: Stop, *, own: OpenPlan | None = None, limit: int = MOST_AT_ONCE) -> None:
        self._ports = ports
        self._stop = stop
        self._scope = scope = frozenset(own.changes) if own is not None else None
        self._identities = Identities(ports.owner)
        self._directories: dict[str, Directory] = {}
        self._known: dict[str, Known] = {}
        self._lost: StoreLostError | None = None
        self.declared = Declared(ports.store, ports.clock)
        self.calls = Breakers(ports.clock, ports.rng)
        self.looks = Breakers(ports.clock, ports.rng)
        self.coverage = Coverage(ports.store, ports.clock, own)
        self.pools = Pools(ports, Access.WRITE, self._absorb, self._pool_turned)
        self._schedule = Schedule()
        placing = Placing(ports, self.coverage.covering, scope)
        performer = Performer(ports, self.calls, stop)
        balancing = Balancing(ports, self.calls, stop, performer.at_work)
        self.reconciler = Reconciler(
            ports, self.declared, self.pools, performer, placing, balancing, self.coverage, self._ask
        )
        self.reconciler.listen_for_leaving(self._left)
        self._runner = Runner(
            self._schedule,
            self.reconciler.reconcile,
            ports.clock,
            ports.rng,
            ready=self.reconciler.ready,
            limit=limit,
        )
        self._runner.listen(self._idle)

    def _idle(self) -> None:
        for opened in self.pools.all().values():
            opened.view.nothing_else_to_do()

    async def run(self) -> None:
        """Work until the stop that was given at the start is asked for.

        Raises:
            StoreLostError: the store was taken away; nothing more was begun once that was seen.
        """
        self.coverage.turned()
        self._follow_pools(self.declared.exact())
        self._ask_all(self._everything(), Priority.NEWS if self._scope is not None else Priority.ROUTINE)
        beside = [
            asyncio.ensure_future(self._again_and_again("the store", self._ports.pace.store_s, self._watch_store)),
            asyncio.ensure_future(self._again_and_again("a resync", self._ports.pace.resync_s, self._resync)),
        ]
        try:
            await self._runner.run(self._stop)
        finally:
            for task in beside:
                task.cancel()
            for task in beside:
                with suppress(asyncio.CancelledError):
                    await task
            await self.pools.close()
        if self._lost is not None:
            raise self._lost

    def noted(self, refs: Iterable[Ref]) -> None:
        """These were written in the store, by whomever: look at them."""
        changed = sorted(refs)
        if not changed:
            return
        self.declared.note(changed)
        declared = self.declared.exact() if _shapes_pools(changed) else self.declared.recent()
        if _shapes_pools(changed):
            self._follow_pools(declared)
        self._ask_all(changed, Priority.NEWS)
        for ref in changed:
            for other in (*_below(ref, declared), *self._pool_keys(ref, declared)):
                self._ask(other, self.declared.settled_at(), Priority.NEWS)
        if any(ref.kind in {Kind.HOST, Kind.MEMORY_POLICY} for ref in changed):
            # A fence, a new host, one that is no longer schedulable, another policy: any machine may be concerned.
            for pool in self.pools.all():
                self._ask_all(declared.members.get(pool, ()), Priority.ROUTINE)

    # --- what wakes objects

    def _everything(self) -> Iterable[Ref]:
        return self._scope if self._scope is not None else list(self._ports.store.state.desired)

    def _ask(self, ref: Ref, at: float, priority: Priority) -> None:
        if self._scope is None or ref in self._scope or ref.kind in {Kind.POOL, Kind.MEMORY_POLICY}:
            self._schedule.ask(ref, at, priority)

    def _ask_all(self, refs: Iterable[Ref], priority: Priority) -> None:
        now = self._ports.clock.now()
        for ref in sorted(refs):
            self._ask(ref, now, priority)

    def _pool_keys(self, ref: Ref, declared: Declarations) -> tuple[Ref, ...]:
        """The pool whose placement a change of this object may concern."""
        desired = declared.desired.get(ref)
        if desired is None or ref.kind not in _PLACED_BY:
            return ()
        pool = getattr(desired.spec, "pool", None)
        return (pool_ref(pool), *declared.memory_policies.get(pool, ())) if isinstance(pool, str) else ()

    def _pool_turned(self, name: str) -> None:
        """A session was opened, closed or refused."""
        self._ask_all((pool_ref(name), *self.declared.recent().members.get(name, ())), Priority.ROUTINE)

    def _left(self, ref: Ref) -> None:
        """A record is gone: who is no host any more is not looked at any more."""
        if not _shapes_pools([ref]):
            return
        declared = self.declared.exact()
        self._follow_pools(declared)
        for pool in self.pools.all():
            self._ask_all(declared.members.get(pool, ()), Priority.ROUTINE)

    def _follow_pools(self, declared: Declarations) -> None:
        ports = self._ports
        targets = targets_of(declared, ports.owner, ports.folder, ports.credentials)
        if self._scope is not None:
            pools = {name for name, refs in declared.members.items() if not self._scope.isdisjoint(refs)}
            targets = {name: target for name, target in targets.items() if name in pools}
        self.pools.follow(targets)

    # --- what looks teach

    async def _absorb(self, pool: str, before: Sight | None, after: Sight) -> None:
        if before is None:
            # A new session: whatever was known came from another one.
            self._known.pop(pool, None)
        lesson = await self._learn(pool, after)
        self._known[pool] = lesson.known
        for host in lesson.answering:
            self.looks.worked(host)
        for host in lesson.silent:
            self.looks.failed(host)
        self._ask_all(lesson.changed, Priority.ROUTINE)
        for ref in lesson.changed:
            self.reconciler.wake_waiters(ref, self._ports.clock.now())
        if lesson.changed:
            self._ask_all([pool_ref(pool), *self.declared.recent().memory_policies.get(pool, ())], Priority.ROUTINE)
        if after.jobs:
            self._tell_jobs(pool, after)

    def _tell_jobs(self, pool: str, sight: Sight) -> None:
        machines = self._directory(pool).vms
        for uuid, jobs in sight.jobs.items():
            ref = machines.get(uuid)
            progress = max((job.progress for job in jobs if job.progress is not None), default=None)
            if ref is not None and progress is not None:
                self._ports.sink.tell(JobNews(ref, progress, sight.at))

    async def _learn(self, pool: str, after: Sight) -> Lesson:
        store = self._ports.store
        while True:
            lesson = learn(self._known.get(pool), after, self._directory(pool), store.state, self._ports.owner)
            if not lesson.writes:
                return lesson
            try:
                await store.commit(*lesson.writes)
            except ConflictError:
                # Somebody declared something anew while we wanted to give it back its uid.
                self.noted(await store.refresh())
                continue
            self.declared.note([write.desired.ref for write in lesson.writes if isinstance(write, PutDesired)])
            return lesson

    def _directory(self, pool: str) -> Directory:
        declared = self.declared.recent()
        known = self._directories.get(pool)
        if known is None or known.declared is not declared:
            known = self._directories[pool] = directory_of(pool, declared, self._identities)
        return known

    # --- what runs beside

    async def _again_and_again(self, name: str, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._ports.clock.sleep(seconds)
            try:
                await work()
            except StoreLostError as error:
                # Not every call needs the store, and whoever acts on the one that is there now may want the opposite.
                self._lost = error
                self._stop.ask()
                return
            except StoreError as error:
                log.warning("%s: %s", name, error)
            except Exception:
                log.exception("a defect in %s", name)

    async def _watch_store(self) -> None:
        self.noted(await self._ports.store.refresh())
        turned = self.coverage.turned()
        if turned:
            # Whoever opened a plan waits for a word about each of its objects that is newer than the plan.
            for opened in self.pools.all().values():
                opened.view.dirty()
            for ref in turned:
                self.reconciler.looks.outdated(ref, self.pools.mark())
            self._ask_all(turned, Priority.NEWS)
        await self.coverage.tidy()

    async def _resync(self) -> None:
        for name, opened in self.pools.all().items():
            opened.view.dirty()
            self._ask(pool_ref(name), self._ports.clock.now(), Priority.ROUTINE)


def _below(ref: Ref, declared: Declarations) -> Iterable[Ref]:
    """What refers to an object; of a repository also what its volumes are in, for it says where they are."""
    for child in declared.children.get(ref, ()):
        yield child
        if ref.kind is Kind.STORAGE_REPOSITORY:
            yield from declared.children.get(child, ())


def _shapes_pools(refs: Iterable[Ref]) -> bool:
    return any(ref.kind in {Kind.POOL, Kind.HOST} for ref in refs)
