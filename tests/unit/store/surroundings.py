"""What a store needs around it: a clock, chance, and objects to keep."""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

from xcp_reconciler.model.desired import Desired, DiskSpec, InterfaceSpec, NetworkSpec, Origin, Policies, VmSpec
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.refs import Kind, Ref, ref_of
from xcp_reconciler.store.faults import NoFaults, StoreFaults
from xcp_reconciler.store.sqlite import SqliteStore, open_store

T = TypeVar("T")
NO_FAULTS = NoFaults()


class VirtualClock:
    """Time that passes only while somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.at = 1_700_000_000.0
        self.naps: list[float] = []

    def now(self) -> float:
        """Unix seconds of a time that never was."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Pass at once."""
        self.naps.append(seconds)
        self.at += max(seconds, 0.0)
        await asyncio.sleep(0)


class RealClock:
    """The loop's own time, for tests with several processes."""

    def now(self) -> float:
        """Seconds of the loop."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Really wait."""
        await asyncio.sleep(seconds)


class CountedRng:
    """Uids one after the other, and no chance at all."""

    def __init__(self, name: str = "uid") -> None:
        self.name = name
        self.drawn = 0

    def uid(self) -> str:
        """The next one."""
        self.drawn += 1
        return f"{self.name}-{self.drawn}"

    def fraction(self) -> float:
        """The middle."""
        return 0.5


def opened(
    path: Path | None, access: Access = Access.WRITE, *, faults: StoreFaults = NO_FAULTS, rng: str = "uid"
) -> AbstractAsyncContextManager[SqliteStore]:
    """A store with virtual time."""
    return open_store(path, access=access, clock=VirtualClock(), rng=CountedRng(rng), faults=faults)


def run(coroutine: Coroutine[object, object, T]) -> T:
    """Run to the end on a loop of its own; a hang is a failure."""
    return asyncio.run(asyncio.wait_for(coroutine, 60))


def vm_ref(name: str) -> Ref:
    """The ref of a virtual machine."""
    return ref_of(Kind.VIRTUAL_MACHINE, name)


def vm(name: str, *, cores: int = 2, line: int = 1, uid: str = "") -> Desired:
    """A small virtual machine."""
    spec = VmSpec(
        pool="lab",
        cores=cores,
        max_cores=8,
        memory_size=2**21,
        memory_min=2**19,
        memory_max=2**21,
        disks=(DiskSpec("root", ref_of(Kind.VOLUME, f"{name}-root"), bootable=True),),
        interfaces=(InterfaceSpec("eth0", ref_of(Kind.NETWORK, "lan")),),
    )
    return Desired(vm_ref(name), spec, Policies(), "owner", {"app": "web"}, Origin("vms.yaml", line), uid)


def network(name: str) -> Desired:
    """A network, the smallest object."""
    return Desired(ref_of(Kind.NETWORK, name), NetworkSpec("lab", "10.0.0.0/24"), Policies(), "owner")
