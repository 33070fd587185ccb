"""What should be: the declared objects in the units the planner computes with (KiB, bytes, seconds)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from xcp_reconciler.api.enums import (
    Approval,
    DeletionPolicy,
    DiskBus,
    DiskMode,
    DriftPolicy,
    ForceStop,
    InterfaceModel,
    Keep,
    Management,
    MemoryAlgorithm,
    MemoryFloor,
    MemoryMode,
    RebalanceMode,
    RunStrategy,
    Scope,
    Strategy,
    TaintEffect,
    VolumeFormat,
)
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.refs import Ref, host_ref, pool_ref

# The words of the wire model are the model's own words too; drivers, which know no wire model, take them from here.
__all__ = [
    "Adopt",
    "Approval",
    "BootSpec",
    "DeletionPolicy",
    "Desired",
    "DiskBus",
    "DiskMode",
    "DiskSpec",
    "DriftPolicy",
    "DriftRule",
    "ForceStop",
    "HostSpec",
    "ImageSource",
    "InterfaceModel",
    "InterfaceSpec",
    "Keep",
    "Label",
    "Management",
    "MemoryAlgorithm",
    "MemoryFloor",
    "MemoryMode",
    "MemoryPolicySpec",
    "MemoryWeight",
    "NetworkSpec",
    "Origin",
    "PlacementPolicySpec",
    "PlacementRule",
    "Policies",
    "PoolSpec",
    "RebalanceMode",
    "RebalanceSpec",
    "Removal",
    "RunStrategy",
    "Scope",
    "ShutdownSpec",
    "Spec",
    "StorageSpec",
    "Strategy",
    "Taint",
    "TaintEffect",
    "Toleration",
    "VmSpec",
    "VolumeFormat",
    "VolumeSpec",
    "pool_of",
    "references",
]


class Removal(StrEnum):
    """How an object leaves: with what its deletion policy says, or forgotten and left alone."""

    DELETE = "Delete"
    ORPHAN = "Orphan"


@dataclass(frozen=True, slots=True)
class Adopt:
    """An existing object that the owner names as the one meant; exactly one of the two is set."""

    uuid: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class DriftRule:
    """A drift policy of its own for one field path below `spec`."""

    path: str
    policy: DriftPolicy


@dataclass(frozen=True, slots=True)
class Policies:
    """Who wins: management > protected > deletion > drift > max_impact and approval."""

    management: Management = Management.MANAGE
    deletion: DeletionPolicy = DeletionPolicy.RETAIN
    protected: bool = False
    adopt: Adopt | None = None
    drift: DriftPolicy = DriftPolicy.REVERT
    drift_rules: tuple[DriftRule, ...] = ()
    max_impact: Impact = Impact.MIGRATE
    approval: Approval = Approval.AUTO


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """A pool of hosts behind one driver; `endpoint` is the driver's address where the pool has one."""

    driver: str
    endpoint: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A label that a machine or a host must have."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


@dataclass(frozen=True, slots=True)
class Taint:
    """What keeps machines away from a host that do not tolerate it."""

    key: str
    value: str
    effect: TaintEffect

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


@dataclass(frozen=True, slots=True)
class Toleration:
    """The taints that a machine does not mind: with this key, value and effect; None stands for any."""

    key: str | None = None
    value: str | None = None
    effect: TaintEffect | None = None


@dataclass(frozen=True, slots=True)
class HostSpec:
    """A member of a pool. `cpus` and `memory_kib` override what the hypervisor reports.

    A host in `maintenance` is left by its machines, `batch` of them at a time, and takes nobody; when that is over,
    they come back.
    """

    pool: str
    uri: str | None = None
    migration_uri: str | None = None
    cpus: int | None = None
    memory_kib: int | None = None
    reserve_kib: int = 0
    schedulable: bool = True
    maintenance: bool = False
    batch: int = 2
    taints: tuple[Taint, ...] = ()


@dataclass(frozen=True, slots=True)
class StorageSpec:
    """A directory of volumes; `shared` says that every host sees the same files."""

    pool: str
    path: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A NAT network, the same `subnet` (IPv4 with prefix length) on each of the pool's hosts."""

    pool: str
    subnet: str


@dataclass(frozen=True, slots=True)
class ImageSource:
    """A file on the machine that runs xcp, and what its content must hash to (hex, lower case)."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class VolumeSpec:
    """A virtual disk. `size_bytes` is None where a source alone decides it."""

    storage: Ref
    format: VolumeFormat
    size_bytes: int | None = None
    source: ImageSource | None = None
    backing: Ref | None = None


@dataclass(frozen=True, slots=True)
class DiskSpec:
    """A volume in a virtual machine."""

    name: str
    volume: Ref
    bus: DiskBus = DiskBus.VIRTIO
    mode: DiskMode = DiskMode.RW
    bootable: bool = False


@dataclass(frozen=True, slots=True)
class InterfaceSpec:
    """A network card. `mac` is None where xcp derives a stable one."""

    name: str
    network: Ref
    mac: str | None = None
    model: InterfaceModel = InterfaceModel.VIRTIO


@dataclass(frozen=True, slots=True)
class BootSpec:
    """Direct kernel boot; paths are the host's."""

    kernel: str
    initrd: str | None = None
    cmdline: str = ""


@dataclass(frozen=True, slots=True)
class ShutdownSpec:
    """The grace of every stop that xcp causes, in seconds."""

    timeout_s: float = 120.0
    force: ForceStop = ForceStop.NEVER


