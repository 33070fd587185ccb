"""Disks: `<disk device='disk'>`."""

from collections.abc import Iterator
from typing import Final

from xcp_drivers.libvirt.xml.document import Element, attribute, put, remove
from xcp_drivers.libvirt.xml.names import alias_of, own_name
from xcp_reconciler.model.desired import DiskBus, DiskMode, VolumeFormat
from xcp_reconciler.model.observed import DiskConfig

_PREFIX: Final = {DiskBus.VIRTIO: "vd", DiskBus.SCSI: "sd", DiskBus.SATA: "sd"}
_BUSES: Final = {"virtio": DiskBus.VIRTIO, "scsi": DiskBus.SCSI, "sata": DiskBus.SATA, "ide": DiskBus.SATA}
_LETTERS: Final = 26


def letters_of(index: int) -> str:
    """What ends the target name of the disk number `index`: a to z, then aa."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, _LETTERS)
        letters = chr(ord("a") + rest) + letters
    return letters


def disk_elements(devices: Element) -> Iterator[Element]:
    """The disks proper; CD and floppy drives are none."""
    disks = [disk for disk in devices.iterfind("disk") if disk.get("device", "disk") == "disk"]
    # libvirt groups its disks by bus. Their letters, which we give in order, tell the order over all buses.
    return iter(sorted(disks, key=_place))


def read_disk(element: Element) -> DiskConfig:
    """One disk; formats that the model has no word for read as Raw, and edits leave such a disk alone."""
    form = attribute(element, "driver", "type")
    return DiskConfig(
        name=own_name(element) or attribute(element, "target", "dev") or "",
        path=source_path(element),
        format=VolumeFormat.QCOW2 if form == "qcow2" else VolumeFormat.RAW,
        bus=_BUSES.get(attribute(element, "target", "bus") or "", DiskBus.VIRTIO),
        mode=DiskMode.RO if element.find("readonly") is not None else DiskMode.RW,
        bootable=element.find("boot") is not None,
    )


def source_path(element: Element) -> str:
    """Where a disk's content is: a path of the host, or what stands for one."""
    source = element.find("source")
    if source is None:
        return ""
    if (pool := source.get("pool")) is not None:
        return f"{pool}/{source.get('volume', '')}"
    return source.get("file") or source.get("dev") or source.get("name") or source.get("dir") or ""


def put_disk(devices: Element, disk: DiskConfig, target: str, order: int | None) -> None:
    """Append a disk; the format is stated, for QEMU would otherwise probe what a guest can forge."""
    element = put(devices, "disk", type="file", device="disk")
    put(element, "driver", name="qemu", type=disk.format.extension)
    put(element, "source", file=disk.path)
    put(element, "target", dev=target, bus=disk.bus.value.lower())
    if disk.mode is DiskMode.RO:
        put(element, "readonly")
    put(element, "alias", name=alias_of(disk.name))
    if order is not None:
        put(element, "boot", order=str(order))


def _place(disk: Element) -> tuple[int, str]:
    letters = (attribute(disk, "target", "dev") or "")[2:]
    return len(letters), letters


def put_disks(devices: Element, disks: tuple[DiskConfig, ...], taken: frozenset[str] = frozenset()) -> None:
    """Append disks under letters that are free on every bus, the bootable ones in boot order."""
    used = set(taken)
    order = 0
    for disk in disks:
        letters = _free(used)
        used.add(letters)
        order += 1 if disk.bootable else 0
        put_disk(devices, disk, _PREFIX[disk.bus] + letters, order if disk.bootable else None)
    if any(disk.bus is DiskBus.SCSI for disk in disks):
        _need_scsi(devices)


def edit_disks(devices: Element, disks: tuple[DiskConfig, ...]) -> None:
    """Make the disks these. One that already reads as wanted keeps every setting that we have no word for."""
    wanted = {disk.name: disk for disk in disks}
    kept: dict[str, Element] = {}
    for element in list(disk_elements(devices)):
        seen = read_disk(element)
        if _same_but_boot(wanted.get(seen.name), seen) and seen.name not in kept:
            kept[seen.name] = element
        else:
            remove(devices, element)
    targets = frozenset((attribute(disk, "target", "dev") or "")[2:] for disk in devices.iterfind("disk"))
    put_disks(devices, tuple(disk for disk in disks if disk.name not in kept), targets)
    _order_boots(devices, disks)


def _same_but_boot(wanted: DiskConfig | None, seen: DiskConfig) -> bool:
    return wanted is not None and (wanted.path, wanted.format, wanted.bus, wanted.mode) == (
        seen.path,
        seen.format,
        seen.bus,
        seen.mode,
    )


def _order_boots(devices: Element, disks: tuple[DiskConfig, ...]) -> None:
    """Number the bootable disks first; whatever else boots keeps its place behind them."""
    orders = {disk.name: place for place, disk in enumerate((disk for disk in disks if disk.bootable), 1)}
    for element in disk_elements(devices):
        for boot in element.findall("boot"):
            remove(element, boot)
        order = orders.get(read_disk(element).name)
        if order is not None:
            put(element, "boot", order=str(order))
    others = [
        boot
        for boot in devices.iterfind("*/boot")
        if (parent := boot.getparent()) is not None and not (parent.tag == "disk" and read_disk(parent).name in orders)
    ]
    for place, boot in enumerate(sorted(others, key=lambda boot: int(boot.get("order", "0"))), len(orders) + 1):
        boot.set("order", str(place))


def _free(used: set[str]) -> str:
    index = 0
    while (name := letters_of(index)) in used:
        index += 1
    return name


def _need_scsi(devices: Element) -> None:
    if devices.find("controller[@type='scsi']") is None:
        put(devices, "controller", type="scsi", index="0", model="virtio-scsi")
