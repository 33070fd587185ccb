"""What a machine boots: a kernel of the host, or its disks."""

from xcp_drivers.libvirt.xml.document import Element, put, remove, text_of
from xcp_reconciler.model.desired import BootSpec

_TAGS = ("kernel", "initrd", "cmdline")


def read_boot(root: Element) -> BootSpec | None:
    """Direct kernel boot, None where the disks are booted."""
    kernel = text_of(root, "os/kernel")
    if kernel is None:
        return None
    return BootSpec(kernel, text_of(root, "os/initrd"), text_of(root, "os/cmdline") or "")


def put_boot(system: Element, boot: BootSpec | None) -> None:
    """Append the kernel to `<os>`."""
    if boot is None:
        return
    put(system, "kernel", boot.kernel)
    if boot.initrd is not None:
        put(system, "initrd", boot.initrd)
    if boot.cmdline:
        put(system, "cmdline", boot.cmdline)


def edit_boot(root: Element, boot: BootSpec | None) -> None:
    """Make the machine boot this."""
    system = root.find("os")
    if system is None:
        system = put(root, "os")
    for tag in _TAGS:
        for element in system.findall(tag):
            remove(system, element)
    put_boot(system, boot)


def drop_boot_devices(root: Element) -> None:
    """Without `<boot dev>`: libvirt adds it by itself, and refuses it beside a boot order on devices."""
    system = root.find("os")
    if system is not None and root.find("devices/*/boot") is not None:
        for element in system.findall("boot"):
            remove(system, element)
