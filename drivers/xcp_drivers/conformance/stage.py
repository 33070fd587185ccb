"""A pool and a few declared objects, and the way from one to the other without the loop: look, decide, perform."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from xcp_drivers.conformance.predictions import Prediction
from xcp_drivers.conformance.rig import Ground, Rig
from xcp_reconciler.model.decision import Act, Blocked, Decision, Gone, Steady, Step, Wait, WaitReason
from xcp_reconciler.model.desired import (
    DeletionPolicy,
    Desired,
    DiskSpec,
    ForceStop,
    HostSpec,
    InterfaceSpec,
    NetworkSpec,
    Policies,
    PoolSpec,
    Removal,
    RunStrategy,
    ShutdownSpec,
    Spec,
    StorageSpec,
    VmSpec,
    VolumeFormat,
    VolumeSpec,
)
from xcp_reconciler.model.history import History
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import Observed, ObservedVm
from xcp_reconciler.model.ops import Op
from xcp_reconciler.model.outcome import Running
from xcp_reconciler.model.placement import Assignment
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.intents import call_seconds
from xcp_reconciler.plan.overlay import copies_of
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.recall import remember
from xcp_reconciler.plan.sight import Dialect, Sight, look
from xcp_reconciler.plan.world import Declarations, World
from xcp_reconciler.ports.driver import Access, Session
from xcp_reconciler.refs import DEPENDENCY_ORDER, Kind, Ref, host_ref, pool_ref, ref_of
from xcp_reconciler.runtime.dispatch import send

MIB: Final = 1024
_MOST_ROUNDS: Final = 60
_LOOK_S: Final = 20.0

VM: Final = ref_of(Kind.VIRTUAL_MACHINE, "guest")
VOLUME: Final = ref_of(Kind.VOLUME, "data")
NETWORK: Final = ref_of(Kind.NETWORK, "net")
STORAGE: Final = ref_of(Kind.STORAGE_REPOSITORY, "files")


@dataclass(slots=True)
class Stage:
    """One test's world. `performed` are all ops so far, with what was predicted of each."""

    rig: Rig
    session: Session
    ground: Ground
    desired: dict[Ref, Desired] = field(default_factory=dict[Ref, Desired])
    assignments: dict[Ref, Assignment] = field(default_factory=dict[Ref, Assignment])
    histories: dict[Ref, History] = field(default_factory=dict[Ref, History])
    performed: list[Prediction] = field(default_factory=list[Prediction])

    @property
    def identities(self) -> Identities:
        """The derived uuids of this test's owner."""
        return Identities(self.ground.target.owner)

    def declare(self, ref: Ref, spec: Spec, removal: Removal | None = None) -> None:
        """Declare an object with the widest permissions."""
        policies = Policies(deletion=DeletionPolicy.DELETE, max_impact=Impact.DATA_LOSS)
        before = self.desired.get(ref)
        generation = before.generation + 1 if before is not None else 1
        self.desired[ref] = Desired(
            ref, spec, policies, self.ground.target.owner, uid="uid", generation=generation, removal=removal
        )

    def remove(self, ref: Ref) -> None:
        """Ask for an object to be deleted."""
        self.desired[ref] = replace(self.desired[ref], removal=Removal.DELETE)

    def vm(self) -> VmSpec:
        """The declared machine."""
        spec = self.desired[VM].spec
        assert isinstance(spec, VmSpec)
        return spec

    async def look(self) -> World:
        """A fresh look, as a world in which every host was seen before."""
        driver, target = self.rig.driver, self.ground.target
        now = self.rig.clock.now()
        snapshot = await self.session.snapshot(now + _LOOK_S)
        sight = look(snapshot, Dialect(driver.name, driver.impacts, driver.calls))
        return World(
            self.identities,
            self.rig.clock.now(),
            Declarations.of(self.desired),
            {target.name: sight},
            self.assignments,
            self.histories,
            {},
            {host.name: HostRecord(now) for host in target.hosts},
        )

    def sight(self, world: World) -> Sight:
        """The only pool of a world."""
        return world.sights[self.ground.target.name]

    async def copies(self, op: Op) -> tuple[Observed, ...]:
        """A fresh look at the object of an op."""
        return copies_of(op, self.sight(await self.look()))

    async def machine(self) -> ObservedVm | None:
        """The one machine as it is seen now; the first copy if there are several."""
        sight = self.sight(await self.look())
        copies = sight.vms.get(self.identities.uuid(VM), ())
        return copies[0] if copies else None

    async def converge(self) -> dict[Ref, Decision]:
        """Look, decide and perform until nothing acts and no guest is waited for; the last decisions."""
        decisions: dict[Ref, Decision] = {}
        for _ in range(_MOST_ROUNDS):
            world = await self.look()
            self.assignments.update(place(self.ground.target.name, world))
            decisions = {ref: decide(ref, world) for ref in self._order()}
            for ref, decision in decisions.items():
                if isinstance(decision, Gone):
                    del self.desired[ref]
            acting = next(((ref, one) for ref, one in decisions.items() if isinstance(one, Act)), None)
            if acting is not None:
                await self._perform(*acting)
                continue
            until = [one.until for one in decisions.values() if isinstance(one, Wait) and one.until is not None]
            if until:
                await self.rig.clock.sleep(min(min(until) - self.rig.clock.now(), 0.5))
                continue
            if any(isinstance(one, Gone) or _moves_on(one) for one in decisions.values()):
                continue
            break
        return decisions

    def _order(self) -> list[Ref]:
        return sorted(self.desired, key=lambda ref: (DEPENDENCY_ORDER[ref.kind], ref))

    async def _perform(self, ref: Ref, act: Act) -> None:
        for step in act.steps:
            await self.perform(step)
            self.histories[ref] = remember(
                step.op, self.desired[ref], self.histories.get(ref, History()), self.rig.clock.now()
            )

    async def perform(self, step: Step) -> None:
        """Make one call and keep what was predicted and what came."""
        op = step.op
        before = await self.copies(op)
        sent = len(self.rig.wire(self.session))
        outcome = await send(self.session, op, self.rig.clock.now() + call_seconds(op))
        while isinstance(outcome, Running) and await self._under_way(op):
            await self.rig.clock.sleep(outcome.poll_after)
        calls = tuple(self.rig.wire(self.session)[sent:])
        after = await self.copies(op)
        self.performed.append(Prediction(op, before, self.rig.driver.calls(op, before), calls, after))

    async def _under_way(self, op: Op) -> bool:
        """Whether long work on the object of an op is still seen."""
        uuid = getattr(op, "uuid", None)
        return uuid is not None and uuid in self.sight(await self.look()).jobs


