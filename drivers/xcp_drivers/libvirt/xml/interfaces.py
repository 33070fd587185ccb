"""Network cards: `<interface>`."""

from xcp_drivers.libvirt.xml.document import Element, attribute, put, remove
from xcp_drivers.libvirt.xml.names import alias_of, own_name
from xcp_reconciler.model.observed import InterfaceConfig


def read_interface(element: Element, index: int) -> InterfaceConfig:
    """One card. What hangs on no libvirt network reads as `<type>:<source>`, such as `bridge:br0`."""
    kind = element.get("type", "")
    source = element.find("source")
    where = "" if source is None else next((source.get(key) or "" for key in _SOURCES if source.get(key)), "")
    return InterfaceConfig(
        name=own_name(element) or f"net{index}",
        network=where if kind == "network" else f"{kind}:{where}",
        mac=attribute(element, "mac", "address") or "",
        model=attribute(element, "model", "type") or "",
    )


_SOURCES = ("network", "bridge", "dev", "name", "path")


def put_interface(devices: Element, interface: InterfaceConfig) -> None:
    """Append a card."""
    element = put(devices, "interface", type="network")
    put(element, "mac", address=interface.mac)
    put(element, "source", network=interface.network)
    put(element, "model", type=interface.model)
    put(element, "alias", name=alias_of(interface.name))


def edit_interfaces(devices: Element, interfaces: tuple[InterfaceConfig, ...]) -> None:
    """Make the cards these. One that already reads as wanted keeps every setting that we have no word for."""
    wanted = {interface.name: interface for interface in interfaces}
    kept: set[str] = set()
    for index, element in enumerate(list(devices.iterfind("interface"))):
        seen = read_interface(element, index)
        if wanted.get(seen.name) == seen and seen.name not in kept:
            kept.add(seen.name)
        else:
            remove(devices, element)
    for interface in interfaces:
        if interface.name not in kept:
            put_interface(devices, interface)
