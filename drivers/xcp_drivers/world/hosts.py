"""Hosts that join, die, are cut off and come back."""

from collections.abc import Sequence
from typing import Final

from xcp_drivers.world.arrival import arrive
from xcp_drivers.world.change import Change, refuse
from xcp_drivers.world.dice import chance
from xcp_drivers.world.halting import halt, halted
from xcp_drivers.world.refusal import Refused
from xcp_drivers.world.rows import HostRow, HostStatus, JobRow
from xcp_reconciler.model.observed import HaltReason, PowerState

MEMORY_KIB: Final = 64 * 2**20
CPUS: Final = 16


def missing(known: Sequence[str], wanted: Sequence[HostRow]) -> list[HostRow]:
    """The wanted hosts that are not yet known."""
    names = set(known)
    return [host for host in wanted if host.name not in names]


def add(change: Change, hosts: Sequence[HostRow]) -> None:
    """Let hosts join that are not there; those that are stay as they are."""
    known = [str(row[0]) for row in change.db.execute("SELECT name FROM hosts")]
    for host in missing(known, hosts):
        change.put_host(host)


def new_host(name: str, now: float, *, cpus: int | None = None, memory: int | None = None) -> HostRow:
    """A host as it joins: 16 CPUs and 64 GiB (in KiB) unless said otherwise."""
    return HostRow(name, cpus or CPUS, memory or MEMORY_KIB, HostStatus.UP, now)


def kill(change: Change, name: str) -> None:
    """The power of a host fails, and with it every machine on it, and every migration from or to it.

    Raises:
        RefusalError: there is no such host.
    """
    host = _any(change, name)
    for job in change.jobs("target = ?", name):
        change.drop_job(job)
        _leave_definition(change, job)
    for job in change.jobs("host = ?", name):
        _orphan(change, job)
    for guest in sorted(change.guests("host = ? AND power <> 'halted'", name), key=lambda guest: guest.uuid):
        if guest.power != PowerState.SUSPENDED:
            halt(change, guest, HaltReason.CRASHED, change.now)
    change.put_host(host._replace(status=HostStatus.DOWN, since=change.now))


def cut(change: Change, name: str) -> None:
    """The management machine no longer reaches a host, on which everything runs on.

    Raises:
        RefusalError: there is no such host.
    """
    host = _any(change, name)
    if host.status == HostStatus.UP:
        change.put_host(host._replace(status=HostStatus.CUT, since=change.now))


def revive(change: Change, name: str) -> None:
    """A host answers again; what died with it stays halted.

    Raises:
        RefusalError: there is no such host.
    """
    host = _any(change, name)
    if host.status != HostStatus.UP:
        change.put_host(host._replace(status=HostStatus.UP, since=change.now))


def _any(change: Change, name: str) -> HostRow:
    row = change.db.execute("SELECT name, cpus, memory, status, since, claimed FROM hosts WHERE name = ?", (name,))
    found = row.fetchone()
    if found is None:
        refuse(Refused.NO_SUCH_HOST, f"this world has no host {name}", name)
    return HostRow._make(found)


def _orphan(change: Change, job: JobRow) -> None:
    """The source of a migration dies: past the handover the machine lives on the target, before it died here."""
    if change.now < job.handover:
        change.drop_job(job)
        _leave_definition(change, job)
        return
    guest = change.guest(job.host, job.uuid)
    arrive(change, job)
    if guest is not None and change.guest(job.host, job.uuid) is None:
        # Nobody was left to remove the definition here: when the host is back, two hosts know the machine.
        change.put_guest(halted(guest, HaltReason.CRASHED, change.now))


def _leave_definition(change: Change, job: JobRow) -> None:
    """A failed migration leaves the definition on the target, or not."""
    guest = change.guest(job.host, job.uuid)
    if guest is None or change.guest(job.target, job.uuid) or change.named(job.target, guest.name):
        return
    if chance(change.seed, change.version, job.uuid) < 0.5:  # noqa: PLR2004 - a coin
        change.put_guest(halted(guest, HaltReason.UNKNOWN, change.now)._replace(host=job.target))