@dataclass(frozen=True, slots=True)
class VmSpec:
    """A virtual machine; memory in KiB with `0 < memory_min <= memory_max <= memory_size`.

    A host that it is placed on or moved to has the labels of `node_selector` and no taint that it does not tolerate;
    `host` pins it, whatever taints and labels that one has.
    """

    pool: str
    cores: int
    max_cores: int
    memory_size: int
    memory_min: int
    memory_max: int
    disks: tuple[DiskSpec, ...] = ()
    interfaces: tuple[InterfaceSpec, ...] = ()
    boot: BootSpec | None = None
    serial: str | None = None
    run_strategy: RunStrategy = RunStrategy.ALWAYS
    restarted_at: str | None = None
    shutdown: ShutdownSpec = field(default=ShutdownSpec())
    host: str | None = None
    description: str = ""
    memory_policy: Ref | None = None
    tolerations: tuple[Toleration, ...] = ()
    node_selector: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoryWeight:
    """How much machines with these labels count where memory is short."""

    labels: tuple[Label, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class MemoryPolicySpec:
    """Who moves the balloons of a pool's machines, and how. KiB, seconds, percent.

    `labels` are those that a machine must have, `reserve_kib` None: a fiftieth of the host and at least 1 GiB.
    """

    pool: str
    labels: tuple[Label, ...] = ()
    mode: MemoryMode = MemoryMode.DELEGATE
    algorithm: MemoryAlgorithm = MemoryAlgorithm.DEMAND_AWARE
    reserve_kib: int | None = None
    floor: MemoryFloor = MemoryFloor.WORKING_SET
    weights: tuple[MemoryWeight, ...] = ()
    low_percent: int = 8
    high_percent: int = 15
    hold_s: float = 30.0
    step_percent: int = 5
    min_delta_kib: int = 65_536
    uncooperative_after_s: float = 20.0
    retry_after_s: float = 600.0
    migration_guard: bool = True
    overcommit_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class PlacementRule:
    """Machines with these labels are kept apart, `limit` at most on one host or in one domain, or together.

    `price` None: the rule is required, and what violates it is moved. Else what each machine too many costs, in the
    score that hosts are compared by.
    """

    name: str
    labels: tuple[Label, ...]
    keep: Keep = Keep.APART
    scope: Scope = Scope.HOST
    limit: int = 1
    price: float | None = None


@dataclass(frozen=True, slots=True)
class PlacementPolicySpec:
    """How machines are placed in a pool.

    `cpu_ratio` is how many vCPUs there may be for a CPU (None: any number), `failures` how many hosts may be lost at
    once with room for their machines on the others when another one is placed, `domain_label` the label of hosts that
    names what they fail together with.
    """

    pool: str
    strategy: Strategy = Strategy.SPREAD
    cpu_ratio: float | None = None
    failures: int = 0
    domain_label: str | None = None
    rules: tuple[PlacementRule, ...] = ()


@dataclass(frozen=True, slots=True)
class RebalanceSpec:
    """When machines are moved so that a pool's load is spread better. Seconds, percent.

    The fullest host must be `threshold_percent` points of its memory or CPUs fuller than the emptiest, at
    `hold_rounds` looks in a row; where a pool has more vCPUs than CPUs, a host with its part of them counts as full. A
    plan must make the score better by `margin_percent`; a machine that was moved rests for `cooldown_s`; within
    `window_s` there are `max_moves` at most, and at the same time `max_concurrent`. `constraints_only`: only what
    violates a constraint is moved.
    """

    pool: str
    mode: RebalanceMode = RebalanceMode.RECOMMEND
    threshold_percent: int = 30
    hold_rounds: int = 3
    margin_percent: int = 10
    cooldown_s: float = 1800.0
    max_moves: int = 10
    window_s: float = 3600.0
    max_concurrent: int = 2
    constraints_only: bool = False


Spec = (
    PoolSpec
    | HostSpec
    | StorageSpec
    | NetworkSpec
    | VolumeSpec
    | MemoryPolicySpec
    | PlacementPolicySpec
    | RebalanceSpec
    | VmSpec
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object was declared: a path as the user gave it, and a line counted from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Desired:
    """One declared object. `uid` is empty until a store has recorded it."""

    ref: Ref
    spec: Spec
    policies: Policies
    owner: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    origin: Origin | None = None
    uid: str = ""
    generation: int = 1
    removal: Removal | None = None

    def declares_the_same(self, other: "Desired") -> bool:
        """Whether both ask for the same world; bookkeeping does not count."""
        return (
            self.spec == other.spec
            and self.policies == other.policies
            and self.labels == other.labels
            and self.owner == other.owner
            and self.removal == other.removal
        )


def pool_of(desired: Desired, volumes_pool: Mapping[Ref, Desired]) -> str | None:
    """The pool that an object lives in; a volume's is its repository's, None while that is not declared."""
    spec = desired.spec
    if isinstance(spec, VolumeSpec):
        storage = volumes_pool.get(spec.storage)
        return storage.spec.pool if storage is not None and isinstance(storage.spec, StorageSpec) else None
    if isinstance(spec, PoolSpec):
        return desired.ref.name
    return spec.pool


def references(desired: Desired) -> tuple[Ref, ...]:
    """What must exist before this object: a child blocks the deletion of each of them."""
    spec = desired.spec
    match spec:
        case PoolSpec():
            return ()
        case HostSpec() | StorageSpec() | NetworkSpec() | MemoryPolicySpec() | PlacementPolicySpec() | RebalanceSpec():
            return (pool_ref(spec.pool),)
        case VolumeSpec():
            return (spec.storage, *((spec.backing,) if spec.backing else ()))
        case VmSpec():
            return (
                pool_ref(spec.pool),
                *(disk.volume for disk in spec.disks),
                *(interface.network for interface in spec.interfaces),
                *((host_ref(spec.host),) if spec.host else ()),
                *((spec.memory_policy,) if spec.memory_policy else ()),
            )
