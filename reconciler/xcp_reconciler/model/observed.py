"""What is: the objects that a driver saw, in the same units as the desired ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from xcp_reconciler.api.enums import DiskBus, DiskMode, VolumeFormat
from xcp_reconciler.model.desired import BootSpec
from xcp_reconciler.model.identity import Stamp

O_co = TypeVar("O_co", covariant=True)


class PowerState(StrEnum):
    """XAPI's four power states; libvirt's are mapped onto them."""

    RUNNING = "running"
    HALTED = "halted"
    PAUSED = "paused"
    SUSPENDED = "suspended"


class HaltReason(StrEnum):
    """Why a halted machine is halted, where the backend remembers."""

    UNKNOWN = "unknown"
    SHUT_DOWN = "shutDown"
    DESTROYED = "destroyed"
    CRASHED = "crashed"


class Balloon(StrEnum):
    """Whether the guest can give memory back."""

    UNKNOWN = "unknown"
    ABSENT = "absent"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class DiskConfig:
    """A disk as the backend keeps it; `path` is the host's. `name` is ours, or the device's where it is not ours."""

    name: str
    path: str
    format: VolumeFormat
    bus: DiskBus = DiskBus.VIRTIO
    mode: DiskMode = DiskMode.RW
    bootable: bool = False


@dataclass(frozen=True, slots=True)
class InterfaceConfig:
    """A network card as the backend keeps it; `network` is the backend's name of the network."""

    name: str
    network: str
    mac: str
    model: str = "virtio"


@dataclass(frozen=True, slots=True)
class VmConfig:
    """One configuration of a machine.

    In KiB, `memory_target` is the balloon's and
    `memory_size` the most that it can ever have.
    """

    cores: int
    max_cores: int
    memory_size: int
    memory_target: int
    disks: tuple[DiskConfig, ...] = ()
    interfaces: tuple[InterfaceConfig, ...] = ()
    boot: BootSpec | None = None
    serial: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class ObservedVm:
    """One copy of a virtual machine on one host.

    `stored` is what the next power cycle will take, `live` what runs now (None unless running or paused).
    `memory_actual` is the KiB that the guest holds now, None when halted or not known. `working_set` is what of it the
    guest says that it needs, its kernel's own part included; None where nobody says, or not lately. It changes all the
    time and is left out of comparisons: by itself it makes no look news.
    """

    host: str
    uuid: str
    name: str
    power: PowerState
    stored: VmConfig
    live: VmConfig | None = None
    memory_actual: int | None = None
    balloon: Balloon = Balloon.UNKNOWN
    halt_reason: HaltReason = HaltReason.UNKNOWN
    persistent: bool = True
    stamp: Stamp | None = None
    since: float | None = None
    working_set: int | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ObservedStorage:
    """A storage repository as one host sees it; sizes in bytes."""

    host: str
    uuid: str
    name: str
    path: str
    active: bool
    capacity_bytes: int = 0
    available_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ObservedVolume:
    """A volume as one host sees it. `storage` is the uuid of its repository, `file` its name there; sizes in bytes."""

    host: str
    storage: str
    file: str
    path: str
    format: VolumeFormat
    capacity_bytes: int
    allocation_bytes: int = 0
    backing_path: str | None = None


@dataclass(frozen=True, slots=True)
class ObservedNetwork:
    """A network on one host; `subnet` is None where it is not a NAT network."""

    host: str
    uuid: str
    name: str
    active: bool
    subnet: str | None = None
    stamp: Stamp | None = None


Observed = ObservedVm | ObservedStorage | ObservedVolume | ObservedNetwork


class JobKind(StrEnum):
    """Long work of ours or of somebody else's that is under way on a host."""

    MIGRATION = "migration"
    BLOCK = "block"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Job:
    """Running work on an object; `progress` from 0 to 1, None where the backend does not say."""

    kind: JobKind
    uuid: str
    host: str
    progress: float | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """The host answered; `at` is the moment before the first read (unix seconds)."""

    at: float


@dataclass(frozen=True, slots=True)
class Stale:
    """What is known of the host is older than asked for."""

    since: float


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The host does not answer; `why` in the backend's own words."""

    since: float
    why: str


Freshness = Fresh | Stale | Unreachable


@dataclass(frozen=True, slots=True)
class HostView:
    """One host as one observation saw it.

    `idle` says that the driver can prove that no call of an earlier process of ours is still in flight there.
    `hypervisor` names the dialect, such as `QEMU` or `Test`; memory in KiB.
    """

    name: str
    freshness: Freshness
    hypervisor: str = ""
    version: str = ""
    cpus: int = 0
    memory: int = 0
    idle: bool = False
    vms: tuple[ObservedVm, ...] = ()
    storages: tuple[ObservedStorage, ...] = ()
    volumes: tuple[ObservedVolume, ...] = ()
    networks: tuple[ObservedNetwork, ...] = ()
    jobs: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A pool at one moment, host by host; partial snapshots are legal."""

    pool: str
    at: float
    hosts: Mapping[str, HostView] = field(default_factory=dict[str, HostView])


@dataclass(frozen=True, slots=True)
class Present(Generic[O_co]):
    """The object is there: one copy, or one for each host that shows it."""

    copies: tuple[O_co, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """Every host where it could be answered, and none has it."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could be on a host that does not answer; nothing may be created, started or deleted on this."""

    hosts: tuple[str, ...]


Presence = Present[O_co] | Absent | Unknown
