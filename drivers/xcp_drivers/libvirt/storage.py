"""Storage repositories: libvirt's directory pools."""

from xcp_drivers.libvirt.hosts import Hosts
from xcp_drivers.libvirt.work import Work
from xcp_drivers.libvirt.xml.storage import pool_xml
from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import StaleError
from xcp_reconciler.model.outcome import Outcome


class LibvirtStorage:
    """`StorageControl`."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def define(self, op: ops.DefineStorage, deadline: float) -> Outcome:
        """Make the directory known, and make it where it is not there."""
        return await self._hosts.change(op.host, lambda work: _define(work, op), deadline)

    async def start(self, op: ops.StartStorage, deadline: float) -> Outcome:
        """Attach it, now and when the host boots."""
        return await self._hosts.change(op.host, lambda work: _start(work, op), deadline)

    async def undefine(self, op: ops.UndefineStorage, deadline: float) -> Outcome:
        """Forget it; virStoragePoolDelete is never called, so the files stay."""
        return await self._hosts.change(op.host, lambda work: _undefine(work, op), deadline)


def _define(work: Work, op: ops.DefineStorage) -> None:
    pool = work.pool(op.uuid)
    if pool is None:
        document = pool_xml(op)
        work.wire("virStoragePoolDefineXML", op.uuid, op.name, op.path)
        pool = work.connection.storagePoolDefineXML(document, 0)
    if not pool.isActive():
        # Makes the directory; one that is there keeps its content and its permissions.
        work.wire("virStoragePoolBuild", op.uuid)
        pool.build(0)


def _start(work: Work, op: ops.StartStorage) -> None:
    pool = work.pool(op.uuid)
    if pool is None:
        raise StaleError(f"{op.host} does not know storage {op.uuid}", host=op.host)
    if not pool.isActive():
        if op.makes:
            work.wire("virStoragePoolBuild", op.uuid)
            pool.build(0)
        work.wire("virStoragePoolCreate", op.uuid)
        pool.create(0)
    work.wire("virStoragePoolSetAutostart", op.uuid, "1")
    pool.setAutostart(1)


def _undefine(work: Work, op: ops.UndefineStorage) -> None:
    pool = work.pool(op.uuid)
    if pool is None:
        return
    if pool.isActive():
        work.wire("virStoragePoolDestroy", op.uuid)
        pool.destroy()
    work.wire("virStoragePoolUndefine", op.uuid)
    pool.undefine()
