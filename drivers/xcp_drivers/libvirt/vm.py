"""Definitions of virtual machines."""

from xcp_drivers.libvirt.api import Domain
from xcp_drivers.libvirt.calls import describe
from xcp_drivers.libvirt.errors import Code
from xcp_drivers.libvirt.flags import Affect, Define, DomainXml, Metadata, Undefine
from xcp_drivers.libvirt.hosts import Hosts
from xcp_drivers.libvirt.work import Work
from xcp_drivers.libvirt.xml.define import domain_xml
from xcp_drivers.libvirt.xml.document import XCP_NAMESPACE
from xcp_drivers.libvirt.xml.edit import edited
from xcp_drivers.libvirt.xml.machine import Machine, from_capabilities, from_domain_capabilities
from xcp_drivers.libvirt.xml.stamp import PREFIX, bare_stamp
from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import RejectedError, StaleError, UnsupportedError
from xcp_reconciler.model.outcome import Outcome

_KEEP_NOTHING = Undefine.MANAGED_SAVE | Undefine.NVRAM | Undefine.SNAPSHOTS_METADATA | Undefine.CHECKPOINTS_METADATA
_NO_SUCH_FLAG = frozenset({int(Code.INVALID_ARG), int(Code.NO_SUPPORT)})


class LibvirtVms:
    """`VmControl`."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def define(self, op: ops.DefineVm, deadline: float) -> Outcome:
        """Create the machine, halted, stamped."""
        return await self._hosts.change(op.host, lambda work: _define(work, op), deadline)

    async def undefine(self, op: ops.UndefineVm, deadline: float) -> Outcome:
        """Remove a halted machine's definition, with managed save, NVRAM file and snapshot metadata."""
        return await self._hosts.change(op.host, lambda work: _undefine(work, op), deadline)

    async def reconfigure(self, op: ops.ReconfigureVm, deadline: float) -> Outcome:
        """Store settings for the next power cycle."""
        return await self._hosts.change(op.host, lambda work: _reconfigure(work, op), deadline)

    async def stamp(self, op: ops.StampVm, deadline: float) -> Outcome:
        """Put our mark on an existing machine."""
        return await self._hosts.change(op.host, lambda work: _stamp(work, op), deadline)


def machine_of(work: Work) -> Machine:
    """The kind of machine that a host runs best.

    Raises:
        UnsupportedError: it is none that this driver writes.
    """
    offered = work.unless(_NO_SUCH_FLAG, lambda: work.connection.getDomainCapabilities(None, None, None, None, 0))
    try:
        if offered is not None:
            machine = from_domain_capabilities(offered)
            if machine.arch != "x86_64":
                return machine
            # i440fx is what libvirt offers by default; q35 has PCI Express, and is what we write.
            return from_domain_capabilities(
                work.connection.getDomainCapabilities(None, machine.arch, "q35", machine.virt, 0)
            )
        return from_capabilities(work.connection.getCapabilities())
    except ValueError as error:
        words = f"{work.host} runs no kind of machine that xcp writes: {error}"
        raise UnsupportedError(words, host=work.host) from error


def _define(work: Work, op: ops.DefineVm) -> None:
    if work.domain(op.uuid) is not None:
        return
    other = work.found(lambda: work.connection.lookupByName(op.name))
    if other is not None:
        raise RejectedError(
            f"{op.host} has another domain named {op.name} ({other.UUIDString()})", host=op.host, code="NameTaken"
        )
    document = domain_xml(op, machine_of(work))
    work.wire("virDomainDefineXMLFlags", op.uuid, op.name)
    work.connection.defineXMLFlags(document, Define.VALIDATE)


def _undefine(work: Work, op: ops.UndefineVm) -> None:
    domain = work.domain(op.uuid)
    if domain is None:
        return
    if domain.isActive():
        # libvirt would make it transient, and it would vanish at its next shutdown.
        raise StaleError(f"{domain.name()} is not halted", host=op.host)
    flags = _KEEP_NOTHING if work.connection.getType() != "TEST" else Undefine(0)
    work.wire("virDomainUndefineFlags", op.uuid)
    domain.undefineFlags(flags)


def _reconfigure(work: Work, op: ops.ReconfigureVm) -> None:
    domain = work.existing_domain(op.uuid)
    if not domain.isPersistent():
        raise RejectedError(f"{domain.name()} is transient: it has no stored configuration", host=op.host)
    before = domain.XMLDesc(DomainXml.INACTIVE)
    after = edited(before, op.settings)
    work.wire("virDomainDefineXMLFlags", op.uuid, *(describe(setting) for setting in op.settings))
    # No schema check: an adopted machine may carry what libvirt accepts and its schema does not know.
    work.connection.defineXMLFlags(after, 0)


def _stamp(work: Work, op: ops.StampVm) -> None:
    domain = work.existing_domain(op.uuid)
    work.wire("virDomainSetMetadata", op.uuid, f"owner={op.stamp.owner}", f"ref={op.stamp.ref}", "uid=<uid>")
    domain.setMetadata(Metadata.ELEMENT, bare_stamp(op.stamp), PREFIX, XCP_NAMESPACE, affected(domain))


def affected(domain: Domain) -> Affect:
    """Everything that a domain has: its stored configuration, and the live one while it runs."""
    stored = Affect.CONFIG if domain.isPersistent() else Affect(0)
    return stored | (Affect.LIVE if domain.isActive() else Affect(0))
