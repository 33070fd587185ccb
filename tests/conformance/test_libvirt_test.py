"""The laws on libvirt's own mock hypervisor, as far as its capabilities go."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest

from xcp_drivers.conformance import DriverLaws, Rig
from xcp_drivers.conformance.rig import Ground
from xcp_drivers.conformance.stage import VM, declare_everything, stage
from xcp_drivers.libvirt import driver
from xcp_drivers.libvirt.api import load
from xcp_drivers.libvirt.flags import Affect
from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.driver import HostTarget, PoolTarget, Session
from xcp_reconciler.runtime.system import SystemClock, SystemRng

pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")


class TestDriverRig:
    """`test:///default`, one host that lives in this process; each test is an owner of its own."""

    __test__ = False
    driver = driver
    clock = SystemClock()
    rng = SystemRng()

    def __init__(self) -> None:
        target = PoolTarget("lab", f"t-{uuid.uuid4()}", hosts=(HostTarget("a", "test:///default", memory=64 << 20),))
        self.ground = Ground(target, "/conformance/files", shared=False)

    def wire(self, session: Session) -> Sequence[Call]:
        """Give the calls that the session keeps."""
        wire: Sequence[Call] = getattr(session, "wire")  # noqa: B009 - only the libvirt session has it
        return wire

    async def make_stranger(self, name: str) -> bool:
        """Define a machine through libvirt itself."""
        xml = f"<domain type='test'><name>{name}</name><memory>65536</memory><os><type>hvm</type></os></domain>"
        load().open("test:///default").defineXMLFlags(xml, 0)
        return True


class TestLibvirtTest(DriverLaws):
    """The mock hypervisor keeps the contract."""

    @pytest.fixture
    def rig(self) -> Rig:
        """Give the one host under a new owner."""
        return TestDriverRig()

    def test_cpus_that_were_only_stored_are_plugged_in(self, rig: Rig) -> None:
        """More CPUs are two calls; the sender of the first may die before the second."""

        async def law() -> None:
            async with stage(rig) as made:
                declare_everything(made)
                made.declare(VM, replace(made.vm(), max_cores=4))
                await made.converge()
                machine = await made.machine()
                assert machine is not None
                load().open("test:///default").lookupByUUIDString(machine.uuid).setVcpusFlags(3, Affect.CONFIG)
                made.declare(VM, replace(made.vm(), cores=3))
                await made.converge()
                after = await made.machine()
                assert after is not None
                assert after.live is not None
                assert (after.stored.cores, after.live.cores) == (3, 3)

        asyncio.run(law())
