"""Somebody who keeps a site: declares one state after the other as `xcp run` would, and waits until all is quiet."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Final

from tests.walks.declared import Declared
from tests.walks.ground import plant
from tests.walks.site import FOLDER, HOSTS, OWNER
from tests.walks.watcher import Watcher
from xcp_drivers.sim import SimDriver
from xcp_drivers.world import power, tamper
from xcp_drivers.world.world import World as Hypervisors
from xcp_reconciler.api.enums import DeletionPolicy, Management
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.inventory import Inventory, Pruning, Revision, Stored, take_inventory
from xcp_reconciler.loader.load import load
from xcp_reconciler.model.decision import PendingReason, Steady, WaitReason
from xcp_reconciler.model.desired import Desired, PoolSpec, Removal, VolumeSpec
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.model.status import ConditionType, Status, Truth
from xcp_reconciler.plan.intents import settle
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.plan.sight import Dialect, Sight, look
from xcp_reconciler.plan.world import Declarations, World
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutDesired, PutPrune, RemovePrune, Write
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.operator import Operator
from xcp_reconciler.runtime.registry import GivenDrivers
from xcp_reconciler.runtime.targets import targets_of
from xcp_reconciler.runtime.wiring import Pace, Ports
from xcp_reconciler.simulation.loop import LoopClock, SimulatedLoop
from xcp_reconciler.simulation.tape import Tape, TapeRng
from xcp_reconciler.store.sqlite import SqliteStore, open_store

MANIFEST: Final = "site.yaml"
PACE: Final = Pace(store_s=1.0, resync_s=5.0, lease_s=1.0)
QUIET_PASSES: Final = 20
# The longest honest way, in virtual seconds: a grace, a balloon that is left alone, a refusal that is believed.
LONGEST_S: Final = 700.0
# Waits that end by what somebody does, and not by waiting.
_RESTING: Final = frozenset({WaitReason.UNKNOWN, WaitReason.DEPENDENCY, WaitReason.ASSIGNMENT, WaitReason.DEPENDENTS})


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a declared state: refused by the loader in these words, or taken over, and what was planned.

    `unfrozen`: what is to go waits for an approval, and is managed meanwhile, having been observed only; the plan, made
    as if somebody had approved already, does not show what is done to it until then.
    """

    refused: tuple[str, ...] = ()
    plan: Plan = field(default=Plan((), 0))
    unfrozen: bool = False


class _Overheard(logging.Handler):
    """A defect that the loop only logs."""

    def __init__(self, watcher: Watcher) -> None:
        super().__init__(logging.ERROR)
        self._watcher = watcher

    def emit(self, record: logging.LogRecord) -> None:
        """Complain about it."""
        why = f": {record.exc_info[1]!r}" if record.exc_info else ""
        self._watcher.complain(f"logged: {record.getMessage()}{why}")


