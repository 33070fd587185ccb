"""A new definition, from nothing but what was declared and what the host can run."""

from lxml import etree

from xcp_drivers.libvirt.xml.booting import put_boot
from xcp_drivers.libvirt.xml.consoles import put_serial
from xcp_drivers.libvirt.xml.disks import put_disks
from xcp_drivers.libvirt.xml.document import Element, pretty, put
from xcp_drivers.libvirt.xml.interfaces import put_interface
from xcp_drivers.libvirt.xml.machine import Machine, VirtType
from xcp_drivers.libvirt.xml.memory import put_cores, put_memory
from xcp_drivers.libvirt.xml.stamp import put_stamp
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.model.ops import DefineVm

# Seconds between the guest's reports; without a period libvirt never asks for them.
_BALLOON_PERIOD = "10"


def domain_xml(op: DefineVm, machine: Machine) -> str:
    """The `<domain>` of a new virtual machine on a host that runs machines of this kind."""
    config = op.config
    root = etree.Element("domain", type=machine.virt)
    put(root, "name", op.name)
    put(root, "uuid", op.uuid)
    put_stamp(root, op.stamp)
    if config.description:
        put(root, "description", config.description)
    put_memory(root, size=config.memory_size, target=config.memory_target)
    put_cores(root, cores=config.cores, most=config.max_cores)
    _put_system(root, config, machine)
    _put_platform(root, machine)
    _put_devices(put(root, "devices"), config, machine)
    return pretty(root)


def _put_system(root: Element, config: VmConfig, machine: Machine) -> None:
    system = put(root, "os")
    # Of Xen's kinds only PVH boots a kernel directly and still migrates live.
    kind = "xenpvh" if machine.virt is VirtType.XEN and config.boot is not None else "hvm"
    kernel_type = put(system, "type", kind, arch=machine.arch)
    if machine.machine is not None and kind == "hvm":
        kernel_type.set("machine", machine.machine)
    put_boot(system, config.boot)


def _put_platform(root: Element, machine: Machine) -> None:
    features = put(root, "features")
    put(features, "acpi")
    put(features, "apic")
    match machine.virt:
        case VirtType.KVM:
            # Of the host's own model, which libvirt checks before it lets the machine move.
            put(root, "cpu", mode="host-model", check="partial")
        case VirtType.QEMU:
            # Emulated processors are no host's: a plain model runs and moves everywhere.
            put(put(root, "cpu", mode="custom", match="exact"), "model", "qemu64")
        case VirtType.XEN | VirtType.TEST:
            pass
    put(root, "clock", offset="utc")
    put(root, "on_poweroff", "destroy")
    put(root, "on_reboot", "restart")
    put(root, "on_crash", "destroy")


def _put_devices(devices: Element, config: VmConfig, machine: Machine) -> None:
    put_disks(devices, config.disks)
    for interface in config.interfaces:
        put_interface(devices, interface)
    put_serial(devices, config.serial)
    if machine.virt in {VirtType.KVM, VirtType.QEMU}:
        channel = put(devices, "channel", type="unix")
        put(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
        put(put(devices, "rng", model="virtio"), "backend", "/dev/urandom", model="random")
    balloon = put(devices, "memballoon", model="xen" if machine.virt is VirtType.XEN else "virtio")
    if machine.virt is not VirtType.XEN:
        put(balloon, "stats", period=_BALLOON_PERIOD)
