"""Worlds for planner tests, said in as few words as the case needs."""

from dataclasses import replace

from xcp_reconciler.api.enums import VolumeFormat
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import (
    Desired,
    DiskSpec,
    HostSpec,
    NetworkSpec,
    Policies,
    PoolSpec,
    Removal,
    Spec,
    StorageSpec,
    VmSpec,
    VolumeSpec,
)
from xcp_reconciler.model.history import History
from xcp_reconciler.model.identity import Identities, Stamp
from xcp_reconciler.model.impact import Direction, Impact, ImpactRow, ImpactTable, Power
from xcp_reconciler.model.observed import (
    Fresh,
    HostView,
    Observed,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
    PowerState,
    Snapshot,
    Unreachable,
    VmConfig,
)
from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.sight import Dialect, look
from xcp_reconciler.plan.world import Declarations, World
from xcp_reconciler.refs import Kind, Ref, ref_of

OWNER = "tests"
IDS = Identities(OWNER)
NOW = 1_000.0
MIB = 1024
POOL = ref_of(Kind.POOL, "lab")
SR = ref_of(Kind.STORAGE_REPOSITORY, "shared")
DIRECTORY = "/srv/shared"


def _table() -> ImpactTable:
    vm = Kind.VIRTUAL_MACHINE
    deferred = ("cpu.maxCores", "memory.size", "boot", "serial", "disks", "interfaces")
    rows = [
        *(ImpactRow(vm, path, Impact.DEFERRED, "at the next power cycle") for path in deferred),
        ImpactRow(vm, "memory.max", Impact.LIVE, "balloon", direction=Direction.GROW),
        ImpactRow(vm, "memory.max", Impact.GUEST_COOPERATION, "balloon", direction=Direction.SHRINK),
        ImpactRow(vm, "cpu.cores", Impact.LIVE, "hot plug"),
        ImpactRow(vm, "description", Impact.METADATA, ""),
        ImpactRow(vm, "adopt", Impact.METADATA, ""),
        ImpactRow(vm, "exists", Impact.LIVE, "", direction=Direction.GROW),
        ImpactRow(vm, "exists", Impact.POWER_CYCLE, "", power=Power.RUNNING, direction=Direction.SHRINK),
        ImpactRow(vm, "exists", Impact.LIVE, "", power=Power.HALTED, direction=Direction.SHRINK),
        ImpactRow(vm, "state", Impact.LIVE, "", direction=Direction.GROW),
        ImpactRow(vm, "state", Impact.POWER_CYCLE, "", direction=Direction.SHRINK),
        ImpactRow(vm, "host", Impact.MIGRATE, "", power=Power.ANY),
        ImpactRow(Kind.VOLUME, "exists", Impact.LIVE, "", direction=Direction.GROW),
        ImpactRow(Kind.VOLUME, "exists", Impact.DATA_LOSS, "", direction=Direction.SHRINK),
        ImpactRow(Kind.VOLUME, "size", Impact.LIVE, ""),
        *(
            ImpactRow(kind, path, Impact.LIVE, "")
            for kind in (Kind.STORAGE_REPOSITORY, Kind.NETWORK)
            for path in ("exists", "state")
        ),
    ]
    return ImpactTable("test", "Test", tuple(rows))


TABLE = _table()


def _calls(op: ops.Op, _copies: tuple[Observed, ...]) -> tuple[ops.Call, ...]:
    return (ops.Call(type(op).__name__, (str(op.ref),), op.host),)


DIALECT = Dialect("test", lambda _hypervisor: TABLE, _calls)


def vm_ref(name: str = "web") -> Ref:
    """The ref of a machine."""
    return ref_of(Kind.VIRTUAL_MACHINE, name)


def volume_ref(name: str) -> Ref:
    """The ref of a volume."""
    return ref_of(Kind.VOLUME, name)


def vm_spec(*, volume: str | None = None, **fields: object) -> VmSpec:
    """A machine of 256 MiB in the pool `lab`."""
    disks = (DiskSpec("root", volume_ref(volume)),) if volume is not None else ()
    base = VmSpec("lab", 1, 1, 256 * MIB, 128 * MIB, 256 * MIB, disks)
    return replace(base, **fields)  # type: ignore[arg-type]


