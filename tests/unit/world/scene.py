"""A small world to try things in: three hosts, a shared and a local repository, a network."""

from collections.abc import Callable
from typing import TypeVar

from xcp_drivers.world import hosts, machines, migrations, networks, power, storages, volumes
from xcp_drivers.world.change import Change
from xcp_drivers.world.look import Look
from xcp_drivers.world.pace import Pace
from xcp_drivers.world.storages import Mount
from xcp_drivers.world.world import World
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import DiskMode, VolumeFormat
from xcp_reconciler.model.identity import Identities, Stamp
from xcp_reconciler.model.observed import DiskConfig, HostView, InterfaceConfig, ObservedVm, VmConfig
from xcp_reconciler.refs import Kind, Ref, ref_of

T = TypeVar("T")

HOSTS = ("a", "b", "c")
MIB = 1024
GIB = 1024 * MIB
IDENTITIES = Identities("scene")
SHARED = ref_of(Kind.STORAGE_REPOSITORY, "shared")
LOCAL = ref_of(Kind.STORAGE_REPOSITORY, "local")
NAT = ref_of(Kind.NETWORK, "nat")


def vm(name: str) -> Ref:
    return ref_of(Kind.VIRTUAL_MACHINE, name)


def uuid(ref: Ref) -> str:
    return IDENTITIES.uuid(ref)


def disk(name: str, storage: str = "shared", mode: DiskMode = DiskMode.RW) -> DiskConfig:
    return DiskConfig(name, f"/{storage}/{name}.qcow2", VolumeFormat.QCOW2, mode=mode)


def card(name: str = "eth0") -> InterfaceConfig:
    return InterfaceConfig(name, "nat", "52:54:00:00:00:01")


def define(name: str, host: str = "a", config: VmConfig | None = None) -> ops.DefineVm:
    ref = vm(name)
    settings = config or VmConfig(1, 4, 512 * MIB, 512 * MIB)
    return ops.DefineVm(ref, host, uuid(ref), name, settings, Stamp("scene", ref, f"uid-{name}", uuid(ref)))


def create(
    name: str, storage: Ref = SHARED, host: str = "a", size: int | None = 2**30, backing: str | None = None
) -> ops.CreateVolume:
    ref = ref_of(Kind.VOLUME, name)
    path = f"/{storage.name}/{name}.qcow2"
    file = f"{name}.qcow2"
    return ops.CreateVolume(ref, host, uuid(storage), file, path, VolumeFormat.QCOW2, size, backing_path=backing)


def migrate(
    name: str,
    source: str,
    target: str,
    mode: ops.MigrationMode = ops.MigrationMode.LIVE,
    disks: ops.DiskTransfer = ops.DiskTransfer.SHARED,
) -> ops.MigrateVm:
    return ops.MigrateVm(vm(name), source, target, uuid(vm(name)), mode, disks)


class Scene:
    """A world and its time; every method changes the world at `now`."""

    def __init__(self, world: World | None = None, pace: Pace | None = None) -> None:
        self.world = world or World.in_memory(pace=pace or Pace())
        self.now = 1000.0
        self.do(lambda change: hosts.add(change, [hosts.new_host(name, self.now, memory=4 * GIB) for name in HOSTS]))
        self.do(self._furnish)

    def do(self, act: Callable[[Change], T]) -> T:
        """Change the world now."""
        with self.world.change(self.now) as change:
            return act(change)

    def after(self, seconds: float) -> "Scene":
        """Let time pass, in seconds."""
        self.now += seconds
        return self

    def define(self, name: str, host: str = "a", config: VmConfig | None = None) -> None:
        """Define a machine."""
        self.do(lambda change: machines.define(change, define(name, host, config)))

    def start(self, name: str, host: str = "a") -> None:
        """Start a machine."""
        self.do(lambda change: power.start(change, host, uuid(vm(name))))

    def run(self, name: str, host: str = "a", config: VmConfig | None = None) -> None:
        """Define and start a machine."""
        self.define(name, host, config)
        self.start(name, host)

    def create(self, op: ops.CreateVolume, image: volumes.Image | None = None) -> None:
        """Create a volume."""
        self.do(lambda change: volumes.create(change, op, image))

    def migrate(self, op: ops.MigrateVm) -> None:
        """Set a machine off."""
        self.do(lambda change: migrations.begin(change, op))

    def views(self) -> dict[str, HostView]:
        """What every host shows, seen for the first time."""
        return Look(self.world).views(HOSTS, self.now, self.now)

    def copies(self, name: str) -> dict[str, ObservedVm]:
        """The copies of a machine, by host."""
        return {view.name: found for view in self.views().values() for found in view.vms if found.name == name}

    def only(self, name: str) -> ObservedVm:
        """The one copy of a machine."""
        (found,) = self.copies(name).values()
        return found

    def _furnish(self, change: Change) -> None:
        for host in HOSTS:
            for ref, mount in ((SHARED, Mount.SHARED), (LOCAL, Mount.LOCAL)):
                storages.define(change, ops.DefineStorage(ref, host, uuid(ref), ref.name, f"/{ref.name}"), mount)
                storages.start(change, host, uuid(ref))
            stamp = Stamp("scene", NAT, "uid-nat", uuid(NAT))
            networks.define(change, ops.DefineNetwork(NAT, host, uuid(NAT), "nat", "10.78.0.0/24", stamp))
            networks.start(change, host, uuid(NAT))
