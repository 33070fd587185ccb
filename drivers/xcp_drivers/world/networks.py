"""NAT networks on hosts."""

from ipaddress import ip_network

from xcp_drivers.world.change import Change, refuse
from xcp_drivers.world.encoding import stamp_text
from xcp_drivers.world.refusal import Refused
from xcp_drivers.world.rows import NetworkRow
from xcp_reconciler.model import ops


def define(change: Change, op: ops.DefineNetwork) -> None:
    """Create a network, or give the one with this uuid another definition.

    Raises:
        RefusalError: the name belongs to another network, or this one has another name.
    """
    change.host(op.host)
    known = None
    for other in change.networks("host = ? AND (uuid = ? OR name = ?)", op.host, op.uuid, op.name):
        if other.uuid != op.uuid:
            refuse(Refused.NAME_TAKEN, f"network {op.name!r} already exists on {op.host}: {other.uuid}", op.host)
        if other.name != op.name:
            refuse(Refused.UUID_TAKEN, f"uuid {op.uuid} belongs to network {other.name!r} on {op.host}", op.host)
        known = other
    active = known.active if known is not None else 0
    change.put_network(NetworkRow(op.host, op.uuid, op.name, op.subnet, active, stamp_text(op.stamp)))


def start(change: Change, host: str, uuid: str) -> None:
    """Bring a network up.

    Raises:
        RefusalError: the host does not know it, or its addresses are in use there.
    """
    change.host(host)
    found = change.networks("host = ? AND uuid = ?", host, uuid)
    if not found:
        refuse(Refused.NO_SUCH_NETWORK, f"no network with uuid {uuid} on {host}", host)
    network = found[0]
    if network.active:
        return
    for other in change.networks("host = ? AND active AND subnet IS NOT NULL", host):
        if network.subnet is not None and other.subnet is not None and _overlap(network.subnet, other.subnet):
            refuse(
                Refused.SUBNET_IN_USE,
                f"network is already in use by interface of {other.name!r}: {other.subnet} on {host}",
                host,
            )
    change.put_network(network._replace(active=1))


def stop(change: Change, host: str, uuid: str) -> None:
    """Take a network down; its guests lose their link and run on.

    Raises:
        RefusalError: the host does not know it.
    """
    change.host(host)
    found = change.networks("host = ? AND uuid = ?", host, uuid)
    if not found:
        refuse(Refused.NO_SUCH_NETWORK, f"no network with uuid {uuid} on {host}", host)
    change.put_network(found[0]._replace(active=0))


def undefine(change: Change, host: str, uuid: str) -> None:
    """Take a network down and remove it; one that is absent is already removed."""
    change.host(host)
    for network in change.networks("host = ? AND uuid = ?", host, uuid):
        change.drop_network(network)


def _overlap(one: str, other: str) -> bool:
    first, second = ip_network(one, strict=False), ip_network(other, strict=False)
    return first.version == second.version and first.overlaps(second)
