"""Networks of simulated hosts."""

from xcp_drivers.sim.line import Line
from xcp_drivers.world import networks
from xcp_reconciler.model import ops
from xcp_reconciler.model.outcome import Done, Outcome


class SimNetworks:
    """Implements `NetworkControl`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def define(self, op: ops.DefineNetwork, deadline: float) -> Outcome:
        """Create the network, down."""
        await self._line.carry(op, deadline, lambda change: networks.define(change, op))
        return Done()

    async def start(self, op: ops.StartNetwork, deadline: float) -> Outcome:
        """Bring the network up."""
        await self._line.carry(op, deadline, lambda change: networks.start(change, op.host, op.uuid))
        return Done()

    async def undefine(self, op: ops.UndefineNetwork, deadline: float) -> Outcome:
        """Take the network down and remove it."""
        await self._line.carry(op, deadline, lambda change: networks.undefine(change, op.host, op.uuid))
        return Done()