def _moves_on(decision: Decision) -> bool:
    return isinstance(decision, Wait) and decision.reason in {WaitReason.ASSIGNMENT, WaitReason.DEPENDENTS}


def unsettled(decisions: dict[Ref, Decision]) -> dict[Ref, Decision]:
    """What is neither as declared nor gone."""
    return {ref: one for ref, one in decisions.items() if not isinstance(one, Steady | Gone)}


def refused(decisions: dict[Ref, Decision]) -> list[str]:
    """The reasons of everything that is blocked."""
    return [f"{ref}: {one.why}" for ref, one in decisions.items() if isinstance(one, Blocked)]


@asynccontextmanager
async def stage(rig: Rig) -> AsyncGenerator[Stage]:
    """An open pool with its hosts declared; at the end everything of this owner is taken away again."""
    ground = rig.ground
    async with rig.driver.open(ground.target, clock=rig.clock, rng=rig.rng, access=Access.WRITE) as session:
        made = Stage(rig, session, ground)
        made.declare(pool_ref(ground.target.name), PoolSpec(rig.driver.name, ground.target.endpoint))
        for host in ground.target.hosts:
            made.declare(host_ref(host.name), HostSpec(ground.target.name, host.uri, memory_kib=host.memory))
        try:
            yield made
        finally:
            for ref in list(made.desired):
                if ref.kind not in {Kind.POOL, Kind.HOST}:
                    made.remove(ref)
            await made.converge()


def declare_everything(made: Stage, *, disk: bool = True, card: bool = True) -> None:
    """A machine with all that it stands on, as far as the backend can."""
    ground, session = made.ground, made.session
    pool = ground.target.name
    disk = disk and session.storage is not None and session.volume is not None
    card = card and session.network is not None
    if disk:
        made.declare(STORAGE, StorageSpec(pool, ground.directory, ground.shared))
        made.declare(VOLUME, VolumeSpec(STORAGE, VolumeFormat.QCOW2, 64 << 20))
    if card:
        made.declare(NETWORK, NetworkSpec(pool, ground.subnet))
    made.declare(
        VM,
        VmSpec(
            pool,
            cores=1,
            max_cores=2,
            memory_size=256 * MIB,
            memory_min=128 * MIB,
            memory_max=256 * MIB,
            disks=(DiskSpec("data", VOLUME),) if disk else (),
            interfaces=(InterfaceSpec("eth0", NETWORK),) if card else (),
            boot=ground.boot,
            serial=ground.serial,
            run_strategy=RunStrategy.ALWAYS,
            shutdown=ShutdownSpec(2.0, ForceStop.AFTER_TIMEOUT),
            host=ground.target.hosts[0].name,
        ),
    )
