"""The laws on two real libvirt hosts with real QEMU guests."""

import uuid
from collections.abc import Sequence

import pytest

from tests.lab.lab import Lab
from xcp_drivers.conformance import DriverLaws, Rig
from xcp_drivers.conformance.rig import Ground
from xcp_drivers.libvirt import driver
from xcp_reconciler.model.desired import BootSpec
from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.driver import HostTarget, PoolTarget, Session
from xcp_reconciler.runtime.system import SystemClock, SystemRng


class QemuRig:
    """The lab's two hosts and the folder that they share."""

    driver = driver
    clock = SystemClock()
    rng = SystemRng()

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        hosts = tuple(
            HostTarget(name, lab.uri(number), lab.uri(number), memory=4 << 20)
            for number, name in enumerate(("a", "b"), start=1)
        )
        target = PoolTarget("lab", f"t-{uuid.uuid4()}", hosts=hosts)
        boot = BootSpec(str(lab.guest.kernel), str(lab.guest.initrd), "console=ttyS0 quiet")
        serial = str(lab.shared / "guest.log")
        self.ground = Ground(target, str(lab.shared / "files"), shared=True, boot=boot, serial=serial, settle_s=30.0)

    def wire(self, session: Session) -> Sequence[Call]:
        """Give the calls that the session keeps."""
        wire: Sequence[Call] = getattr(session, "wire")  # noqa: B009 - only the libvirt session has it
        return wire

    async def make_stranger(self, name: str) -> bool:
        """Define a machine by hand."""
        xml = self._lab.slot.directory / f"{name}.xml"
        xml.write_text(
            f"<domain type='qemu'><name>{name}</name><memory>65536</memory>"
            "<os><type arch='x86_64'>hvm</type></os></domain>"
        )
        self._lab.host(1).virsh("define", str(xml))
        return True


class TestQemu(DriverLaws):
    """QEMU under libvirt keeps the contract."""

    @pytest.fixture
    def rig(self, lab: Lab) -> Rig:
        """Give the two hosts, wiped."""
        return QemuRig(lab)
