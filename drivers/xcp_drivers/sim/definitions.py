"""Definitions of simulated machines."""

from xcp_drivers.sim.line import Line
from xcp_drivers.world import machines
from xcp_reconciler.model import ops
from xcp_reconciler.model.outcome import Done, Outcome


class SimVms:
    """Implements `VmControl`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def define(self, op: ops.DefineVm, deadline: float) -> Outcome:
        """Create the machine, or store another configuration of it."""
        await self._line.carry(op, deadline, lambda change: machines.define(change, op))
        return Done()

    async def undefine(self, op: ops.UndefineVm, deadline: float) -> Outcome:
        """Remove the definition of a halted machine."""
        await self._line.carry(op, deadline, lambda change: machines.undefine(change, op.host, op.uuid))
        return Done()

    async def reconfigure(self, op: ops.ReconfigureVm, deadline: float) -> Outcome:
        """Store settings for the next power cycle."""
        await self._line.carry(op, deadline, lambda change: machines.reconfigure(change, op))
        return Done()

    async def stamp(self, op: ops.StampVm, deadline: float) -> Outcome:
        """Mark the machine as ours."""
        await self._line.carry(op, deadline, lambda change: machines.stamp(change, op))
        return Done()
