"""Moves of machines between simulated hosts."""

from xcp_drivers.sim.line import Line
from xcp_drivers.world import migrations
from xcp_reconciler.model import ops
from xcp_reconciler.model.outcome import Done, Outcome, Running
from xcp_reconciler.ports.clock import Clock


class SimMigration:
    """Implements `MigrationControl`."""

    def __init__(self, line: Line, clock: Clock) -> None:
        self._line = line
        self._clock = clock

    async def migrate(self, op: ops.MigrateVm, deadline: float) -> Outcome:
        """Set the machine off; while it runs, it is under way for some seconds."""
        job = await self._line.carry(op, deadline, lambda change: migrations.begin(change, op))
        if job is None:
            return Done()
        return Running(f"migration of {op.uuid}", max(0.0, job.ends - self._clock.now()))
