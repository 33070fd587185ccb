"""A session of the libvirt driver on the lab's hosts, and what tests ask of it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from tests.lab.lab import Lab
from xcp_drivers.libvirt.calls import calls
from xcp_drivers.libvirt.session import LibvirtSession, open_pool
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import BootSpec
from xcp_reconciler.model.identity import Identities, Stamp
from xcp_reconciler.model.observed import (
    Fresh,
    HostView,
    Observed,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    VmConfig,
)
from xcp_reconciler.model.outcome import Outcome, Running
from xcp_reconciler.ports.driver import Access, HostTarget, PoolTarget
from xcp_reconciler.refs import Kind, ref_of

SECONDS: Final = 20.0
MIB: Final = 1024
IDENTITIES: Final = Identities("real")
VM: Final = ref_of(Kind.VIRTUAL_MACHINE, "web-1")
UUID: Final = IDENTITIES.uuid(VM)
STAMP: Final = Stamp("real", VM, "u-1", UUID)

C = TypeVar("C")
OpT = TypeVar("OpT", bound=ops.Op)


class WallClock:
    """The port, on the real clock."""

    def now(self) -> float:
        """Give the time in unix seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def have(control: C | None) -> C:
    """Give a control that the session must have."""
    assert control is not None
    return control


def soon(seconds: float = SECONDS) -> float:
    """Give a deadline."""
    return time.time() + seconds


@dataclass(frozen=True)
class Bench:
    """A session; hosts are called a and b."""

    session: LibvirtSession

    async def view(self, host: str = "a") -> HostView:
        """Give a host that answers."""
        view = (await self.session.snapshot(soon())).hosts[host]
        assert isinstance(view.freshness, Fresh), view.freshness
        return view

    async def vm(self, host: str = "a") -> ObservedVm:
        """Give the one machine of a host."""
        (found,) = (await self.view(host)).vms
        return found

    async def until(self, what: Callable[[ObservedVm], bool], host: str = "a") -> ObservedVm:
        """Wait until the one machine of a host is as asked."""
        end = time.monotonic() + 60
        while not what(vm := await self.vm(host)):
            assert time.monotonic() < end, vm
            await asyncio.sleep(0.3)
        return vm

    async def do(self, call: Callable[[OpT, float], Awaitable[Outcome]], op: OpT) -> None:
        """Perform an op twice; what goes over the wire must be what was predicted, the second time too."""
        for _ in range(2):
            predicted = calls(op, await self._copies(op))
            before = len(self.session.wire)
            await self.finish(call, op)
            assert tuple(self.session.wire[before:]) == predicted

    async def finish(self, call: Callable[[OpT, float], Awaitable[Outcome]], op: OpT) -> None:
        """Perform an op until it is done."""
        outcome = await call(op, soon(60))
        if isinstance(outcome, Running):
            await asyncio.sleep(outcome.poll_after)
            await self.finish(call, op)

    async def _copies(self, op: ops.Op) -> tuple[Observed, ...]:
        view = await self.view(op.host)
        if isinstance(op, ops.CreateVolume | ops.ResizeVolume | ops.DeleteVolume):
            return tuple(volume for volume in view.volumes if volume.file == op.file)
        things: tuple[ObservedVm | ObservedStorage | ObservedNetwork, ...] = (*view.vms, *view.storages, *view.networks)
        return tuple(thing for thing in things if thing.uuid == op.uuid)


@asynccontextmanager
async def bench(lab: Lab, *uris: str) -> AsyncGenerator[Bench]:
    """Open the lab's two hosts, or other addresses."""
    hosts = tuple(HostTarget(name, uri) for name, uri in zip("ab", uris or (lab.uri(1), lab.uri(2)), strict=False))
    async with open_pool(PoolTarget("lab", "real", hosts=hosts), clock=WallClock(), access=Access.WRITE) as session:
        yield Bench(session)


def config(lab: Lab) -> VmConfig:
    """Give the configuration of the lab's tiny guest."""
    return VmConfig(
        cores=1,
        max_cores=2,
        memory_size=256 * MIB,
        memory_target=256 * MIB,
        boot=BootSpec(str(lab.guest.kernel), str(lab.guest.initrd), "console=ttyS0 quiet"),
        serial=str(lab.shared / "web-1.log"),
    )


def define(lab: Lab, host: str = "a") -> ops.DefineVm:
    """Give the op that creates it."""
    return ops.DefineVm(VM, host, UUID, "web-1", config(lab), STAMP)
