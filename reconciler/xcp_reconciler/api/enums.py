"""The words that manifests choose from."""

from enum import StrEnum


class DriverName(StrEnum):
    """The drivers that xcp ships."""

    LIBVIRT = "libvirt"
    XAPI = "xapi"
    SIM = "sim"


class Management(StrEnum):
    """Whether xcp acts on an object at all."""

    MANAGE = "Manage"
    OBSERVE = "Observe"


class DeletionPolicy(StrEnum):
    """What happens in the backend when a declared object is deleted."""

    RETAIN = "Retain"
    DELETE = "Delete"


class DriftPolicy(StrEnum):
    """What happens when the world has moved away from what was applied."""

    REVERT = "Revert"
    REPORT = "Report"
    IGNORE = "Ignore"


class Approval(StrEnum):
    """Whether a change waits for `xcp approve`."""

    AUTO = "Auto"
    MANUAL = "Manual"


class MaxImpact(StrEnum):
    """What a change may cost, cheapest first; a limit includes all that is before it."""

    METADATA = "Metadata"
    LIVE = "Live"
    GUEST_COOPERATION = "GuestCooperation"
    DEFERRED = "Deferred"
    MIGRATE = "Migrate"
    POWER_CYCLE = "PowerCycle"
    REPLACE = "Replace"
    HOST_REBOOT = "HostReboot"
    DATA_LOSS = "DataLoss"


class StorageType(StrEnum):
    """What a storage repository is made of."""

    DIR = "Dir"


class VolumeFormat(StrEnum):
    """The format of a volume; stated, never probed (a guest could forge a header)."""

    RAW = "Raw"
    QCOW2 = "Qcow2"

    @property
    def extension(self) -> str:
        """The end of a file's name, and libvirt's and QEMU's word for the format."""
        return self.value.lower()


class NetworkType(StrEnum):
    """How a network reaches the world."""

    NAT = "NAT"


class DiskBus(StrEnum):
    """The virtual hardware that a disk hangs on."""

    VIRTIO = "Virtio"
    SCSI = "Scsi"
    SATA = "Sata"


class DiskMode(StrEnum):
    """Whether the guest may write."""

    RW = "RW"
    RO = "RO"


class InterfaceModel(StrEnum):
    """The network card that the guest sees."""

    VIRTIO = "Virtio"
    E1000 = "E1000"
    E1000E = "E1000e"
    RTL8139 = "Rtl8139"


class RunStrategy(StrEnum):
    """When a virtual machine shall run."""

    ALWAYS = "Always"
    HALTED = "Halted"
    MANUAL = "Manual"
    RERUN_ON_FAILURE = "RerunOnFailure"
    ONCE = "Once"


class MemoryMode(StrEnum):
    """Who moves the balloons of machines that a memory policy covers."""

    OFF = "Off"
    DELEGATE = "Delegate"
    DIRECT = "Direct"


class MemoryAlgorithm(StrEnum):
    """How a host's memory is divided among the machines that a memory policy covers."""

    DEMAND_AWARE = "DemandAware"
    PROPORTIONAL = "Proportional"
    STATIC = "Static"


class MemoryFloor(StrEnum):
    """What no machine that a memory policy covers is taken below."""

    WORKING_SET = "WorkingSet"
    MINIMUM = "Minimum"


class Strategy(StrEnum):
    """Which of the hosts that can take a machine gets it."""

    PACK = "Pack"
    """The first by name: hosts are filled one after the other."""
    SPREAD = "Spread"
    """The one that leaves memory, CPUs and machines spread most evenly."""


class Keep(StrEnum):
    """How the machines of a rule are to be placed."""

    APART = "Apart"
    TOGETHER = "Together"


class Scope(StrEnum):
    """What machines that are kept apart do not share."""

    HOST = "Host"
    DOMAIN = "Domain"


class TaintEffect(StrEnum):
    """What a taint of a host does to machines that do not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    """None comes; those that run there stay."""
    NO_EXECUTE = "NoExecute"
    """None comes, and those that run there leave."""


class TolerationOperator(StrEnum):
    """Which values of a taint a toleration is for."""

    EQUAL = "Equal"
    EXISTS = "Exists"


class RebalanceMode(StrEnum):
    """What is done with the moves that would spread a pool's load better."""

    OFF = "Off"
    RECOMMEND = "Recommend"
    AUTO = "Auto"


class ForceStop(StrEnum):
    """Whether a guest that ignores the shutdown request is powered off."""

    NEVER = "Never"
    AFTER_TIMEOUT = "AfterTimeout"
