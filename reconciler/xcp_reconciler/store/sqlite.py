"""The store in one SQLite file: durable when a commit returns, shared by any number of processes."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import State, StoreError, Write
from xcp_reconciler.refs import Ref
from xcp_reconciler.store import schema
from xcp_reconciler.store.connection import Database, open_database
from xcp_reconciler.store.faults import NoFaults, StoreFaults
from xcp_reconciler.store.patience import patiently
from xcp_reconciler.store.replica import Replica, Row
from xcp_reconciler.store.shelf import DesiredShelf
from xcp_reconciler.store.writing import Commit

_NO_FAULTS: Final = NoFaults()
# A transaction stops the loop for as long as it takes to write; more than this many commits take several.
_LARGEST_GROUP: Final = 512
_STOPPED: Final = "the store stopped before the commit was known to be durable; what is there now says whether it is"


@dataclass(slots=True)
class _Waiting:
    """A commit that is not durable yet, and whom to tell."""

    writes: tuple[Write, ...]
    done: asyncio.Future[None]


class SqliteStore:
    """`ports.store.Store` over SQLite. Made by `open_store`.

    All SQL runs on the loop, in transactions without an await: one that waited would hold the lock over other tasks,
    and a thread would make no run repeatable.
    """

    def __init__(self, database: Database, *, clock: Clock, rng: Rng, faults: StoreFaults = _NO_FAULTS) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._faults = faults
        self._replica = Replica()
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._closed = False
        self._seen: int | None = None
        self._purged = 0
        # What a write of ours had to take over from others first; the next refresh tells.
        self._untold: set[Ref] = set()

    @property
    def state(self) -> State:
        """The copy in memory."""
        return self._replica.state

    @property
    def desired(self) -> DesiredShelf:
        """`state.desired`, with digests and origins that cost no decoding."""
        return self._replica.desired

    @property
    def path(self) -> Path | None:
        """The file, symbolic links resolved; None for a store in memory."""
        return self._database.path

    @property
    def leads(self) -> bool:
        """Whether this process is the actor of this store."""
        return not self._closed and self._database.lease.held

    async def commit(self, *writes: Write) -> None:
        """Write all or nothing, durably. Commits that wait at the same time share one transaction.

        A cancelled commit has either happened or not; only the store's state says which.

        Raises:
            ConflictError: an `expect` did not hold.
            StoreError: the disk is full, the file is read-only, damaged or gone, or the store is closed.
        """
        self._require_open()
        if self._database.access is Access.READ:
            raise StoreError(f"{self._database.label} was opened for reading only")
        if not writes:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(writes, done))
        if self._writer is None:
            # A task, so that the turn of the loop until it runs is the time in which others join.
            self._writer = asyncio.get_running_loop().create_task(self._write_groups(), name="store commit")
        await done

    async def refresh(self) -> frozenset[Ref]:
        """Take over what other processes wrote; the refs that changed. Cheap when nothing did.

        A host's record counts as its Host; plans and held prunes as the objects that they name.

        Raises:
            StoreLostError: the file, or the lock that this process holds, was taken away.
            StoreError: the file is damaged, or the store is closed.
        """
        self._require_open()
        await patiently(self._pull, clock=self._clock, rng=self._rng, label=self._database.label)
        changed, self._untold = frozenset(self._untold), set()
        return changed

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[bool]:
        """Try to become the actor of this store. True while this process is; False where another one is.

        A store that was opened for reading never is. The lease dies with its holder, however that ends.

        Raises:
            StoreError: the lock file beside the database cannot be made, or the store is closed.
        """
        self._require_open()
        lease = self._database.lease
        acquired = lease.acquire()
        try:
            yield acquired
        finally:
            if acquired:
                lease.release()

    def abandon(self) -> None:
        """Close as a crash would: nothing more is committed, the lease is gone, who waits is told StoreError."""
        self._closed = True
        self._database.close()
        self._fail_all(StoreError(_STOPPED))

    async def aclose(self) -> None:
        """Close once the commits that wait are durable; twice is fine."""
        writer = self._writer
        if writer is not None and not self._closed:
            await asyncio.wait({writer})
        self.abandon()

    # --- reading

    def _pull(self) -> None:
        self._require_open()
        self._database.check_in_place()
        self._database.lease.check()
        version = self._database.changes_elsewhere
        if version == self._seen:
            return
        connection = self._database.connection
        try:
            connection.execute("BEGIN")
            self._untold |= self._replica.pull(connection)
            connection.execute("COMMIT")
        finally:
            self._database.roll_back()
        # Asked before the transaction: what came in between is looked for again.
        self._seen = version

    # --- writing

    async def _write_groups(self) -> None:
        try:
            while self._waiting:
                await patiently(self._write_group, clock=self._clock, rng=self._rng, label=self._database.label)
        except StoreError as error:
            self._fail_all(error)
        finally:
            self._writer = None
            self._fail_all(StoreError(_STOPPED))

    def _write_group(self) -> None:
        """One transaction with all that waits, a savepoint for each commit that could fail half-way."""
        self._waiting = [each for each in self._waiting if not each.done.cancelled()]
        group = self._waiting[:_LARGEST_GROUP]
        if not group:
            return
        self._require_open()
        self._database.check_in_place()
        self._database.lease.check()
        connection = self._database.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._untold |= self._replica.pull(connection)
            self._purge(connection)
            result = self._write_each(group)
            commits = tuple(each.writes for each in result.written)
            if result.revision > self._replica.revision:
                connection.execute("UPDATE store SET revision = ?", (result.revision,))
            if commits:
                self._faults.before_commit(commits)
                self._require_open()
            connection.execute("COMMIT")
        finally:
            self._database.roll_back()
        if commits:
            self._faults.after_commit(commits)
            self._require_open()
        self._replica.take(result.rows, result.revision)
        del self._waiting[: len(group)]
        for each in result.written:
            _tell(each, None)
        for each, error in result.refused:
            _tell(each, error)

    def _write_each(self, group: list[_Waiting]) -> "_Group":
        connection = self._database.connection
        result = _Group(revision=self._replica.revision)
        for each in group:
            commit = Commit(connection, result.revision + 1, self._rng)
            # A single write is refused before its first statement, or not at all.
            several = len(each.writes) > 1
            if several:
                connection.execute("SAVEPOINT one")
            try:
                for write in each.writes:
                    commit.write(write)
            except StoreError as error:
                if several:
                    connection.execute("ROLLBACK TO one")
                result.refused.append((each, error))
            else:
                result.written.append(each)
                result.rows += commit.rows
                result.revision += bool(commit.rows)
            if several:
                connection.execute("RELEASE one")
        return result

    def _purge(self, connection: sqlite3.Connection) -> None:
        """Drop old tombstones, now and then."""
        before = self._replica.revision - schema.KEPT_TOMBSTONES
        if before - self._purged >= schema.KEPT_TOMBSTONES:
            schema.purge(connection, before)
            self._purged = before

    def _require_open(self) -> None:
        if self._closed:
            raise StoreError(f"{self._database.label} is closed")

    def _fail_all(self, error: StoreError) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            # One of its own for each: a shared exception would collect everybody's traceback.
            _tell(each, StoreError(str(error)))


@dataclass(slots=True)
class _Group:
    """What became of the commits of one transaction."""

    revision: int
    written: list[_Waiting] = field(default_factory=list[_Waiting])
    refused: list[tuple[_Waiting, StoreError]] = field(default_factory=list[tuple[_Waiting, StoreError]])
    rows: list[Row] = field(default_factory=list[Row])


def _tell(waiting: _Waiting, error: StoreError | None) -> None:
    if waiting.done.done():
        return
    if error is None:
        waiting.done.set_result(None)
    else:
        waiting.done.set_exception(error)


@asynccontextmanager
async def open_store(
    path: Path | None, *, access: Access, clock: Clock, rng: Rng, faults: StoreFaults = _NO_FAULTS
) -> AsyncGenerator[SqliteStore]:
    """Open the store in the file `path`, or an empty one in memory where that is None.

    With WRITE an absent file is made, mode 0600. With READ an absent file is an empty store, and nothing is made.

    Raises:
        StoreError: the file is no store, damaged, of a newer version, not accessible, or on a network filesystem.
    """
    label = "the store in memory" if path is None else str(path)
    database = await patiently(lambda: open_database(path, access), clock=clock, rng=rng, label=label)
    store = SqliteStore(database, clock=clock, rng=rng, faults=faults)
    try:
        await store.refresh()
        yield store
    finally:
        await store.aclose()
