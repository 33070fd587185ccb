"""What kind of virtual machine a host can run: asked of the host, never assumed."""

from dataclasses import dataclass
from enum import StrEnum

from xcp_drivers.libvirt.xml.document import attribute, parse, text_of


class VirtType(StrEnum):
    """`<domain type=...>`."""

    KVM = "kvm"
    QEMU = "qemu"
    XEN = "xen"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Machine:
    """The kind of machine that new definitions get on a host."""

    virt: VirtType
    arch: str
    machine: str | None = None


def from_domain_capabilities(text: str) -> Machine:
    """What virConnectGetDomainCapabilities offers by default: kvm where the host really has it, else qemu.

    Raises:
        ValueError: the host offers a kind that this driver does not write.
    """
    root = parse(text)
    return Machine(VirtType(text_of(root, "domain") or ""), text_of(root, "arch") or "x86_64", text_of(root, "machine"))


def from_capabilities(text: str) -> Machine:
    """The first fully virtualized guest of virConnectGetCapabilities, for hypervisors without the finer question.

    Raises:
        ValueError: there is none that this driver writes.
    """
    root = parse(text)
    for guest in root.iterfind("guest"):
        kind = attribute(guest, "arch/domain", "type")
        if text_of(guest, "os_type") in {"hvm", "xen"} and kind is not None:
            return Machine(VirtType(kind), attribute(guest, "arch", "name") or "x86_64")
    raise ValueError("no guest")
