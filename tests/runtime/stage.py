"""A store, a world and a loop in virtual time: what the tests of the runtime play on."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from xcp_drivers.sim import SimDriver
from xcp_drivers.world.world import World
from xcp_reconciler.model.desired import (
    Desired,
    DiskSpec,
    HostSpec,
    InterfaceSpec,
    NetworkSpec,
    Policies,
    PoolSpec,
    Spec,
    StorageSpec,
    VmSpec,
    VolumeFormat,
    VolumeSpec,
)
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.plan.sight import Dialect, Sight, look
from xcp_reconciler.plan.world import Declarations
from xcp_reconciler.plan.world import World as PlanWorld
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.sink import News, StepNews, StepPhase
from xcp_reconciler.ports.store import PutDesired, Store
from xcp_reconciler.refs import Kind, Ref, host_ref, pool_ref, ref_of
from xcp_reconciler.runtime.registry import GivenDrivers
from xcp_reconciler.runtime.targets import targets_of
from xcp_reconciler.runtime.wiring import Ports
from xcp_reconciler.simulation.loop import LoopClock, SimulatedLoop, run_simulated
from xcp_reconciler.simulation.tape import Tape, TapeRng
from xcp_reconciler.store.faults import NoFaults, StoreFaults
from xcp_reconciler.store.sqlite import open_store

T = TypeVar("T")

OWNER = "11111111-2222-3333-4444-555555555555"
GIB = 2**20
POOL = pool_ref("lab")
STORAGE = ref_of(Kind.STORAGE_REPOSITORY, "data")
NETWORK = ref_of(Kind.NETWORK, "lan")


def desired(ref: Ref, spec: Spec, policies: Policies | None = None) -> Desired:
    return Desired(ref, spec, policies if policies is not None else Policies(), OWNER)


def vm_ref(name: str) -> Ref:
    return ref_of(Kind.VIRTUAL_MACHINE, name)


def volume_ref(name: str) -> Ref:
    return ref_of(Kind.VOLUME, name)


def pool_of_hosts(count: int) -> list[Desired]:
    """A pool with hosts h1, h2..., a shared repository and a network."""
    return [
        desired(POOL, PoolSpec("sim", "sim:world.db")),
        *(desired(host_ref(f"h{index + 1}"), HostSpec("lab")) for index in range(count)),
        desired(STORAGE, StorageSpec("lab", "/srv/data", shared=True)),
        desired(NETWORK, NetworkSpec("lab", "10.1.0.0/24")),
    ]


def machine(name: str, *, host: str | None = None, memory: int = GIB) -> list[Desired]:
    """A machine with a disk and a card."""
    disk = desired(volume_ref(name), VolumeSpec(STORAGE, VolumeFormat.QCOW2, 2**30))
    spec = VmSpec(
        "lab",
        cores=1,
        max_cores=2,
        memory_size=memory,
        memory_min=memory,
        memory_max=memory,
        disks=(DiskSpec("root", disk.ref),),
        interfaces=(InterfaceSpec("eth0", NETWORK),),
        host=host,
    )
    return [disk, desired(vm_ref(name), spec)]


@dataclass
class Listener:
    """Remembers what it is told."""

    news: list[News] = field(default_factory=list)

    def tell(self, news: News) -> None:
        """Remember."""
        self.news.append(news)

    def steps(self, phase: StepPhase = StepPhase.DONE) -> list[str]:
        """The ops that came so far, by class and object."""
        return [
            f"{type(one.op).__name__} {one.ref.name}"
            for one in self.news
            if isinstance(one, StepNews) and one.phase is phase
        ]


@dataclass
class Stage:
    """One world and what it is played with."""

    loop: SimulatedLoop
    clock: LoopClock
    rng: TapeRng
    world: World
    listener: Listener

    def ports(self, store: Store, driver: SimDriver | None = None) -> Ports:
        """Ports around a store and this world."""
        drivers = GivenDrivers(driver if driver is not None else SimDriver(self.world))
        return Ports(self.clock, self.rng, store, drivers, OWNER, sink=self.listener)

    @asynccontextmanager
    async def store(self, path: Path | None = None, faults: StoreFaults | None = None) -> AsyncGenerator[Store]:
        """A store, in memory where there is no path."""
        async with open_store(
            path,
            access=Access.WRITE,
            clock=self.clock,
            rng=self.rng,
            faults=faults if faults is not None else NoFaults(),
        ) as store:
            yield store

    def running(self) -> list[tuple[str, str]]:
        """Name and host of what runs in truth."""
        rows = self.world.db.execute("SELECT name, host FROM guests WHERE live IS NOT NULL ORDER BY name, host")
        return [(str(name), str(host)) for name, host in rows]

    def machines(self) -> list[str]:
        """The names of all definitions in truth."""
        return [str(row[0]) for row in self.world.db.execute("SELECT name FROM guests ORDER BY name, host")]


def play(act: Callable[[Stage], Awaitable[T]], *, seed: int = 1) -> T:
    """Run an act on a stage of its own."""
    tape = Tape(seed)

    async def main(loop: SimulatedLoop) -> T:
        stage = Stage(loop, LoopClock(loop), TapeRng(tape), World.in_memory(seed=seed), Listener())
        return await act(stage)

    return run_simulated(tape, main)


async def declare(store: Store, objects: Iterable[Desired]) -> None:
    await store.commit(*(PutDesired(one) for one in objects))


def world_of(store: Store, sights: Mapping[str, Sight], now: float) -> PlanWorld:
    """What a planner sees of a store and some looks."""
    state = store.state
    return PlanWorld(
        Identities(OWNER),
        now,
        Declarations.of(state.desired),
        sights,
        state.assignments,
        state.histories,
        state.sightings,
        state.hosts,
        state.approvals,
    )


async def look_at(stage: Stage, store: Store) -> Mapping[str, Sight]:
    """A look as a planner takes it, that changes nothing."""
    driver = SimDriver(stage.world)
    ports = stage.ports(store)
    targets = targets_of(Declarations.of(store.state.desired), OWNER, ".", {})
    sights: dict[str, Sight] = {}
    for name, (_, target) in targets.items():
        async with driver.open(target, clock=ports.clock, rng=ports.rng, access=Access.READ) as session:
            snapshot = await session.snapshot(stage.clock.now() + 5)
        sights[name] = look(snapshot, Dialect(driver.name, driver.impacts, driver.calls))
    return sights
