"""Volumes of simulated hosts."""

from xcp_drivers.sim.images import Images
from xcp_drivers.sim.line import Line
from xcp_drivers.world import volumes
from xcp_drivers.world.change import Change
from xcp_drivers.world.refusal import RefusalError, Refused
from xcp_reconciler.model import ops
from xcp_reconciler.model.outcome import Done, Outcome


class SimVolumes:
    """Implements `VolumeControl`."""

    def __init__(self, line: Line, images: Images) -> None:
        self._line = line
        self._images = images

    async def create(self, op: ops.CreateVolume, deadline: float) -> Outcome:
        """Create the volume whole; one that is there just so already is what was asked for."""
        image = await self._images.checked(op.source, op.format, deadline) if op.source is not None else None
        await self._line.carry(op, deadline, lambda change: _create(change, op, image))
        return Done()

    async def resize(self, op: ops.ResizeVolume, deadline: float) -> Outcome:
        """Grow the volume."""
        await self._line.carry(op, deadline, lambda change: volumes.resize(change, op))
        return Done()

    async def delete(self, op: ops.DeleteVolume, deadline: float) -> Outcome:
        """Destroy the volume, whoever uses it."""
        await self._line.carry(op, deadline, lambda change: volumes.delete(change, op))
        return Done()


def _create(change: Change, op: ops.CreateVolume, image: volumes.Image | None) -> None:
    try:
        volumes.create(change, op, image)
    except RefusalError as refusal:
        found = volumes.find(change, op.host, op.storage, op.file)
        if refusal.code is not Refused.VOLUME_EXISTS or found is None:
            raise
        size = op.size_bytes if op.size_bytes is not None else found.capacity
        if (found.format, found.capacity, found.backing) != (op.format, size, op.backing_path):
            raise
