"""`xcp run`: the actor of a store, for as long as nobody stops it."""

from xcp_reconciler.runtime.engine import Engine
from xcp_reconciler.runtime.noted import NotedStore
from xcp_reconciler.runtime.runner import MOST_AT_ONCE
from xcp_reconciler.runtime.stopping import Stop, StopLevel
from xcp_reconciler.runtime.wiring import Pace, Ports

__all__ = ["Operator", "Pace", "Ports"]


class Operator:
    """Keeps everything in a store as declared. Sources that run in the same process write through `store`."""

    def __init__(self, ports: Ports, *, limit: int = MOST_AT_ONCE) -> None:
        self._ports = ports
        self._limit = limit
        self._stop = Stop()
        self.store = NotedStore(ports.store)
        self.acting = False

    async def run(self) -> None:
        """Wait for the lease, then act until stopped.

        Raises:
            StoreError: the lease cannot be asked for, or the store was taken away.
        """
        while self._stop.level is StopLevel.NONE:
            async with self._ports.store.lease() as leading:
                if leading:
                    await self._act()
                    return
            await self._ports.clock.sleep(self._ports.pace.lease_s)

    def stop(self) -> None:
        """Stop after the steps under way; at the second call, now."""
        self._stop.ask()

    async def _act(self) -> None:
        await self._ports.store.refresh()
        engine = Engine(self._ports, self._stop, limit=self._limit)
        self.store.listen(engine.noted)
        self.acting = True
        try:
            await engine.run()
        finally:
            self.acting = False
