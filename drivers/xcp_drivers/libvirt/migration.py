"""Moves between the hosts of a pool: peer-to-peer, so that they survive the process that asked for them."""

from collections.abc import Callable
from typing import Final

from xcp_drivers.libvirt.calls import migration_words
from xcp_drivers.libvirt.flags import Migrate
from xcp_drivers.libvirt.hosts import Hosts
from xcp_drivers.libvirt.work import Work
from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import DriverError, RejectedError, StaleError, UnsupportedError
from xcp_reconciler.model.observed import Job, JobKind
from xcp_reconciler.model.outcome import Done, Outcome

_ALWAYS: Final = Migrate.PEER2PEER | Migrate.PERSIST_DEST | Migrate.UNDEFINE_SOURCE
# Seconds for asking the other host, and for asking libvirt to abort.
_ASIDE_SECONDS: Final = 5.0


class LibvirtMigrations:
    """`MigrationControl`."""

    def __init__(self, hosts: Hosts, now: Callable[[], float]) -> None:
        self._hosts = hosts
        self._now = now

    async def migrate(self, op: ops.MigrateVm, deadline: float) -> Outcome:
        """Move a machine; one that has not arrived by the deadline is aborted and stays where it is.

        Raises:
            UnsupportedError: a halted machine's own disks would have to be copied, which libvirt does not do.
        """
        if op.mode is ops.MigrationMode.OFFLINE and op.disks is ops.DiskTransfer.COPY:
            raise UnsupportedError("libvirt does not copy the disks of a halted machine", host=op.host)
        link, other = self._hosts.writable(op.host), self._hosts.targets.get(op.target)
        address = None if other is None else other.migration_uri or other.uri
        if address is None or op.target == op.host:
            raise RejectedError(f"{op.target} is no host to move to", host=op.host, code="MigrationTarget")
        if not await link.read(lambda work: work.domain(op.uuid) is not None, min(deadline, self._soon())):
            await self._arrived(op, deadline)
            return Done()

        async def abort() -> None:
            try:
                await link.aside(lambda work: _abort(work, op.uuid), self._soon())
            except DriverError:
                return  # it has just ended, or the host is gone: the next look tells

        job = Job(JobKind.MIGRATION, op.uuid, op.host)
        return await self._hosts.errands.run(
            job, link, lambda work: _migrate(work, op, address), deadline, overdue=abort
        )

    async def _arrived(self, op: ops.MigrateVm, deadline: float) -> None:
        """The source does not have it: then the target must."""
        there = await self._hosts.link(op.target).read(
            lambda work: work.domain(op.uuid) is not None, min(deadline, self._soon())
        )
        if not there:
            raise StaleError(f"neither {op.host} nor {op.target} has domain {op.uuid}", host=op.host)

    def _soon(self) -> float:
        return self._now() + _ASIDE_SECONDS


def flags_of(op: ops.MigrateVm) -> Migrate:
    """The flags of a move."""
    if op.mode is ops.MigrationMode.OFFLINE:
        return _ALWAYS | Migrate.OFFLINE
    match op.disks:
        case ops.DiskTransfer.SHARED:
            # libvirt cannot know that a plain directory is the same on both hosts; the repository says that it is.
            return _ALWAYS | Migrate.LIVE | Migrate.UNSAFE
        case ops.DiskTransfer.COPY:
            return _ALWAYS | Migrate.LIVE | Migrate.NON_SHARED_DISK


def _migrate(work: Work, op: ops.MigrateVm, address: str) -> None:
    domain = work.existing_domain(op.uuid)
    running = bool(domain.isActive())
    if running is not (op.mode is ops.MigrationMode.LIVE):
        raise StaleError(f"{domain.name()} is {'running' if running else 'halted'}", host=op.host)
    work.wire("virDomainMigrateToURI3", op.uuid, op.target, migration_words(op))
    domain.migrateToURI3(address, {}, flags_of(op))


def _abort(work: Work, uuid: str) -> None:
    domain = work.domain(uuid)
    if domain is not None:
        work.wire("virDomainAbortJob", uuid)
        domain.abortJob()
