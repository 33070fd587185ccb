"""Power states of simulated machines."""

from xcp_drivers.sim.line import Line
from xcp_drivers.world import power
from xcp_drivers.world.change import Change
from xcp_drivers.world.refusal import RefusalError, Refused
from xcp_reconciler.model import ops
from xcp_reconciler.model.outcome import Done, Outcome


class SimPower:
    """Implements `VmPower`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def start(self, op: ops.StartVm, deadline: float) -> Outcome:
        """Boot the machine; that it runs already is what was asked for."""
        await self._line.carry(op, deadline, lambda change: _start(change, op))
        return Done()

    async def resume(self, op: ops.ResumeVm, deadline: float) -> Outcome:
        """Let a paused machine run on."""
        await self._line.carry(op, deadline, lambda change: power.resume(change, op.host, op.uuid))
        return Done()

    async def shut_down(self, op: ops.ShutDownVm, deadline: float) -> Outcome:
        """Ask the guest; the next looks tell whether it listens."""
        await self._line.carry(op, deadline, lambda change: power.shut_down(change, op.host, op.uuid))
        return Done()

    async def power_off(self, op: ops.PowerOffVm, deadline: float) -> Outcome:
        """Pull the plug."""
        await self._line.carry(op, deadline, lambda change: power.power_off(change, op.host, op.uuid))
        return Done()


def _start(change: Change, op: ops.StartVm) -> None:
    try:
        power.start(change, op.host, op.uuid)
    except RefusalError as refusal:
        if refusal.code is not Refused.ALREADY_RUNNING:
            raise
