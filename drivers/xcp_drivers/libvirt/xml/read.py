"""A domain's XML as the model's configuration."""

from lxml import etree

from xcp_drivers.libvirt.xml.booting import read_boot
from xcp_drivers.libvirt.xml.consoles import read_serial
from xcp_drivers.libvirt.xml.disks import disk_elements, read_disk
from xcp_drivers.libvirt.xml.document import Element, text_of
from xcp_drivers.libvirt.xml.interfaces import read_interface
from xcp_drivers.libvirt.xml.memory import read_cores, read_memory
from xcp_reconciler.model.observed import VmConfig


def vm_config(root: Element) -> VmConfig:
    """What a live or inactive `<domain>` says. In a live one currentMemory is what the guest holds, no target."""
    cores, most = read_cores(root)
    size, target = read_memory(root)
    devices = root.find("devices")
    if devices is None:
        devices = etree.Element("devices")
    return VmConfig(
        cores=cores,
        max_cores=most,
        memory_size=size,
        memory_target=target,
        disks=tuple(read_disk(disk) for disk in disk_elements(devices)),
        interfaces=tuple(read_interface(card, index) for index, card in enumerate(devices.iterfind("interface"))),
        boot=read_boot(root),
        serial=read_serial(devices),
        description=text_of(root, "description") or "",
    )


def has_block_job(root: Element) -> bool:
    """Whether a live `<domain>` shows a copy or commit job on one of its disks."""
    return root.find("devices/disk/mirror") is not None
