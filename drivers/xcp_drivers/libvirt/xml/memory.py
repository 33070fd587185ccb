"""Memory and virtual CPUs of a domain."""

from xcp_drivers.libvirt.xml.document import Element, kib_of, put, remove, set_text, text_of


def read_memory(root: Element) -> tuple[int, int]:
    """Size and balloon target in KiB; without a target the balloon is empty."""
    size = kib_of(root, "memory")
    return size, kib_of(root, "currentMemory") or size


def read_cores(root: Element) -> tuple[int, int]:
    """Virtual CPUs in use at boot, and the most that there can be."""
    most = int((text_of(root, "vcpu") or "1").strip())
    element = root.find("vcpu")
    current = element.get("current") if element is not None else None
    return int(current or most), most


def has_balloon(root: Element) -> bool:
    """Whether the domain has a balloon device."""
    device = root.find("devices/memballoon")
    return device is not None and device.get("model") != "none"


def edit_memory(root: Element, *, size: int, target: int) -> None:
    """Set size and balloon target, in KiB."""
    set_text(root, "memory", str(size)).set("unit", "KiB")
    set_text(root, "currentMemory", str(target)).set("unit", "KiB")


def edit_cores(root: Element, *, cores: int, most: int) -> None:
    """Set virtual CPUs. libvirt's list of single ones would contradict a new number, and is made anew."""
    element = set_text(root, "vcpu", str(most))
    element.attrib.pop("current", None)
    if cores != most:
        element.set("current", str(cores))
    listed = root.find("vcpus")
    if listed is not None:
        remove(root, listed)


def put_memory(root: Element, *, size: int, target: int) -> None:
    """Append size and balloon target, in KiB."""
    put(root, "memory", str(size), unit="KiB")
    put(root, "currentMemory", str(target), unit="KiB")


def put_cores(root: Element, *, cores: int, most: int) -> None:
    """Append virtual CPUs."""
    put(root, "vcpu", str(most), current=str(cores))
