"""NAT networks."""

from ipaddress import IPv4Network

from lxml import etree

from xcp_drivers.libvirt.xml.document import Element, attribute, parse, pretty, put, text_of
from xcp_drivers.libvirt.xml.stamp import put_stamp, read_stamp
from xcp_reconciler.model.errors import RejectedError
from xcp_reconciler.model.observed import ObservedNetwork
from xcp_reconciler.model.ops import DefineNetwork

# Network, gateway, one guest and broadcast: nothing smaller has an address to give away.
_LONGEST_PREFIX = 30


def bridge_name(uuid: str) -> str:
    """The bridge of a network: derived, so that two hosts and two attempts agree, and within Linux' 15 letters."""
    return f"xcpbr{uuid.replace('-', '')[-8:]}"


def network_xml(op: DefineNetwork) -> str:
    """The `<network>` of a NAT network: the first address is the host's, the others are given by DHCP.

    Raises:
        RejectedError: the subnet is no IPv4 network or has no room.
    """
    subnet = _subnet(op.subnet)
    root = etree.Element("network")
    put(root, "name", op.name)
    put(root, "uuid", op.uuid)
    put_stamp(root, op.stamp)
    put(root, "forward", mode="nat")
    put(root, "bridge", name=bridge_name(op.uuid), stp="on", delay="0")
    address = put(root, "ip", address=str(subnet[1]), prefix=str(subnet.prefixlen))
    put(put(address, "dhcp"), "range", start=str(subnet[2]), end=str(subnet[-2]))
    return pretty(root)


def _subnet(text: str) -> IPv4Network:
    try:
        subnet = IPv4Network(text)
    except ValueError as error:
        raise RejectedError(f"subnet: {error}", code="Subnet") from error
    if subnet.prefixlen > _LONGEST_PREFIX:
        raise RejectedError(f"subnet {text}: no address is left for a guest", code="Subnet")
    return subnet


def read_network(text: str, host: str, *, active: bool) -> ObservedNetwork:
    """A network; its subnet only where it is NAT."""
    root = parse(text)
    return ObservedNetwork(
        host=host,
        uuid=text_of(root, "uuid") or "",
        name=text_of(root, "name") or "",
        active=active,
        subnet=_read_subnet(root) if attribute(root, "forward", "mode") == "nat" else None,
        stamp=read_stamp(root),
    )


def _read_subnet(root: Element) -> str | None:
    for address in root.iterfind("ip"):
        if address.get("family", "ipv4") != "ipv4":
            continue
        length = address.get("prefix") or address.get("netmask")
        try:
            return str(IPv4Network(f"{address.get('address')}/{length}", strict=False))
        except ValueError:
            return None
    return None
