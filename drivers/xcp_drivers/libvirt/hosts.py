"""The hosts of an open pool, as the controls see them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from xcp_drivers.libvirt.errands import Errands
from xcp_drivers.libvirt.link import Link
from xcp_drivers.libvirt.work import Work
from xcp_reconciler.model.errors import RejectedError, StaleError
from xcp_reconciler.model.outcome import Done, Outcome
from xcp_reconciler.ports.driver import Access, HostTarget

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hosts:
    """Links by name, and whether anything may be changed through them."""

    targets: Mapping[str, HostTarget]
    links: Mapping[str, Link]
    access: Access
    errands: Errands

    def link(self, host: str) -> Link:
        """The link to a host.

        Raises:
            StaleError: the pool has no host of this name.
        """
        link = self.links.get(host)
        if link is None:
            raise StaleError(f"the pool has no Host/{host}", host=host)
        return link

    def writable(self, host: str) -> Link:
        """The link to a host, for a change.

        Raises:
            RejectedError: the session was opened for reading only.
            StaleError: the pool has no host of this name.
        """
        if self.access is Access.READ:
            raise RejectedError("the pool was opened for reading only", host=host, code="ReadOnly")
        return self.link(host)

    async def change(self, host: str, job: Callable[[Work], None], deadline: float) -> Outcome:
        """Do a short change on a host."""
        await self.writable(host).change(job, deadline)
        return Done()
