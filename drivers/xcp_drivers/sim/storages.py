"""Storage repositories of simulated hosts."""

from typing import Final

from xcp_drivers.sim.line import Line
from xcp_drivers.world import storages
from xcp_drivers.world.storages import Mount
from xcp_reconciler.model import ops
from xcp_reconciler.model.outcome import Done, Outcome

_SAYS_SHARED: Final = ("shared", "nfs")


class SimStorages:
    """Implements `StorageControl`; `shared` are directories that are the same on every host."""

    def __init__(self, line: Line, shared: tuple[str, ...]) -> None:
        self._line = line
        self._shared = shared

    async def define(self, op: ops.DefineStorage, deadline: float) -> Outcome:
        """Make the host know the directory."""
        mount = self._mount(op)
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

    def _mount(self, op: ops.DefineStorage) -> Mount:
        """What the op says; where it does not, what is mounted there goes by the address and the path's own words."""
        said: bool | None = getattr(op, "shared", None)
        if said is None:
            path = op.path.rstrip("/")
            said = path in self._shared or any(word in path.split("/") for word in _SAYS_SHARED)
        return Mount.SHARED if said else Mount.LOCAL
