"""Live memory and virtual CPUs."""

from xcp_drivers.libvirt.calls import whole_pages
from xcp_drivers.libvirt.flags import Affect, DomainXml
from xcp_drivers.libvirt.hosts import Hosts
from xcp_drivers.libvirt.work import Work
from xcp_drivers.libvirt.xml.document import parse
from xcp_drivers.libvirt.xml.memory import read_cores, read_memory
from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import RejectedError, StaleError
from xcp_reconciler.model.outcome import Outcome


class LibvirtMemory:
    """`MemoryControl`."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def set_range(self, op: ops.SetMemoryRange, deadline: float) -> Outcome:
        """Set the balloon's target to the range's maximum; the lower bound is ours alone, libvirt has none."""
        return await self._hosts.change(op.host, lambda work: _set_range(work, op), deadline)

    async def set_target(self, op: ops.SetMemoryTarget, deadline: float) -> Outcome:
        """Set the target of a running guest's balloon; what is stored for its next boot stays as it is."""
        return await self._hosts.change(op.host, lambda work: _set_target(work, op), deadline)


class LibvirtVcpus:
    """`VcpuControl`."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def set_cores(self, op: ops.SetCores, deadline: float) -> Outcome:
        """Set the virtual CPUs: growth now and stored, less than now only stored.

        A live unplug that the guest does not answer leaves QEMU 7.2 unable to migrate (seen): it is never asked for.
        """
        return await self._hosts.change(op.host, lambda work: _set_cores(work, op), deadline)


def _set_range(work: Work, op: ops.SetMemoryRange) -> None:
    domain = work.existing_domain(op.uuid)
    size, _ = read_memory(parse(domain.XMLDesc(DomainXml.NONE)))
    if op.maximum > size:
        raise RejectedError(f"{domain.name()} can have {size} KiB at most", host=op.host, code="MemorySize")
    # Two calls: not every hypervisor takes both at once. Stored first, so that a lost second one is drift, seen.
    if domain.isPersistent():
        work.wire("virDomainSetMemoryFlags", op.uuid, f"{op.maximum}KiB", "config")
        domain.setMemoryFlags(op.maximum, Affect.CONFIG)
    if domain.isActive():
        work.wire("virDomainSetMemoryFlags", op.uuid, f"{op.maximum}KiB", "live")
        domain.setMemoryFlags(op.maximum, Affect.LIVE)


def _set_target(work: Work, op: ops.SetMemoryTarget) -> None:
    domain = work.existing_domain(op.uuid)
    if not domain.isActive():
        raise StaleError(f"{domain.name()} does not run", host=op.host)
    size, _ = read_memory(parse(domain.XMLDesc(DomainXml.NONE)))
    if op.target > size:
        raise RejectedError(f"{domain.name()} can have {size} KiB at most", host=op.host, code="MemorySize")
    target = whole_pages(op.target)
    work.wire("virDomainSetMemoryFlags", op.uuid, f"{target}KiB", "live")
    domain.setMemoryFlags(target, Affect.LIVE)


def _set_cores(work: Work, op: ops.SetCores) -> None:
    domain = work.existing_domain(op.uuid)
    if not domain.isPersistent():
        raise StaleError(f"{domain.name()} is transient", host=op.host)
    live = read_cores(parse(domain.XMLDesc(DomainXml.NONE)))[0] if domain.isActive() else None
    work.wire("virDomainSetVcpusFlags", op.uuid, str(op.cores), "config")
    domain.setVcpusFlags(op.cores, Affect.CONFIG)
    if live is not None and live < op.cores:
        work.wire("virDomainSetVcpusFlags", op.uuid, str(op.cores), "live")
        domain.setVcpusFlags(op.cores, Affect.LIVE)
