"""Opening a database, safely or not at all, and noticing when it is taken away."""

import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import StoreError, StoreLostError
from xcp_reconciler.store import schema
from xcp_reconciler.store.lease import FileLease, Lease, MemoryLease, NoLease
from xcp_reconciler.store.mounts import refuse_remote

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_WAL_KEPT_BYTES: Final = 4 * 2**20
_MEMORY: Final = "the store in memory"


class Database:
    """An open connection and what must stay true of its file. `path` is None for one in memory."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None, access: Access) -> None:
        self.connection = connection
        self.path = path
        self.access = access
        self.label = _MEMORY if path is None else str(path)
        self.lease: Lease = _lease(path, access)
        self._identity = None if path is None else _identity(path)

    @property
    def changes_elsewhere(self) -> int:
        """A number that differs from its last value when another connection has written."""
        (version,) = self.connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def check_in_place(self) -> None:
        """Make sure that the file which is open is still the one that its name means.

        Raises:
            StoreLostError: it was deleted, moved or replaced; what is written now would be lost.
        """
        if self.path is not None and _identity(self.path) != self._identity:
            raise StoreLostError(
                f"{self.path} was deleted, moved or replaced while it was in use, nothing more can be written: "
                "put it back, or restart xcp to begin with the file that is there now"
            )

    def roll_back(self) -> None:
        """Undo an open transaction, if the connection still has one."""
        with suppress(sqlite3.Error):
            self.connection.rollback()

    def close(self) -> None:
        """Close without committing and give the lease back; twice is fine."""
        self.lease.release()
        with suppress(sqlite3.Error):
            self.connection.close()


def open_database(path: Path | None, access: Access) -> Database:
    """Open a database, made new where `access` is WRITE and there is none; None opens one in memory.

    A reader of an absent file gets an empty database in memory: reading creates nothing.

    Raises:
        StoreError: the file is no store of ours, or on a network filesystem.
        OSError: the file cannot be made or opened.
        sqlite3.Error: the file cannot be read, or is busy.
    """
    if path is None:
        return _open_memory(access)
    real = _real(path)
    refuse_remote(real)
    if access is Access.READ:
        if not _is_there(real):
            return _open_memory(access)
        found = _open_to_read(real)
        return _open_memory(access) if found is None else found
    _make(real)
    return _open_to_write(real)


def _open_memory(access: Access) -> Database:
    connection = sqlite3.connect(":memory:", timeout=0, isolation_level=None)
    connection.execute("BEGIN")
    schema.create(connection)
    connection.execute("COMMIT")
    return Database(connection, None, access)


def _open_to_read(path: Path) -> Database | None:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        if schema.check(connection, path):
            return Database(connection, path, Access.READ)
    except BaseException:
        connection.close()
        raise
    # Made by a writer that is just beginning, or died then: as good as absent.
    connection.close()
    return None


def _open_to_write(path: Path) -> Database:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None)
    try:
        # First of all: nothing is changed in a file that is not ours, not even how it keeps its journal.
        there = schema.check(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
        connection.execute("BEGIN IMMEDIATE")
        # Asked again under the lock: another process may have made the tables meanwhile.
        if not there and not schema.check(connection, path):
            schema.create(connection)
        connection.execute("COMMIT")
        return Database(connection, path, Access.WRITE)
    except BaseException:
        connection.close()
        raise


def _make(path: Path) -> None:
    """Make an absent file that nobody else may read, durable under its name."""
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    except FileExistsError:
        _refuse_odd(path)
        # SQLite would fall back to reading without a word, and fail at the first write. Asked, not tried: a process
        # that closes any descriptor of a file loses all its locks on it, and it may have this store open already.
        if not os.access(path, os.W_OK):
            raise StoreError(
                f"{path} cannot be written: check its owner, its mode and how its disk is mounted"
            ) from None
        return
    try:
        os.fsync(file)
    finally:
        os.close(file)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_there(path: Path) -> bool:
    try:
        _refuse_odd(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _refuse_odd(path: Path) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        raise StoreError(f"{path} is not a regular file: name another one")


def _real(path: Path) -> Path:
    # Two names of one database must share one lock file.
    try:
        return path.resolve()
    except RuntimeError as error:
        raise StoreError(f"{path} is a symbolic link that leads to itself") from error


def _identity(path: Path) -> tuple[int, int] | None:
    # While our connection holds the inode, no other file can get its number.
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _lease(path: Path | None, access: Access) -> Lease:
    if access is Access.READ:
        return NoLease()
    return MemoryLease() if path is None else FileLease(path)
