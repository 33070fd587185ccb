"""The laws on libvirt's own mock hypervisor, as far as its capabilities go."""

import uuid
from collections.abc import Sequence

import pytest

from xcp_drivers.conformance import DriverLaws, Rig
from xcp_drivers.conformance.rig import Ground
from xcp_drivers.libvirt import driver
from xcp_drivers.libvirt.api import load
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
