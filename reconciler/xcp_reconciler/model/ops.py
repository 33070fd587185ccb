"""Everything that xcp can do to a hypervisor: a closed union of targets, never of deltas.

Each op changes exactly one object, `ref`, and may be applied twice. Memory in KiB, sizes in bytes.
"""

from dataclasses import dataclass
from enum import StrEnum

from xcp_reconciler.api.enums import VolumeFormat
from xcp_reconciler.model.desired import BootSpec, ImageSource
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.observed import DiskConfig, InterfaceConfig, VmConfig
from xcp_reconciler.refs import Ref


class MigrationMode(StrEnum):
    """Live while the guest runs; offline moves the definition of a halted one."""

    LIVE = "live"
    OFFLINE = "offline"


class DiskTransfer(StrEnum):
    """Whether both hosts see the disks, or each must be copied along."""

    SHARED = "shared"
    COPY = "copy"


# --- settings of a virtual machine that take effect at its next power cycle


@dataclass(frozen=True, slots=True)
class MaxCores:
    """The most virtual CPUs that the machine can have; `cores` is what it boots with, at most that."""

    max_cores: int
    cores: int


@dataclass(frozen=True, slots=True)
class MemorySize:
    """The most memory that the machine can have, in KiB, and the balloon target that it boots with."""

    size: int
    target: int


@dataclass(frozen=True, slots=True)
class Boot:
    """Direct kernel boot, or None for booting from the disks."""

    boot: BootSpec | None


@dataclass(frozen=True, slots=True)
class Serial:
    """The file on the host to which the serial console is appended."""

    path: str | None


@dataclass(frozen=True, slots=True)
class Disks:
    """All disks, in boot order; a disk that is not named is detached."""

    disks: tuple[DiskConfig, ...]


@dataclass(frozen=True, slots=True)
class Interfaces:
    """All network cards."""

    interfaces: tuple[InterfaceConfig, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """The text that people see beside the machine."""

    text: str


Setting = MaxCores | MemorySize | Boot | Serial | Disks | Interfaces | Description


# --- virtual machines


@dataclass(frozen=True, slots=True)
class DefineVm:
    """Create the machine, halted, with its stamp in the same call."""

    ref: Ref
    host: str
    uuid: str
    name: str
    config: VmConfig
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class UndefineVm:
    """Remove the definition of a halted machine from one host; its volumes stay."""

    ref: Ref
    host: str
    uuid: str


@dataclass(frozen=True, slots=True)
class ReconfigureVm:
    """Store settings for the next power cycle; everything that is not named stays as it is."""

    ref: Ref
    host: str
    uuid: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class StampVm:
    """Mark an adopted machine as ours."""

    ref: Ref
    host: str
    uuid: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class StartVm:
    """Boot a halted machine on this host."""

    ref: Ref
    host: str
    uuid: str


@dataclass(frozen=True, slots=True)
class ResumeVm:
    """Let a paused machine run on."""

    ref: Ref
    host: str
    uuid: str


@dataclass(frozen=True, slots=True)
class ShutDownVm:
    """Ask the guest to shut itself down; it may take its time, or not listen."""

    ref: Ref
    host: str
    uuid: str


@dataclass(frozen=True, slots=True)
class PowerOffVm:
    """Pull the plug."""

    ref: Ref
    host: str
    uuid: str


@dataclass(frozen=True, slots=True)
class SetMemoryRange:
    """Where the balloon may move, in KiB. Without a memory policy the target is `maximum`."""

    ref: Ref
    host: str
    uuid: str
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class SetMemoryTarget:
    """Where the balloon of a running machine goes, in KiB; what is stored for its next boot stays as it is."""

    ref: Ref
    host: str
    uuid: str
    target: int


@dataclass(frozen=True, slots=True)
class SetCores:
    """The number of virtual CPUs in use, now if the machine runs, and at the next boot."""

    ref: Ref
    host: str
    uuid: str
    cores: int


@dataclass(frozen=True, slots=True)
class MigrateVm:
    """Move a machine to another host of its pool, definition and all."""

    ref: Ref
    host: str
    target: str
    uuid: str
    mode: MigrationMode
    disks: DiskTransfer


# --- storage


@dataclass(frozen=True, slots=True)
class DefineStorage:
    """Make a host know a directory as a repository; the directory is made if it is not there.

    `shared` says that every host sees the same files there; not every backend asks.
    """

    ref: Ref
    host: str
    uuid: str
    name: str
    path: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class StartStorage:
    """Attach a known repository, now and at every boot of the host.

    `makes` is for one that was never whole: its directory may be missing, and is then made. Where it was whole before,
    a directory that is missing is one that got lost, and an empty one must not take its place.
    """

    ref: Ref
    host: str
    uuid: str
    makes: bool = False


@dataclass(frozen=True, slots=True)
class UndefineStorage:
    """Make a host forget a repository; its files stay."""

    ref: Ref
    host: str
    uuid: str


@dataclass(frozen=True, slots=True)
class CreateVolume:
    """Create a volume, empty, over a backing file, or with the content of a checked image.

    `size_bytes` is None where the image alone decides it. A volume with this name is either whole or not there.
    """

    ref: Ref
    host: str
    storage: str
    file: str
    path: str
    format: VolumeFormat
    size_bytes: int | None
    backing_path: str | None = None
    backing_format: VolumeFormat | None = None
    source: ImageSource | None = None


@dataclass(frozen=True, slots=True)
class ResizeVolume:
    """Grow a volume to `size_bytes`; through the machine `vm_uuid` (and the `path` of its disk) while that runs."""

    ref: Ref
    host: str
    storage: str
    file: str
    path: str
    size_bytes: int
    vm_uuid: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteVolume:
    """Destroy a volume and what is in it."""

    ref: Ref
    host: str
    storage: str
    file: str


# --- networks


@dataclass(frozen=True, slots=True)
class DefineNetwork:
    """Create a NAT network on one host, with its stamp in the same call."""

    ref: Ref
    host: str
    uuid: str
    name: str
    subnet: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class StartNetwork:
    """Bring a network up, now and at every boot of the host."""

    ref: Ref
    host: str
    uuid: str


@dataclass(frozen=True, slots=True)
class UndefineNetwork:
    """Take a network down and remove it from one host."""

    ref: Ref
    host: str
    uuid: str


VmOp = (
    DefineVm
    | UndefineVm
    | ReconfigureVm
    | StampVm
    | StartVm
    | ResumeVm
    | ShutDownVm
    | PowerOffVm
    | SetMemoryRange
    | SetMemoryTarget
    | SetCores
    | MigrateVm
)
StorageOp = DefineStorage | StartStorage | UndefineStorage
VolumeOp = CreateVolume | ResizeVolume | DeleteVolume
NetworkOp = DefineNetwork | StartNetwork | UndefineNetwork
Op = VmOp | StorageOp | VolumeOp | NetworkOp


@dataclass(frozen=True, slots=True)
class Call:
    """One call on the wire as a plan shows it: the backend's own method name, what it is given, and where.

    Our objects appear by derived uuid or ref; what only the server or the store knows appears as `<uid>` or
    `<ref of VM/x>`.
    """

    method: str
    arguments: tuple[str, ...]
    host: str

    def __str__(self) -> str:
        return f"{self.method}({', '.join(self.arguments)}) on {self.host}"
