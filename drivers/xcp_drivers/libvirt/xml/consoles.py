"""The serial console: appended to a file of the host, or a pseudo-terminal."""

from xcp_drivers.libvirt.xml.document import Element, put, remove


def read_serial(devices: Element) -> str | None:
    """The file that the first serial port appends to, None where it is no file."""
    source = devices.find("serial[@type='file']/source")
    return source.get("path") if source is not None else None


def put_serial(devices: Element, path: str | None) -> None:
    """Append a serial port with a console on it; `append`, for a migration must not empty the file."""
    serial = put(devices, "serial", type="pty" if path is None else "file")
    if path is not None:
        put(serial, "source", path=path, append="on")
    put(serial, "target", type="isa-serial", port="0")
    console = put(devices, "console", type="pty" if path is None else "file")
    if path is not None:
        put(console, "source", path=path, append="on")
    put(console, "target", type="serial", port="0")


def edit_serial(devices: Element, path: str | None) -> None:
    """Make the first serial port write to this file; further ports stay."""
    if read_serial(devices) == path:
        return
    first = devices.find("serial")
    if first is not None:
        remove(devices, first)
    # libvirt keeps the first console as an image of the first serial port.
    mirror = devices.find("console")
    if mirror is not None and mirror.find("target[@type='serial']") is not None:
        remove(devices, mirror)
    put_serial(devices, path)
