"""Storage repositories of simulated hosts."""

from xcp_drivers.sim.line import Line
from xcp_drivers.world import storages
from xcp_drivers.world.storages import Mount
from xcp_reconciler.model import ops
from xcp_reconciler.model.outcome import Done, Outcome


class SimStorages:
    """Implements `StorageControl`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def define(self, op: ops.DefineStorage, deadline: float) -> Outcome:
        """Make the host know the directory."""
        mount = Mount.SHARED if op.shared else Mount.LOCAL
        await self._line.carry(op, deadline, lambda change: storages.define(change, op, mount))
        return Done()

    async def start(self, op: ops.StartStorage, deadline: float) -> Outcome:
        """Attach the repository."""
        await self._line.carry(op, deadline, lambda change: storages.start(change, op.host, op.uuid))
        return Done()

    async def undefine(self, op: ops.UndefineStorage, deadline: float) -> Outcome:
        """Make the host forget the repository."""
        await self._line.carry(op, deadline, lambda change: storages.undefine(change, op.host, op.uuid))
        return Done()
