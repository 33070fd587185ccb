"""The contract of a driver. The laws are tested by `xcp_drivers.conformance`.

Observing never changes anything. Every op may be applied twice. What is absent is already undefined. Only
`DriverError`s escape. A call that outlives its deadline is `OutcomeUnknownError`. Drivers do not retry, sleep or
swallow. Deadlines are unix seconds of the injected clock.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from xcp_reconciler.model import ops
from xcp_reconciler.model.impact import ImpactTable
from xcp_reconciler.model.observed import Observed, Snapshot
from xcp_reconciler.model.outcome import Hint, Outcome
from xcp_reconciler.ports.clock import Clock, Rng


class Access(StrEnum):
    """Whether a session may change anything. A read-only one makes no file and no change."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class HostTarget:
    """How one member of a pool is reached; capacity overrides are in CPUs and KiB."""

    name: str
    uri: str | None = None
    migration_uri: str | None = None
    cpus: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class PoolTarget:
    """A pool as a driver needs it. `folder` is that of `xcp.yaml`; relative addresses are relative to it."""

    name: str
    owner: str
    endpoint: str | None = None
    folder: str = "."
    hosts: tuple[HostTarget, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict[str, str])


class VmControl(Protocol):
    """Definitions of virtual machines."""

    async def define(self, op: ops.DefineVm, deadline: float) -> Outcome: ...
    async def undefine(self, op: ops.UndefineVm, deadline: float) -> Outcome: ...
    async def reconfigure(self, op: ops.ReconfigureVm, deadline: float) -> Outcome: ...
    async def stamp(self, op: ops.StampVm, deadline: float) -> Outcome: ...


class VmPower(Protocol):
    """Power states of virtual machines."""

    async def start(self, op: ops.StartVm, deadline: float) -> Outcome: ...
    async def resume(self, op: ops.ResumeVm, deadline: float) -> Outcome: ...
    async def shut_down(self, op: ops.ShutDownVm, deadline: float) -> Outcome: ...
    async def power_off(self, op: ops.PowerOffVm, deadline: float) -> Outcome: ...


class MemoryControl(Protocol):
    """Live memory."""

    async def set_range(self, op: ops.SetMemoryRange, deadline: float) -> Outcome: ...
    async def set_target(self, op: ops.SetMemoryTarget, deadline: float) -> Outcome: ...


class VcpuControl(Protocol):
    """Live virtual CPUs."""

    async def set_cores(self, op: ops.SetCores, deadline: float) -> Outcome: ...


class VolumeControl(Protocol):
    """Virtual disks."""

    async def create(self, op: ops.CreateVolume, deadline: float) -> Outcome: ...
    async def resize(self, op: ops.ResizeVolume, deadline: float) -> Outcome: ...
    async def delete(self, op: ops.DeleteVolume, deadline: float) -> Outcome: ...


class StorageControl(Protocol):
    """Storage repositories."""

    async def define(self, op: ops.DefineStorage, deadline: float) -> Outcome: ...
    async def start(self, op: ops.StartStorage, deadline: float) -> Outcome: ...
    async def undefine(self, op: ops.UndefineStorage, deadline: float) -> Outcome: ...


class NetworkControl(Protocol):
    """Networks."""

    async def define(self, op: ops.DefineNetwork, deadline: float) -> Outcome: ...
    async def start(self, op: ops.StartNetwork, deadline: float) -> Outcome: ...
    async def undefine(self, op: ops.UndefineNetwork, deadline: float) -> Outcome: ...


class MigrationControl(Protocol):
    """Moves between the hosts of a pool."""

    async def migrate(self, op: ops.MigrateVm, deadline: float) -> Outcome: ...


class Session(Protocol):
    """An open pool. A control that the backend lacks is None: capabilities derive from that."""

    vm: VmControl | None
    power: VmPower | None
    memory: MemoryControl | None
    vcpu: VcpuControl | None
    volume: VolumeControl | None
    storage: StorageControl | None
    network: NetworkControl | None
    migration: MigrationControl | None

    async def snapshot(self, deadline: float) -> Snapshot:
        """Look at every host; one that does not answer by the deadline is Unreachable in the answer, no error.

        Raises:
            UnauthorisedError: the credentials or the trust of the whole pool are wrong.
        """
        ...

    def hints(self) -> AsyncIterator[Hint]:
        """What may have changed, for as long as the session lives."""
        ...


class Driver(Protocol):
    """A plug-in of the entry-point group `xcp.drivers`; importable without the hypervisor's library."""

    name: str

    def dialects(self) -> tuple[ImpactTable, ...]:
        """One impact table for each hypervisor that the driver speaks to."""
        ...

    def impacts(self, hypervisor: str) -> ImpactTable:
        """The table for a host's `HostView.hypervisor`; an unknown name gives the driver's own default."""
        ...

    def calls(self, op: ops.Op, copies: tuple[Observed, ...]) -> tuple[ops.Call, ...]:
        """The calls that will be made for an op on an object that looks like `copies`. Pure."""
        ...

    def open(
        self, target: PoolTarget, *, clock: Clock, rng: Rng, access: Access
    ) -> AbstractAsyncContextManager[Session]:
        """Open a pool.

        Raises:
            RejectedError: the addresses make no sense.
            UnauthorisedError: the credentials or the trust of the whole pool are wrong.
        """
        ...
