"""The tables. One row for each thing that is kept, its value as JSON, legible with any SQLite tool.

Every row carries the revision at which it last changed, counted over the whole database, so that a reader asks only
for what is newer than what it has. A removed row stays as a tombstone (its body NULL) until readers have had time to
see it; a reader that was away for longer than that (`purged` is beyond its last revision) reads everything again.
"""

import sqlite3
from enum import StrEnum
from typing import Final

from xcp_reconciler.ports.store import StoreError

VERSION: Final = 1
# "xcp" and a format number, in the header of the file: `file(1)` and we can tell it from other people's databases.
APPLICATION_ID: Final = 0x78637031
KEPT_TOMBSTONES: Final = 1000


class Table(StrEnum):
    """What is kept; the first six under the path of a ref."""

    DESIRED = "desired"
    STATUS = "status"
    HISTORY = "history"
    ASSIGNMENT = "assignment"
    SIGHTING = "sighting"
    APPROVAL = "approval"
    HOST = "host"
    PLAN = "plan"
    PRUNE = "prune"


_COUNTER: Final = """
CREATE TABLE store (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    purged   INTEGER NOT NULL
) STRICT
"""
_TABLE: Final = """
CREATE TABLE {table} (
    key      TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    {more}
    body     TEXT
) STRICT
"""
# Beside the value itself: what is asked of ten thousand objects at once, and must not cost decoding them.
_DECLARED: Final = """
    uid        TEXT NOT NULL,
    generation INTEGER NOT NULL,
    digest     TEXT NOT NULL,
    source     TEXT,
    line       INTEGER,
"""


def check(connection: sqlite3.Connection, path: object) -> bool:
    """Whether the schema is there; False for a database that nobody has written to yet.

    Raises:
        StoreError: it is somebody else's database, or of a newer program.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application == APPLICATION_ID:
        if version == VERSION:
            return True
        raise StoreError(
            f"{path} has version {version} of the format, this program knows {VERSION}: "
            "use the version of xcp that wrote it, or a newer one"
        )
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application or version or tables:
        raise StoreError(f"{path} is a database of another program: name another file")
    return False


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, within a transaction of the caller."""
    connection.execute(_COUNTER)
    connection.execute("INSERT INTO store (id, revision, purged) VALUES (1, 0, 0)")
    for table in Table:
        connection.execute(_TABLE.format(table=table, more=_DECLARED if table is Table.DESIRED else ""))
        connection.execute(f"CREATE INDEX {table}_revision ON {table} (revision)")
        connection.execute(f"CREATE INDEX {table}_removed ON {table} (revision) WHERE body IS NULL")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def purge(connection: sqlite3.Connection, before: int) -> None:
    """Drop the tombstones up to a revision, within a transaction of the caller."""
    dropped = 0
    for table in Table:
        dropped += connection.execute(
            f"DELETE FROM {table} WHERE body IS NULL AND revision <= ?",  # noqa: S608 - our own enum
            (before,),
        ).rowcount
    if dropped:
        connection.execute("UPDATE store SET purged = ?", (before,))