def config(spec: VmSpec, **fields: object) -> VmConfig:
    """The configuration that a diskless machine of this spec has once it is as declared."""
    made = VmConfig(
        spec.cores, spec.max_cores, spec.memory_size, spec.memory_max, (), (), spec.boot, spec.serial, spec.description
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def seen_vm(
    name: str = "web", *, host: str = "a", spec: VmSpec | None = None, running: bool = True, **fields: object
) -> ObservedVm:
    """A copy of a machine of ours, as declared."""
    ref = vm_ref(name)
    uuid = IDS.uuid(ref)
    made = config(spec if spec is not None else vm_spec())
    copy = ObservedVm(
        host,
        uuid,
        name,
        PowerState.RUNNING if running else PowerState.HALTED,
        made,
        made if running else None,
        made.memory_target if running else None,
        stamp=Stamp(OWNER, ref, "uid", uuid),
    )
    return replace(copy, **fields)  # type: ignore[arg-type]


def seen_volume(name: str, *, host: str = "a", size: int = 1 << 30, **fields: object) -> ObservedVolume:
    """A volume of ours on the shared repository."""
    file = IDS.file_name(volume_ref(name), "qcow2")
    made = ObservedVolume(host, IDS.uuid(SR), file, f"{DIRECTORY}/{file}", VolumeFormat.QCOW2, size)
    return replace(made, **fields)  # type: ignore[arg-type]


class WorldBuilder:
    """A pool `lab` of hosts, everything answering and nothing declared in it until a test says otherwise."""

    def __init__(self, *hosts: str) -> None:
        self._hosts = hosts or ("a", "b")
        self._dead: set[str] = set()
        self._vms: list[ObservedVm] = []
        self._volumes: list[ObservedVolume] = []
        self._attached = False
        self.desired: dict[Ref, Desired] = {}
        self.assignments: dict[Ref, Assignment] = {}
        self.histories: dict[Ref, History] = {}
        self.sightings: dict[Ref, tuple[str, ...]] = {}
        self.records: dict[str, HostRecord] = {host: HostRecord(1.0) for host in self._hosts}
        self.declare(POOL, PoolSpec("test"))
        for host in self._hosts:
            self.declare(ref_of(Kind.HOST, host), HostSpec("lab", memory_kib=1024 * MIB))

    def declare(
        self, ref: Ref, spec: Spec, policies: Policies | None = None, removal: Removal | None = None
    ) -> "WorldBuilder":
        """Declare an object, recorded under the uid `uid`."""
        self.desired[ref] = Desired(ref, spec, policies or Policies(), OWNER, uid="uid", removal=removal)
        return self

    def vm(
        self, spec: VmSpec | None = None, *, name: str = "web", home: str | None = "a", **declared: object
    ) -> "WorldBuilder":
        """Declare a machine with a home."""
        if home is not None:
            self.assignments[vm_ref(name)] = Assigned(home)
        return self.declare(vm_ref(name), spec if spec is not None else vm_spec(), **declared)  # type: ignore[arg-type]

    def storage(self, *, attached: bool = True) -> "WorldBuilder":
        """Declare the shared repository."""
        self._attached = attached
        return self.declare(SR, StorageSpec("lab", DIRECTORY, shared=True))

    def volume(self, name: str, *, size: int = 1 << 30, **declared: object) -> "WorldBuilder":
        """Declare a volume on the shared repository."""
        spec = VolumeSpec(SR, VolumeFormat.QCOW2, size)
        return self.declare(volume_ref(name), spec, **declared)  # type: ignore[arg-type]

    def network(self, name: str = "nat", **declared: object) -> "WorldBuilder":
        """Declare a NAT network."""
        spec = NetworkSpec("lab", "10.1.0.0/24")
        return self.declare(ref_of(Kind.NETWORK, name), spec, **declared)  # type: ignore[arg-type]

    def shows(self, *seen: ObservedVm | ObservedVolume) -> "WorldBuilder":
        """Let the hosts show machines and volumes."""
        for one in seen:
            if isinstance(one, ObservedVm):
                self._vms.append(one)
            else:
                self._volumes.append(one)
        return self

    def dead(self, host: str) -> "WorldBuilder":
        """Let a host not answer."""
        self._dead.add(host)
        return self

    def build(self, now: float = NOW) -> World:
        """The world at `now`."""
        views = {host: self._view(host, now) for host in self._hosts}
        sight = look(Snapshot("lab", now, views), DIALECT)
        return World(
            IDS,
            now,
            Declarations.of(self.desired),
            {"lab": sight},
            self.assignments,
            self.histories,
            self.sightings,
            self.records,
        )

    def _view(self, host: str, now: float) -> HostView:
        if host in self._dead:
            return HostView(host, Unreachable(now, "no route to host"))
        storage = ObservedStorage(host, IDS.uuid(SR), "shared", DIRECTORY, active=True)
        return HostView(
            host,
            Fresh(now),
            "Test",
            "1",
            8,
            1024 * MIB,
            vms=tuple(vm for vm in self._vms if vm.host == host),
            storages=(storage,) if self._attached else (),
            volumes=tuple(replace(volume, host=host) for volume in self._volumes),
        )
