"""Objects that several tests convert."""

from pathlib import Path
from typing import Final

from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import BootSpec, DiskBus, DiskMode, VolumeFormat
from xcp_reconciler.model.identity import Identities, Stamp
from xcp_reconciler.model.observed import DiskConfig, InterfaceConfig, VmConfig
from xcp_reconciler.refs import Kind, Ref, ref_of

GOLDEN: Final = Path(__file__).parent / "golden"
IDENTITIES: Final = Identities("quickstart")
WEB: Final = ref_of(Kind.VIRTUAL_MACHINE, "web-1")


def stamp(ref: Ref) -> Stamp:
    return Stamp("quickstart", ref, "0f0e", IDENTITIES.uuid(ref))


CONFIG: Final = VmConfig(
    cores=1,
    max_cores=2,
    memory_size=524288,
    memory_target=262144,
    disks=(
        DiskConfig("root", "/srv/a & b/root.qcow2", VolumeFormat.QCOW2, bootable=True),
        DiskConfig("data", "/srv/data.raw", VolumeFormat.RAW, DiskBus.SCSI, DiskMode.RO),
        DiskConfig("more", "/srv/more.raw", VolumeFormat.RAW),
    ),
    interfaces=(InterfaceConfig("eth0", "nat", "52:54:00:00:00:01"),),
    boot=BootSpec("/boot/vmlinuz", "/boot/initrd", 'console=ttyS0 x="<&>"'),
    serial="/var/log/web-1.log",
    description="<script>&amp; ☃",
)

DEFINE: Final = ops.DefineVm(WEB, "host-a", IDENTITIES.uuid(WEB), "web-1", CONFIG, stamp(WEB))
