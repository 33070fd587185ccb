"""An open pool: N libvirt hosts."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from xcp_drivers.libvirt import eventloop
from xcp_drivers.libvirt.api import Connection, Library, load
from xcp_drivers.libvirt.connect import check_uri, is_test, open_connection
from xcp_drivers.libvirt.errands import Errands
from xcp_drivers.libvirt.hints import HintQueue, subscribe
from xcp_drivers.libvirt.hosts import Hosts
from xcp_drivers.libvirt.link import Link, Openers
from xcp_drivers.libvirt.look import look
from xcp_drivers.libvirt.migration import LibvirtMigrations
from xcp_drivers.libvirt.network import LibvirtNetworks
from xcp_drivers.libvirt.power import LibvirtPower
from xcp_drivers.libvirt.storage import LibvirtStorage
from xcp_drivers.libvirt.tuning import LibvirtMemory, LibvirtVcpus
from xcp_drivers.libvirt.vm import LibvirtVms
from xcp_drivers.libvirt.volume import LibvirtVolumes
from xcp_drivers.libvirt.workingset import WorkingSets
from xcp_reconciler.model.errors import DriverError, UnauthorisedError
from xcp_reconciler.model.observed import HostView, Snapshot, Unreachable
from xcp_reconciler.model.ops import Call
from xcp_reconciler.model.outcome import Hint
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.ports.driver import (
    Access,
    MemoryControl,
    MigrationControl,
    NetworkControl,
    PoolTarget,
    StorageControl,
    VcpuControl,
    VmControl,
    VmPower,
    VolumeControl,
)

_WORK_AND_CONTROL: Final = 2


class LibvirtSession:
    """`Session`. `wire` lists the changing calls that were made, as plans show them."""

    def __init__(self, target: PoolTarget, library: Library, *, clock: Clock, access: Access) -> None:
        self.wire: list[Call] = []
        self._pool = target.name
        self._clock = clock
        self._unreachable_since: dict[str, float] = {}
        self._needs = {host.name: WorkingSets() for host in target.hosts}
        self._hints = HintQueue()
        self._errands = Errands(clock)
        uris = {host.name: check_uri(host.uri, host.name) for host in target.hosts}
        self._links = {
            name: Link(
                name,
                library,
                clock,
                openers=self._openers(library, name, uri, target),
                record=self.wire.append,
                lanes=1 if is_test(uri) else _WORK_AND_CONTROL,
            )
            for name, uri in uris.items()
        }
        hosts = Hosts({host.name: host for host in target.hosts}, self._links, access, self._errands)
        self.vm: VmControl | None = LibvirtVms(hosts)
        self.power: VmPower | None = LibvirtPower(hosts)
        self.memory: MemoryControl | None = LibvirtMemory(hosts)
        self.vcpu: VcpuControl | None = LibvirtVcpus(hosts)
        self.volume: VolumeControl | None = LibvirtVolumes(hosts)
        self.storage: StorageControl | None = LibvirtStorage(hosts)
        self.network: NetworkControl | None = LibvirtNetworks(hosts)
        only_test = bool(uris) and all(is_test(uri) for uri in uris.values())
        self.migration: MigrationControl | None = None if only_test else LibvirtMigrations(hosts, clock.now)

    async def snapshot(self, deadline: float) -> Snapshot:
        """Look at all hosts at the same time; one that fails is Unreachable in the answer.

        Raises:
            UnauthorisedError: every host refuses us.
        """
        at = self._clock.now()
        answers = await asyncio.gather(*(self._look(link, deadline) for link in self._links.values()))
        refusals = [answer for answer in answers if isinstance(answer, UnauthorisedError)]
        if refusals and len(refusals) == len(answers):
            raise refusals[0]
        views = {
            name: self._unreachable(name, answer) if isinstance(answer, DriverError) else self._reached(name, answer)
            for name, answer in zip(self._links, answers, strict=True)
        }
        return Snapshot(self._pool, at, views)

    def hints(self) -> AsyncIterator[Hint]:
        """What may have changed, until the session is closed."""
        return aiter(self._hints)

    async def close(self) -> None:
        """Close all connections; calls that are under way end in their own time."""
        await self._errands.close()
        for link in self._links.values():
            link.close()
        self._hints.close()

    async def _look(self, link: Link, deadline: float) -> HostView | DriverError:
        at = self._clock.now()
        try:
            return await link.read(lambda work: look(work, at, self._needs[link.host]), deadline)
        except DriverError as error:
            return error

    def _reached(self, name: str, view: HostView) -> HostView:
        self._unreachable_since.pop(name, None)
        uploads = self._errands.jobs(name)
        return replace(view, jobs=(*view.jobs, *uploads)) if uploads else view

    def _unreachable(self, name: str, error: DriverError) -> HostView:
        since = self._unreachable_since.setdefault(name, self._clock.now())
        return HostView(name, Unreachable(since, error.message))

    def _openers(self, library: Library, host: str, uri: str, target: PoolTarget) -> Openers:
        def plain() -> Connection:
            return open_connection(library, uri, target.credentials, host=host)

        def watching() -> Connection:
            connection = plain()
            subscribe(library, connection, host, self._hints.put_from_thread)
            return connection

        return Openers(plain, watching)


@asynccontextmanager
async def open_pool(target: PoolTarget, *, clock: Clock, access: Access) -> AsyncGenerator[LibvirtSession]:
    """Open a pool for as long as the context lasts.

    Raises:
        RejectedError: a host has no address, or libvirt's Python binding is not installed.
    """
    library = load()
    eventloop.ensure(library)
    session = LibvirtSession(target, library, clock=clock, access=access)
    try:
        yield session
    finally:
        await session.close()
