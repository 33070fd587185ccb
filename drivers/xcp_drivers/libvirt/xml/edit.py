"""Changing an existing definition: settings are applied, everything else stays byte for byte."""

from typing import assert_never

from xcp_drivers.libvirt.xml.booting import drop_boot_devices, edit_boot
from xcp_drivers.libvirt.xml.consoles import edit_serial
from xcp_drivers.libvirt.xml.disks import edit_disks
from xcp_drivers.libvirt.xml.document import Element, parse, put, remove, render, set_text
from xcp_drivers.libvirt.xml.interfaces import edit_interfaces
from xcp_drivers.libvirt.xml.memory import edit_cores, edit_memory
from xcp_reconciler.model import ops


def edited(inactive: str, settings: tuple[ops.Setting, ...]) -> str:
    """An inactive `<domain>` with settings applied; unknown elements, comments and namespaces are kept."""
    root = parse(inactive)
    for setting in settings:
        _apply(root, setting)
    drop_boot_devices(root)
    return render(root)


def _apply(root: Element, setting: ops.Setting) -> None:
    match setting:
        case ops.MaxCores():
            edit_cores(root, cores=setting.cores, most=setting.max_cores)
        case ops.MemorySize():
            edit_memory(root, size=setting.size, target=setting.target)
        case ops.Boot():
            edit_boot(root, setting.boot)
        case ops.Serial():
            edit_serial(_devices(root), setting.path)
        case ops.Disks():
            edit_disks(_devices(root), setting.disks)
        case ops.Interfaces():
            edit_interfaces(_devices(root), setting.interfaces)
        case ops.Description():
            _describe(root, setting.text)
        case _:
            assert_never(setting)


def _describe(root: Element, text: str) -> None:
    if text:
        set_text(root, "description", text)
        return
    element = root.find("description")
    if element is not None:
        remove(root, element)


def _devices(root: Element) -> Element:
    devices = root.find("devices")
    return put(root, "devices") if devices is None else devices
