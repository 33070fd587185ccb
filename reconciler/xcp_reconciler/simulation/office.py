"""The store as its owner's commands use it, on a machine that may lose its power, or its disk."""

import os
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Final

from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import ConflictError, State, StoreError, Write
from xcp_reconciler.simulation.history_site import Site
from xcp_reconciler.simulation.oracles import Oracle
from xcp_reconciler.store.connection import open_database
from xcp_reconciler.store.sqlite import SqliteStore, open_store

_MOST_TRIES: Final = 30
_AGAIN_S: Final = 1.0


class Office:
    """Where the owner reads and writes. To be opened before anything else."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._opened = AsyncExitStack()
        self._store: SqliteStore | None = None

    @property
    def state(self) -> State:
        """What was read last."""
        return self._opened_store.state

    async def open(self) -> None:
        """Open the store, made new where there is none."""
        site = self._site
        if not site.path.exists():
            site.path.write_bytes(_new_store())
        opening = open_store(site.path, access=Access.WRITE, clock=site.clock, rng=site.rng)
        self._store = await self._opened.enter_async_context(opening)

    async def close(self) -> None:
        """Close it."""
        await self._opened.aclose()

    async def refreshed(self) -> bool:
        """Read what others wrote; whether that could be read."""
        try:
            await self._opened_store.refresh()
        except StoreError:
            return False
        return True

    async def commit(self, make: Callable[[State], list[Write]]) -> None:
        """Write what `make` says of the state as it is, again while others write it."""
        for _ in range(_MOST_TRIES):
            try:
                await self._opened_store.refresh()
                found = make(self.state)
                if found:
                    await self._opened_store.commit(*found)
            except (ConflictError, StoreError):
                await self._site.true.sleep(_AGAIN_S)
                continue
            return
        self._site.broken(Oracle.DEFECT, "the owner cannot write")

    async def lose_power(self, torn: int) -> None:
        """Open it again with a part of the last commit: the log was `torn` bytes long before that."""
        site = self._site
        await self.close()
        log = site.path.with_name(site.path.name + "-wal")
        with suppress(FileNotFoundError):
            whole = log.stat().st_size
            if whole > torn:
                os.truncate(log, torn + site.fate.choose(whole - torn))
        site.path.with_name(site.path.name + "-shm").unlink(missing_ok=True)
        await self.open()

    async def lose_everything(self) -> None:
        """Delete it, and begin with an empty one."""
        # At once: whoever is started next finds nothing.
        for ending in ("", "-wal", "-shm"):
            self._site.path.with_name(self._site.path.name + ending).unlink(missing_ok=True)
        await self.close()
        await self.open()

    @property
    def _opened_store(self) -> SqliteStore:
        assert self._store is not None  # noqa: S101 - opened before anything else happens
        return self._store


@cache
def _new_store() -> bytes:
    """The file of a store that nothing was written to: to be made once, for it takes longer than to copy it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        open_database(path, Access.WRITE).close()
        return path.read_bytes()
