"""Live memory and virtual CPUs of simulated machines."""

from xcp_drivers.sim.line import Line
from xcp_drivers.world import machines
from xcp_reconciler.model import ops
from xcp_reconciler.model.outcome import Done, Outcome


class SimMemory:
    """Implements `MemoryControl`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def set_range(self, op: ops.SetMemoryRange, deadline: float) -> Outcome:
        """Move the balloon's target; the guest follows in its own time."""
        await self._line.carry(op, deadline, lambda change: machines.set_range(change, op))
        return Done()

    async def set_target(self, op: ops.SetMemoryTarget, deadline: float) -> Outcome:
        """Move the balloon's target, and leave what is stored as it is."""
        await self._line.carry(op, deadline, lambda change: machines.set_target(change, op))
        return Done()


class SimVcpus:
    """Implements `VcpuControl`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def set_cores(self, op: ops.SetCores, deadline: float) -> Outcome:
        """Plug virtual CPUs in or out."""
        await self._line.carry(op, deadline, lambda change: machines.set_cores(change, op))
        return Done()
