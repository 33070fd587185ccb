"""An open pool of simulated hosts."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from xcp_drivers.sim.definitions import SimVms
from xcp_drivers.sim.images import Images
from xcp_drivers.sim.line import Line
from xcp_drivers.sim.migration import SimMigration
from xcp_drivers.sim.networks import SimNetworks
from xcp_drivers.sim.power import SimPower
from xcp_drivers.sim.storages import SimStorages
from xcp_drivers.sim.tuning import SimMemory, SimVcpus
from xcp_drivers.sim.volumes import SimVolumes
from xcp_drivers.world.refusal import NoWorldError, WorldLockedError
from xcp_reconciler.model.errors import BusyError, UnreachableError
from xcp_reconciler.model.observed import HostView, Snapshot, Unreachable
from xcp_reconciler.model.ops import Call
from xcp_reconciler.model.outcome import Hint
from xcp_reconciler.ports.driver import (
    MemoryControl,
    MigrationControl,
    NetworkControl,
    PoolTarget,
    StorageControl,
    VcpuControl,
    VmControl,
    VmPower,
    VolumeControl,
)

# How often the world is asked what is new: as long as something happens, and where nothing has for a while.
_HINT_EVERY_S: Final = 0.5
_HINT_SELDOM_S: Final = 2.0
_KEPT: Final = 16


class SimSession:
    """Implements `Session`. `line.wire` holds every mutating call that was sent, in order."""

    vm: VmControl | None
    power: VmPower | None
    memory: MemoryControl | None
    vcpu: VcpuControl | None
    volume: VolumeControl | None
    storage: StorageControl | None
    network: NetworkControl | None
    migration: MigrationControl | None

    def __init__(self, target: PoolTarget, line: Line) -> None:
        self.line = line
        self._pool = target.name
        self._hosts = tuple(host.name for host in target.hosts)
        self._past: deque[Snapshot] = deque(maxlen=_KEPT)
        self._shown: tuple[int, frozenset[tuple[str, str]]] | None = None
        self._open = True
        self.vm = SimVms(line)
        self.power = SimPower(line)
        self.memory = SimMemory(line)
        self.vcpu = SimVcpus(line)
        self.volume = SimVolumes(line, Images(target.folder, line.clock))
        self.storage = SimStorages(line)
        self.network = SimNetworks(line)
        self.migration = SimMigration(line, line.clock)

    @property
    def wire(self) -> list[Call]:
        """Every mutating call that was sent, in order."""
        return self.line.wire

    async def snapshot(self, deadline: float) -> Snapshot:
        """Look at every host; no answer by the deadline, or no world, makes all of them Unreachable."""
        clock, window = self.line.clock, self.line.window
        at = clock.now()
        if not await self.line.travel(self.line.delay(), deadline):
            return self._silent(at, "no answer in time")
        try:
            views = await self.line.patiently(lambda: window.views(self._hosts, clock.now(), at), deadline)
            shown = await self.line.patiently(lambda: window.version(clock.now()), deadline)
        except (BusyError, UnreachableError) as error:
            return self._silent(at, error.message)
        snapshot = Snapshot(self._pool, at, views)
        self._keep(snapshot, shown)
        back = max((fault.staleness() for fault in self.line.faults), default=0)
        return self._past[max(-len(self._past), -1 - back)] if back > 0 else snapshot

    async def hints(self) -> AsyncIterator[Hint]:
        """What changed, by anybody's doing or by itself, at most two seconds ago, for as long as it is open."""
        clock, window = self.line.clock, self.line.window
        pause = _HINT_EVERY_S
        known: tuple[int, frozenset[tuple[str, str]]] | None = None
        while self._open:
            try:
                version, moving = window.version(clock.now())
                changed = window.changed_since(known[0]) if known is not None and version != known[0] else []
            except (WorldLockedError, NoWorldError):
                # The next round sees it too: a hint may be late.
                await clock.sleep(_HINT_EVERY_S)
                continue
            stopped = known[1] - moving if known is not None else frozenset[tuple[str, str]]()
            pause = _HINT_EVERY_S if changed or moving or known is None else min(2 * pause, _HINT_SELDOM_S)
            known = (version, moving)
            for host, uuid in sorted({*changed, *stopped}, key=lambda found: (found[0], found[1] or "")):
                if host in self._hosts:
                    yield Hint(host, uuid)
            await clock.sleep(pause)

    def close(self) -> None:
        """End the hints and let go of the world."""
        self._open = False
        self.line.window.close()

    def _silent(self, at: float, why: str) -> Snapshot:
        silent = Unreachable(at, why)
        return Snapshot(self._pool, at, {name: HostView(name, silent) for name in self._hosts})

    def _keep(self, snapshot: Snapshot, shown: tuple[int, frozenset[tuple[str, str]]]) -> None:
        """Remember what was seen, once for each state of the world."""
        if shown == self._shown and not shown[1] and self._past:
            self._past[-1] = snapshot
        else:
            self._past.append(snapshot)
        self._shown = shown
