"""Power states of virtual machines."""

from xcp_drivers.libvirt.api import Domain
from xcp_drivers.libvirt.flags import State
from xcp_drivers.libvirt.hosts import Hosts
from xcp_drivers.libvirt.work import Work
from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import StaleError
from xcp_reconciler.model.outcome import Outcome


class LibvirtPower:
    """`VmPower`."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def start(self, op: ops.StartVm, deadline: float) -> Outcome:
        """Boot a halted machine, or restore a suspended one."""
        return await self._hosts.change(op.host, lambda work: _start(work, op), deadline)

    async def resume(self, op: ops.ResumeVm, deadline: float) -> Outcome:
        """Let a paused machine run on."""
        return await self._hosts.change(op.host, lambda work: _resume(work, op), deadline)

    async def shut_down(self, op: ops.ShutDownVm, deadline: float) -> Outcome:
        """Ask the guest, through its agent where one is connected, else by ACPI."""
        return await self._hosts.change(op.host, lambda work: _shut_down(work, op), deadline)

    async def power_off(self, op: ops.PowerOffVm, deadline: float) -> Outcome:
        """Pull the plug; a suspended machine loses its saved memory."""
        return await self._hosts.change(op.host, lambda work: _power_off(work, op), deadline)


def _start(work: Work, op: ops.StartVm) -> None:
    domain = work.existing_domain(op.uuid)
    if domain.isActive():
        if _state(domain) is State.PAUSED:
            raise StaleError(f"{domain.name()} is paused, not halted", host=op.host)
        return
    work.wire("virDomainCreateWithFlags", op.uuid)
    domain.createWithFlags(0)


def _resume(work: Work, op: ops.ResumeVm) -> None:
    domain = work.existing_domain(op.uuid)
    state = _state(domain)
    if state in {State.RUNNING, State.BLOCKED}:
        return
    if state is not State.PAUSED:
        raise StaleError(f"{domain.name()} is {state.name.lower()}, not paused", host=op.host)
    work.wire("virDomainResume", op.uuid)
    domain.resume()


def _shut_down(work: Work, op: ops.ShutDownVm) -> None:
    domain = work.domain(op.uuid)
    if domain is None or not domain.isActive():
        return
    work.wire("virDomainShutdownFlags", op.uuid)
    domain.shutdownFlags(0)


def _power_off(work: Work, op: ops.PowerOffVm) -> None:
    domain = work.domain(op.uuid)
    if domain is None:
        return
    if domain.isActive():
        work.wire("virDomainDestroyFlags", op.uuid)
        domain.destroyFlags(0)
    elif domain.hasManagedSaveImage(0):
        work.wire("virDomainManagedSaveRemove", op.uuid)
        domain.managedSaveRemove(0)


def _state(domain: Domain) -> State:
    return State(domain.state(0)[0])
