"""XCP-ng and XenServer pools through XAPI: what a change costs there and which calls it would be.

Opening a pool is refused: the driver itself is not written yet. Costs and calls are here already, so that the contract
is known to fit XAPI before it is built on.
"""

from contextlib import AbstractAsyncContextManager

from xcp_drivers.xapi.calls import calls
from xcp_drivers.xapi.impacts import TABLE
from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import RejectedError
from xcp_reconciler.model.impact import ImpactTable
from xcp_reconciler.model.observed import Observed
from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Access, PoolTarget, Session


class XapiDriver:
    """The plug-in `xapi` of the entry-point group `xcp.drivers`."""

    name = "xapi"

    def dialects(self) -> tuple[ImpactTable, ...]:
        """XAPI has one table: what differs between versions are capabilities."""
        return (TABLE,)

    def impacts(self, hypervisor: str) -> ImpactTable:
        """The one table, whatever a host calls itself."""
        del hypervisor
        return TABLE

    def calls(self, op: ops.Op, copies: tuple[Observed, ...]) -> tuple[ops.Call, ...]:
        """The XAPI messages that `op` would be."""
        return calls(op, copies)

    def open(
        self, target: PoolTarget, *, clock: Clock, rng: Rng, access: Access
    ) -> AbstractAsyncContextManager[Session]:
        """Refuse.

        Raises:
            RejectedError: always.
        """
        del clock, rng, access
        message = (
            f"pool {target.name}: xcp cannot speak to XAPI yet; it can explain what changes would cost there "
            "(xcp explain), and drives libvirt and simulated pools"
        )
        raise RejectedError(message, code="NotYet")


driver = XapiDriver()
