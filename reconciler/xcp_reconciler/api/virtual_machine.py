"""VirtualMachine: what runs."""

from typing import Literal

from pydantic import Field

from xcp_reconciler.api.enums import (
    DeletionPolicy,
    DiskBus,
    DiskMode,
    ForceStop,
    InterfaceModel,
    RunStrategy,
    TaintEffect,
    TolerationOperator,
)
from xcp_reconciler.api.fields import (
    AbsoluteFile,
    Count,
    Flag,
    KeptText,
    Kibibytes,
    LabelKey,
    LabelValue,
    MacAddress,
    Name,
    Seconds,
    TaintValue,
    Timestamp,
)
from xcp_reconciler.api.wire import NameRef, PolicySpec, Resource, Wire


class Cpu(Wire, frozen=True):
    """Virtual processors."""

    cores: Count = Field(default=1, description="What the guest has now.", examples=[2])
    max_cores: Count | None = Field(
        default=None, description="What it can be given while it runs; by default as many as cores.", examples=[4]
    )

    @property
    def most(self) -> int:
        """maxCores, or what stands for it."""
        return self.cores if self.max_cores is None else self.max_cores


class Memory(Wire, frozen=True):
    """Memory; 0 < min <= max <= size."""

    size: Kibibytes = Field(description="What the guest is built with and can never exceed.", examples=["512Mi"])
    min: Kibibytes | None = Field(
        default=None, description="What the balloon never goes below; by default max.", examples=["256Mi"]
    )
    max: Kibibytes | None = Field(
        default=None, description="What the balloon never goes above; by default size.", examples=["512Mi"]
    )

    policy_ref: NameRef | None = Field(
        default=None,
        description="The MemoryPolicy that moves the balloon; by default the one whose selector matches the labels.",
        examples=[{"name": "balanced"}],
    )

    @property
    def highest(self) -> int:
        """Max in KiB, or what stands for it."""
        return self.size if self.max is None else self.max

    @property
    def lowest(self) -> int:
        """Min in KiB, or what stands for it."""
        return self.highest if self.min is None else self.min


class Disk(Wire, frozen=True):
    """A volume in a machine."""

    name: Name = Field(description="Names the disk within its machine.", examples=["root"])
    volume_ref: NameRef = Field(description="The volume.", examples=[{"name": "web-1-root"}])
    bus: DiskBus = Field(default=DiskBus.VIRTIO, description="The hardware that the guest sees.", examples=["Scsi"])
    mode: DiskMode = Field(default=DiskMode.RW, description="Whether the guest may write.", examples=["RO"])
    bootable: Flag = Field(default=False, description="Whether the firmware may boot from it.", examples=[True])


class Interface(Wire, frozen=True):
    """A network card."""

    name: Name = Field(description="Names the card within its machine.", examples=["eth0"])
    network_ref: NameRef = Field(description="The network that it is plugged into.", examples=[{"name": "nat"}])
    mac: MacAddress | None = Field(
        default=None,
        description="Its address; by default derived from the names, so that it never changes.",
        examples=["52:54:00:12:34:56"],
    )
    model: InterfaceModel = Field(
        default=InterfaceModel.VIRTIO, description="The hardware that the guest sees.", examples=["E1000"]
    )


class Boot(Wire, frozen=True):
    """Direct kernel boot; the paths are the host's."""

    kernel: AbsoluteFile = Field(description="The kernel.", examples=["/var/lib/xcp/vmlinuz"])
    initrd: AbsoluteFile | None = Field(
        default=None, description="The initial RAM disk.", examples=["/var/lib/xcp/initrd.gz"]
    )
    cmdline: KeptText = Field(default="", description="The kernel's command line.", examples=["console=ttyS0 quiet"])


class Serial(Wire, frozen=True):
    """The first serial port."""

    file: AbsoluteFile = Field(
        description="A file on the host that output is appended to; never truncated, so that a move loses nothing.",
        examples=["/var/log/xcp/web-1.log"],
    )


class Shutdown(Wire, frozen=True):
    """The grace of every stop that xcp causes."""

    timeout: Seconds = Field(
        default=120,
        description="How long the guest may take to stop by itself.",
        examples=["60s"],
        # Schemas state it as manifests write it, not as the model counts it.
        json_schema_extra={"default": "2m"},
    )
    force: ForceStop = Field(
        default=ForceStop.NEVER,
        description="AfterTimeout cuts the power when the time is over; Never waits on, and says so.",
        examples=["AfterTimeout"],
    )


class Toleration(Wire, frozen=True):
    """Taints of hosts that keep the machine neither away nor from staying."""

    key: LabelKey | None = Field(
        default=None, description="The key of the taints; by default, with Exists only, any key.", examples=["gpu"]
    )
    operator: TolerationOperator = Field(
        default=TolerationOperator.EQUAL,
        description="Equal: the taint has this value. Exists: whatever its value.",
        examples=["Exists"],
    )
    value: TaintValue = Field(default="", description="The value of the taints. Only with Equal.", examples=["a100"])
    effect: TaintEffect | None = Field(
        default=None, description="The effect of the taints; by default every effect.", examples=["NoExecute"]
    )


class Placement(Wire, frozen=True):
    """Where a machine runs."""

    host: Name | None = Field(
        default=None,
        description="Pins it to this host, whatever its taints and labels; another name here moves it. By default xcp "
        "chooses.",
        examples=["host-a"],
    )
    node_selector: dict[LabelKey, LabelValue] = Field(
        default={},
        description="Labels that a host must have to get the machine; it is not moved because its host lost one.",
        examples=[{"rack": "r1"}],
    )
    tolerations: tuple[Toleration, ...] = Field(
        default=(), description="Taints of hosts that do not keep the machine away."
    )


class VirtualMachineSpec(PolicySpec, frozen=True):
    """What a machine is made of, and when it runs."""

    pool_ref: NameRef = Field(description="The pool that it runs in.", examples=[{"name": "lab"}])
    run_strategy: RunStrategy = Field(
        default=RunStrategy.ALWAYS,
        description="When it shall run. Halted is consent to stop it.",
        examples=["Halted"],
    )
    restarted_at: Timestamp | None = Field(
        default=None,
        description="A new time here restarts the machine once; `xcp restart` writes it.",
        examples=["2030-01-31T08:00:00Z"],
    )
    cpu: Cpu = Field(default=Cpu(), description="Virtual processors.")
    memory: Memory = Field(description="Memory; 0 < min <= max <= size.", examples=[{"size": "512Mi"}])
    disks: tuple[Disk, ...] = Field(default=(), description="Volumes in the machine, by name.")
    interfaces: tuple[Interface, ...] = Field(default=(), description="Network cards, by name.")
    boot: Boot | None = Field(default=None, description="Direct kernel boot; by default the firmware boots a disk.")
    serial: Serial | None = Field(default=None, description="The first serial port.")
    shutdown: Shutdown = Field(default=Shutdown(), description="The grace of every stop that xcp causes.")
    placement: Placement = Field(default=Placement(), description="Where it runs; by default xcp chooses.")
    description: KeptText = Field(default="", description="Free text, shown by the hypervisor.")
    deletion_policy: DeletionPolicy = Field(
        default=DeletionPolicy.DELETE,
        description="What deleting the object does in the backend: Delete stops the machine and removes its "
        "definition; its volumes have policies of their own.",
        examples=["Retain"],
    )


class VirtualMachine(Resource[VirtualMachineSpec], frozen=True):
    """A machine that runs on one host of its pool at a time."""

    kind: Literal["VirtualMachine"] = Field(description="What the document declares.")
