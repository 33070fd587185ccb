"""NAT networks."""

from xcp_drivers.libvirt.hosts import Hosts
from xcp_drivers.libvirt.work import Work
from xcp_drivers.libvirt.xml.network import network_xml
from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import StaleError
from xcp_reconciler.model.outcome import Outcome


class LibvirtNetworks:
    """`NetworkControl`."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def define(self, op: ops.DefineNetwork, deadline: float) -> Outcome:
        """Create it, stamped."""
        return await self._hosts.change(op.host, lambda work: _define(work, op), deadline)

    async def start(self, op: ops.StartNetwork, deadline: float) -> Outcome:
        """Bring it up, now and when the host boots."""
        return await self._hosts.change(op.host, lambda work: _start(work, op), deadline)

    async def undefine(self, op: ops.UndefineNetwork, deadline: float) -> Outcome:
        """Take it down and remove it."""
        return await self._hosts.change(op.host, lambda work: _undefine(work, op), deadline)


def _define(work: Work, op: ops.DefineNetwork) -> None:
    if work.network(op.uuid) is not None:
        return
    document = network_xml(op)
    work.wire("virNetworkDefineXML", op.uuid, op.name, op.subnet)
    work.connection.networkDefineXML(document)


def _start(work: Work, op: ops.StartNetwork) -> None:
    network = work.network(op.uuid)
    if network is None:
        raise StaleError(f"{op.host} has no network {op.uuid}", host=op.host)
    if not network.isActive():
        work.wire("virNetworkCreate", op.uuid)
        network.create()
    work.wire("virNetworkSetAutostart", op.uuid, "1")
    network.setAutostart(1)


def _undefine(work: Work, op: ops.UndefineNetwork) -> None:
    network = work.network(op.uuid)
    if network is None:
        return
    if network.isActive():
        work.wire("virNetworkDestroy", op.uuid)
        network.destroy()
    work.wire("virNetworkUndefine", op.uuid)
    network.undefine()
