"""KVM and Xen hosts through libvirt.

Importing this package needs neither libvirt nor lxml: both come in when a pool is opened.
"""

from contextlib import AbstractAsyncContextManager

from xcp_drivers.libvirt.calls import calls
from xcp_drivers.libvirt.impacts import TABLES, table
from xcp_reconciler.model import ops
from xcp_reconciler.model.impact import ImpactTable
from xcp_reconciler.model.observed import Observed
from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Access, PoolTarget, Session


class LibvirtDriver:
    """The plug-in `libvirt` of the entry-point group `xcp.drivers`."""

    name = "libvirt"

    def dialects(self) -> tuple[ImpactTable, ...]:
        """One impact table for each of QEMU, Xen and libvirt's test hypervisor."""
        return TABLES

    def impacts(self, hypervisor: str) -> ImpactTable:
        """The table for what `virConnectGetType` answers; an unknown hypervisor is treated as QEMU."""
        return table(hypervisor)

    def calls(self, op: ops.Op, copies: tuple[Observed, ...]) -> tuple[ops.Call, ...]:
        """The libvirt functions that `op` will call on an object that looks like `copies`."""
        return calls(op, copies)

    def open(
        self, target: PoolTarget, *, clock: Clock, rng: Rng, access: Access
    ) -> AbstractAsyncContextManager[Session]:
        """Open a pool; hosts are connected to when they are first needed.

        Raises:
            RejectedError: a host has no address, or libvirt's Python binding is not installed.
        """
        from xcp_drivers.libvirt.session import open_pool  # noqa: PLC0415 - libvirt may be absent until here

        del rng  # nothing here is left to chance
        return open_pool(target, clock=clock, access=access)


driver = LibvirtDriver()