class Walker:
    """A store, an operator and simulated hypervisors in one loop of virtual time. Opened, walked with, closed."""

    def __init__(self, loop: SimulatedLoop, tape: Tape) -> None:
        self.clock = LoopClock(loop)
        self.hypervisors = Hypervisors.in_memory(seed=1)
        self.watcher = Watcher(self.hypervisors, self.clock.now)
        self.retained: set[str] = set()
        self._rng = TapeRng(tape)
        self._stack = AsyncExitStack()
        self._identities = Identities(OWNER)
        self._driver = SimDriver(self.hypervisors, self.watcher)
        self._revisions = 0
        self.store: SqliteStore
        self._operator: Operator
        self._running: asyncio.Future[None]

    async def open(self) -> None:
        """Begin: strangers on every host, an empty store, and an operator that keeps it."""
        plant(self.hypervisors, HOSTS, self.clock.now())
        self.watcher.begin()
        handler = _Overheard(self.watcher)
        logging.getLogger("xcp_reconciler").addHandler(handler)
        self._stack.callback(logging.getLogger("xcp_reconciler").removeHandler, handler)
        self.store = await self._stack.enter_async_context(
            open_store(None, access=Access.WRITE, clock=self.clock, rng=self._rng)
        )
        self._operator = Operator(
            Ports(self.clock, self._rng, self.store, GivenDrivers(self._driver), OWNER, pace=PACE)
        )
        self._running = asyncio.ensure_future(self._operator.run())

    async def close(self) -> None:
        """End, and hear what the operator has to say about it."""
        self._operator.stop()
        await self._running
        await self._stack.aclose()

    # --- declaring

    async def declare(self, state: Declared) -> Taken:
        """Take over a state as `xcp run` does, and approve what its budget for removals holds back."""
        loaded = load([Input(MANIFEST, state.text(), FOLDER)])
        if not loaded.ok:
            return Taken(tuple(str(one) for one in loaded.diagnostics))
        declared = declare_all(loaded.documents, OWNER)
        revision = Revision((MANIFEST,), loaded.content_hash, OWNER, list(declared.values()))
        known = Stored(self.store.state.desired, self.store.state.prunes, frozenset({MANIFEST}))
        inventory = take_inventory(revision, known, Pruning.PRUNE, self.clock.now())
        if inventory.conflicts:
            return Taken(tuple(str(one) for one in inventory.conflicts))
        going = self._going(inventory)
        self._note_leaving(going, inventory.put)
        plan = await self.plan({one.ref: one for one in (*inventory.put, *going)})
        frozen = any(one.policies.management is Management.OBSERVE for one in self.store.state.desired.values())
        await self._operator.store.commit(*self._writes(inventory))
        if inventory.held is not None:
            await self._approve(going, inventory.held.revision)
        return Taken(plan=plan, unfrozen=frozen and inventory.held is not None)

    def _going(self, inventory: Inventory) -> list[Desired]:
        """What is removed now, and what is once somebody has approved of it."""
        if inventory.held is None:
            return list(inventory.remove)
        held = [self.store.state.desired[ref] for ref in inventory.held.refs]
        return [replace(one, removal=Removal.DELETE) for one in held]

    def _note_leaving(self, going: list[Desired], put: Iterable[Desired]) -> None:
        """What may disappear by this, and what stays behind because it is to be retained."""
        declared = {**self.store.state.desired, **{one.ref: one for one in put}}
        pools = [one for one in declared.values() if isinstance(one.spec, PoolSpec)]
        for one in going:
            told_only = any(above.policies.management is Management.OBSERVE for above in (one, *pools))
            deletes = one.policies.deletion is DeletionPolicy.DELETE and not told_only
            if isinstance(one.spec, VolumeSpec):
                file = self._identities.file_name(one.ref, one.spec.format.extension)
                (self.watcher.may_go if deletes else self.retained).add(f"/{file}")
            elif not deletes:
                self.retained.add(self._identities.uuid(one.ref))

    def _writes(self, inventory: Inventory) -> Iterator[Write]:
        versions = self.store.state.versions
        for desired in (*inventory.put, *inventory.remove):
            yield PutDesired(desired, expect=versions.get(desired.ref, 0))
        for obsolete in inventory.obsolete:
            yield RemovePrune(obsolete)
        if inventory.held is not None:
            yield PutPrune(inventory.held)

    async def _approve(self, going: list[Desired], revision: str) -> None:
        before = len(self.watcher.calls)
        await self.clock.sleep(1.0)
        if any(".undefine" in call.method or ".delete" in call.method for call in self.watcher.calls[before:]):
            self.watcher.complain("a prune that was held back began before it was approved")
        current = self.store.state.desired
        puts = [PutDesired(replace(current[one.ref], removal=Removal.DELETE)) for one in going]
        await self._operator.store.commit(*puts, RemovePrune(revision))

    # --- planning

    async def plan(self, put: Mapping[Ref, Desired] | None = None) -> Plan:
        """What `xcp plan` would show of what is stored, with `put` laid over it."""
        return make_plan(await self.world(put or {}))

    async def world(self, put: Mapping[Ref, Desired]) -> World:
        """A fresh look at every pool, by somebody who acts on nothing."""
        state = self.store.state
        desired = dict(state.desired)
        for ref, one in put.items():
            before = desired.get(ref)
            if before is not None:
                same = one.declares_the_same(before)
                one = replace(one, uid=before.uid, generation=before.generation + (not same))  # noqa: PLW2901 - the same object
            desired[ref] = one
        declared = Declarations.of(desired)
        sights = {name: sight async for name, sight in self._sights(declared)}
        hosts = dict(state.hosts)
        for sight in sights.values():
            hosts.update({name: HostRecord(sight.at) for name in sight.hosts if name not in hosts})
        world = World(
            self._identities,
            self.clock.now(),
            declared,
            sights,
            state.assignments,
            state.histories,
            state.sightings,
            hosts,
            state.approvals,
        )
        ended = {ref: settle(ref, history, world) for ref, history in world.histories.items()}
        return replace(world, histories=ended)

    async def _sights(self, declared: Declarations) -> AsyncIterator[tuple[str, Sight]]:
        for name, (_, target) in targets_of(declared, OWNER, ".", {}).items():
            if not target.hosts:
                continue
            async with self._driver.open(target, clock=self.clock, rng=self._rng, access=Access.READ) as session:
                snapshot = await session.snapshot(self.clock.now() + 5)
            dialect = Dialect(self._driver.name, self._driver.impacts, self._driver.calls)
            yield name, look(snapshot, dialect)

    # --- settling

    async def settle(self) -> "Settled":
        """Wait until every object is as declared or says why not, and then through twenty passes of quiet."""
        began = self.clock.now()
        while self.clock.now() < began + LONGEST_S:
            await self.clock.sleep(1.0)
            self.watcher.look()
            if not self._moving():
                ready = not self._unready()
                before = len(self.watcher.calls)
                await self.clock.sleep(QUIET_PASSES * PACE.resync_s)
                sent = self.watcher.calls[before:]
                if not sent and not self._moving():
                    return await self._settled()
                if ready:
                    self.watcher.complain(f"everything was ready, and then: {sent or self._moving()}")
        settled = await self._settled()
        return replace(settled, complaints=(*settled.complaints, f"still moving: {self._moving()}"))

    def _moving(self) -> list[str]:
        """The objects of which the last word is not yet about what is declared now, or says that more is to come."""
        state = self.store.state
        return [
            f"{ref}: {_word(state.statuses.get(ref))}"
            for ref, desired in state.desired.items()
            if not _ended(state.statuses.get(ref), desired.generation)
        ]

    def _unready(self) -> dict[Ref, str]:
        state = self.store.state
        return {
            ref: _word(state.statuses.get(ref))
            for ref, one in state.desired.items()
            if one.removal is not None or not _holds(state.statuses.get(ref), ConditionType.READY)
        }

    async def _settled(self) -> "Settled":
        self.watcher.look()
        state = self.store.state
        plan = await self.plan()
        complaints = list(self.watcher.complaints)
        complaints.extend(f"the plan is not empty: {one.ref} {one.changes}" for one in plan.changing)
        complaints.extend(
            f"{one.ref} counts as ready, and would be: {one.end}"
            for one in plan.entries
            if not isinstance(one.end, Steady) and _holds(state.statuses.get(one.ref), ConditionType.READY)
        )
        complaints.extend(f"a call is remembered: {ref}" for ref, one in state.histories.items() if one.intents)
        complaints.extend(f"{ref} is not ready and says nothing" for ref, why in self._unready().items() if not why)
        waiting = {ref for ref, one in plan.pending if one.reason is PendingReason.POWER_CYCLE}
        return Settled(self._unready(), frozenset(waiting), tuple(complaints))

    # --- what others do

    def power_off(self, ref: Ref) -> None:
        """Somebody pulls the plug of a machine."""
        with self.hypervisors.change(self.clock.now()) as change:
            for guest in change.guests("uuid = ? AND live IS NOT NULL", self._identities.uuid(ref)):
                power.power_off(change, guest.host, guest.uuid)

    def shut_down(self, ref: Ref) -> None:
        """Somebody shuts a machine down from inside."""
        with self.hypervisors.change(self.clock.now()) as change:
            for guest in change.guests("uuid = ? AND power = 'running'", self._identities.uuid(ref)):
                power.shut_down(change, guest.host, guest.uuid)

    def pause(self, ref: Ref) -> None:
        """Somebody stops the processors of a machine."""
        with self.hypervisors.change(self.clock.now()) as change:
            for guest in change.guests("uuid = ? AND power = 'running'", self._identities.uuid(ref)):
                power.pause(change, guest.host, guest.uuid)

    def edit(self, ref: Ref, wish: tamper.Edit) -> None:
        """Somebody edits a machine's definition."""
        with self.hypervisors.change(self.clock.now()) as change:
            for guest in change.guests("uuid = ?", self._identities.uuid(ref)):
                tamper.edit(change, guest, wish)


@dataclass(frozen=True, slots=True)
class Settled:
    """How it came to rest: what is not ready, in its own words; what waits for a power cycle; what is wrong."""

    unready: Mapping[Ref, str]
    waiting: frozenset[Ref]
    complaints: tuple[str, ...]


def _holds(status: Status | None, kind: ConditionType) -> bool:
    found = status.condition(kind) if status is not None else None
    return found is not None and found.status is Truth.TRUE


def _word(status: Status | None) -> str:
    found = status.condition(ConditionType.READY) if status is not None else None
    return f"{found.reason}: {found.message}" if found is not None and found.message else ""


def _ended(status: Status | None, generation: int) -> bool:
    if status is None or status.observed_generation != generation:
        return False
    if _holds(status, ConditionType.READY) or _holds(status, ConditionType.STALLED):
        return True
    ready = status.condition(ConditionType.READY)
    return ready is not None and ready.reason in _RESTING
