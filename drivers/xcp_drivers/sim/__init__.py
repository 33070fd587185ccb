"""Simulated hosts that several commands see as one world.

`driver` is the plug-in. A deterministic simulation makes a `SimDriver` of its own, over a world in memory and with the
faults that its tape says.
"""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from xcp_drivers.sim.calls import call_of
from xcp_drivers.sim.impacts import TABLE
from xcp_reconciler.model import ops
from xcp_reconciler.model.impact import ImpactTable
from xcp_reconciler.model.observed import Observed
from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Access, PoolTarget

if TYPE_CHECKING:
    from xcp_drivers.sim.faults import Faults
    from xcp_drivers.sim.session import SimSession
    from xcp_drivers.world.world import World


class SimDriver:
    """The driver of simulated pools; with a `world` it uses that one, whatever the endpoint says."""

    def __init__(self, world: "World | None" = None, faults: "Faults | None" = None) -> None:
        self.name = "sim"
        self._world = world
        self._faults = faults

    def dialects(self) -> tuple[ImpactTable, ...]:
        """The one impact table of simulated hosts."""
        return (TABLE,)

    def impacts(self, hypervisor: str) -> ImpactTable:
        """The same table for every host."""
        _ = hypervisor
        return TABLE

    def calls(self, op: ops.Op, copies: tuple[Observed, ...]) -> tuple[ops.Call, ...]:
        """The one call of an op, whatever the object looks like."""
        _ = copies
        return (call_of(op),)

    def open(
        self, target: PoolTarget, *, clock: Clock, rng: Rng, access: Access
    ) -> AbstractAsyncContextManager["SimSession"]:
        """Open a pool of simulated hosts.

        Raises:
            RejectedError: the endpoint is no address of a world, or its file is none.
            UnauthorisedError: the endpoint says `tls=refused`.
        """
        from xcp_drivers.sim.opening import Surroundings, opened  # noqa: PLC0415 - sqlite3 only for those who open

        return opened(target, Surroundings(clock, rng, self._world, self._faults), access)


driver = SimDriver()
