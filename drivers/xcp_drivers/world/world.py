"""A world: one SQLite file that several processes see, or memory that one process sees."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Self

from xcp_drivers.world import schema
from xcp_drivers.world.change import Change
from xcp_drivers.world.pace import Pace, pace_of
from xcp_drivers.world.refusal import NoWorldError, WorldLockedError
from xcp_drivers.world.settle import next_moment, settle

_DEFAULT_PACE = Pace()
# So many deletions are remembered for readers that fetch only what is new; others read everything again.
_REMEMBERED = 50_000


class World:
    """The truth about some simulated hosts. Time is whatever the caller says it is."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        # What is in memory has one connection.
        self._alone = not db.execute("PRAGMA database_list").fetchone()[2]
        self._pace_text = ""
        self._pace = _DEFAULT_PACE

    @classmethod
    def in_memory(cls, *, seed: int = 0, pace: Pace = _DEFAULT_PACE) -> Self:
        """A new world that ends with its process."""
        world = cls(_connect(":memory:"))
        # Tables that are copied cost a tenth of tables that are made.
        _empty().backup(world.db)
        world.db.execute("UPDATE meta SET seed = ?, pace = ?", (seed, pace.text()))
        return world

    @classmethod
    def open(cls, path: str | Path, *, seed: int = 0, pace: Pace = _DEFAULT_PACE) -> Self:
        """The world in a file, which is made if it is not there; `seed` and `pace` are for a new one.

        Raises:
            NoWorldError: the file holds something else, or cannot be made.
            WorldLockedError: another process is writing it.
        """
        with _translated(path):
            world = cls(_connect(str(path)))
        try:
            with _translated(path):
                if not world._is_world(path):
                    world.make(seed, pace)
        except BaseException:
            world.close()
            raise
        return world

    @classmethod
    def copy_of(cls, path: str | Path) -> Self:
        """A copy in memory of the world in a file, for those who may not write it.

        Raises:
            NoWorldError: the file holds something else, or cannot be read.
            WorldLockedError: another process is writing it.
        """
        with _translated(path):
            # Not `mode=ro`: what a killed writer left half done must be rolled back before anyone can read.
            source = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=rw", uri=True, timeout=0)
            try:
                # Backup would wait for a writer in C, with the whole program; with a read lock in hand it need not.
                source.execute("BEGIN")
                tables = source.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
                world = cls(_connect(":memory:"))
                # Another process may be about to make it; a backup of nothing would have a schema version.
                if tables:
                    source.backup(world.db)
            finally:
                source.close()
            if not world._is_world(path):
                world.make(0, _DEFAULT_PACE)
        return world

    @classmethod
    def version_in(cls, path: str | Path) -> int:
        """The version of the world in a file, without keeping it open; 0 for an empty file.

        Raises:
            NoWorldError: the file holds something else, or cannot be read.
            WorldLockedError: another process is writing it.
        """
        with _translated(path):
            db = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=rw", uri=True, timeout=0)
            try:
                world = cls(db)
                return world.version() if world._is_world(path) else 0
            finally:
                db.close()

    @classmethod
    def over(cls, other: "World") -> Self:
        """A copy in memory of another world."""
        world = cls(_connect(":memory:"))
        other.db.backup(world.db)
        return world

    def make(self, seed: int, pace: Pace) -> None:
        """Write the tables of a new world, unless another process was faster."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            if not self._number("application_id"):
                for statement in schema.TABLES:
                    self.db.execute(statement)
                self.db.execute("INSERT INTO meta VALUES (1, 1, 0, ?, ?)", (seed, pace.text()))
                self.db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
                self.db.execute(f"PRAGMA user_version = {schema.FORMAT}")
            self.db.execute("COMMIT")
        except BaseException:
            self.db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()

    def mark(self) -> tuple[int, int]:
        """What is different whenever anybody may have changed the world since; much cheaper than to look.

        Raises:
            WorldLockedError: another process is writing the world.
        """
        if self._alone:
            return self.db.total_changes, 0
        with _translated("the world"):
            return self.db.total_changes, self._number("data_version")

    def version(self) -> int:
        """A number that grows with every change that anybody makes."""
        with _translated("the world"):
            return int(self.db.execute("SELECT version FROM meta").fetchone()[0])

    def host_names(self) -> list[str]:
        """Every host, dead or alive, in the order in which they joined.

        Raises:
            WorldLockedError: another process is writing the world.
        """
        with _translated("the world"):
            return [str(row[0]) for row in self.db.execute("SELECT name FROM hosts ORDER BY rowid")]

    def next_moment(self) -> float | None:
        """When the next thing happens by itself, in unix seconds.

        Raises:
            WorldLockedError: another process is writing the world.
        """
        with _translated("the world"):
            return next_moment(self.db)

    @contextmanager
    def reading(self) -> Generator[None]:
        """Several reads of one and the same state.

        Raises:
            WorldLockedError: another process is writing the world.
        """
        with _translated("the world"):
            self.db.execute("BEGIN")
            try:
                yield
            finally:
                self.db.execute("ROLLBACK")

    @contextmanager
    def change(self, now: float) -> Generator[Change]:
        """One transaction: what had to happen by `now` happens first, then the caller's part, all or nothing.

        Raises:
            WorldLockedError: another process is writing the world; nothing was changed.
        """
        with _translated("the world"):
            self.db.execute("BEGIN IMMEDIATE")
        try:
            version, floor, seed, pace = self.db.execute("SELECT version, floor, seed, pace FROM meta").fetchone()
            change = Change(self.db, now, version + 1, seed, self._pace_from(pace))
            before = self.db.total_changes
            settle(change)
            yield change
            if self.db.total_changes != before:
                self.db.execute("UPDATE meta SET version = ?", (change.version,))
                if change.version % _REMEMBERED == 0:
                    self._forget(max(floor, change.version - _REMEMBERED))
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        try:
            with _translated("the world"):
                self.db.execute("COMMIT")
        except WorldLockedError:
            # A reader holds the file. Nothing has been written: start again, rather than wait with the lock in hand.
            self.db.execute("ROLLBACK")
            raise

    def _forget(self, floor: int) -> None:
        self.db.execute("DELETE FROM gone WHERE version <= ?", (floor,))
        self.db.execute("UPDATE meta SET floor = ?", (floor,))

    def _pace_from(self, text: str) -> Pace:
        if text != self._pace_text:
            self._pace, self._pace_text = pace_of(text), text
        return self._pace

    def _number(self, pragma: str) -> int:
        return int(self.db.execute(f"PRAGMA {pragma}").fetchone()[0])

    def _is_world(self, path: str | Path) -> bool:
        """Whether the tables are there; False for an empty file."""
        if not self._number("application_id") and not self._number("schema_version"):
            return False
        if self._number("application_id") != schema.APPLICATION_ID:
            raise NoWorldError(f"{path} is an SQLite file, but no world")
        if self._number("user_version") != schema.FORMAT:
            raise NoWorldError(f"{path} is a world of another format: {self._number('user_version')}")
        return True


def _connect(path: str) -> sqlite3.Connection:
    # Waiting is for the caller, who may have other things to do meanwhile.
    db = sqlite3.connect(path, timeout=0, isolation_level=None, cached_statements=256)
    # A simulated machine may lose its disk with the power. It survives the death of any process all the same: the
    # kernel has what was written. A rollback journal, since readers of WAL would make files of their own.
    try:
        db.execute("PRAGMA synchronous = OFF")
    except BaseException:
        db.close()
        raise
    return db


@cache
def _empty() -> sqlite3.Connection:
    """A world with nothing in it."""
    world = World(_connect(":memory:"))
    world.make(0, _DEFAULT_PACE)
    return world.db


@contextmanager
def _translated(path: str | Path) -> Generator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise WorldLockedError(f"{path} is being written by another process") from error
        raise NoWorldError(f"{path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise NoWorldError(f"{path}: {error}") from error
