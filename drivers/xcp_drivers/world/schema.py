"""The tables of a world file.

Each row carries the version of the world that wrote it, so that a reader fetches only what is new. Sums over a host
(`hosts.claimed`) and over a file system (`places.used`) are kept by triggers: no op has to add up ten thousand rows.
"""

from typing import Final

# "xcpw": what `file` and we recognise a world by.
APPLICATION_ID: Final = 0x78637077
FORMAT: Final = 2

TABLES: Final = (
    """CREATE TABLE meta (
        only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL, floor INTEGER NOT NULL,
        seed INTEGER NOT NULL, pace TEXT NOT NULL)""",
    """CREATE TABLE hosts (
        name TEXT PRIMARY KEY, cpus INTEGER NOT NULL, memory INTEGER NOT NULL, status TEXT NOT NULL,
        since REAL NOT NULL, claimed INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL)""",
    """CREATE TABLE guests (
        host TEXT NOT NULL, uuid TEXT NOT NULL, name TEXT NOT NULL, power TEXT NOT NULL, stored TEXT NOT NULL,
        live TEXT, stamp TEXT, halt_reason TEXT NOT NULL, persistent INTEGER NOT NULL, since REAL,
        booted_at REAL NOT NULL, left_at REAL NOT NULL, left_from INTEGER NOT NULL, goal INTEGER NOT NULL,
        still_at REAL NOT NULL, off_at REAL, habit TEXT NOT NULL, hearing TEXT NOT NULL, demand TEXT,
        version INTEGER NOT NULL,
        PRIMARY KEY (host, uuid))""",
    "CREATE UNIQUE INDEX guests_by_name ON guests (host, name)",
    "CREATE INDEX guests_by_version ON guests (version)",
    "CREATE INDEX guests_by_uuid ON guests (uuid)",
    "CREATE INDEX guests_leaving ON guests (off_at) WHERE off_at IS NOT NULL",
    "CREATE INDEX guests_moving ON guests (host, still_at) WHERE goal > 0",
    """CREATE TABLE holds (
        place TEXT NOT NULL, path TEXT NOT NULL, host TEXT NOT NULL, uuid TEXT NOT NULL, writes INTEGER NOT NULL,
        PRIMARY KEY (place, path, host, uuid)) WITHOUT ROWID""",
    "CREATE INDEX holds_by_guest ON holds (host, uuid)",
    """CREATE TABLE jobs (
        uuid TEXT NOT NULL, host TEXT NOT NULL, target TEXT NOT NULL, began REAL NOT NULL, handover REAL NOT NULL,
        ends REAL NOT NULL, copies INTEGER NOT NULL, memory INTEGER NOT NULL, PRIMARY KEY (uuid, host))""",
    "CREATE TABLE places (place TEXT PRIMARY KEY, capacity INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0)",
    """CREATE TABLE files (
        place TEXT NOT NULL, path TEXT NOT NULL, folder TEXT NOT NULL, file TEXT NOT NULL, format TEXT NOT NULL,
        capacity INTEGER NOT NULL, allocation INTEGER NOT NULL, backing TEXT, version INTEGER NOT NULL,
        PRIMARY KEY (place, path))""",
    "CREATE INDEX files_by_version ON files (version)",
    "CREATE INDEX files_by_folder ON files (place, folder)",
    """CREATE TABLE storages (
        host TEXT NOT NULL, uuid TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, place TEXT NOT NULL,
        active INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (host, uuid))""",
    "CREATE UNIQUE INDEX storages_by_name ON storages (host, name)",
    "CREATE UNIQUE INDEX storages_by_path ON storages (host, path)",
    "CREATE INDEX storages_by_version ON storages (version)",
    """CREATE TABLE networks (
        host TEXT NOT NULL, uuid TEXT NOT NULL, name TEXT NOT NULL, subnet TEXT, active INTEGER NOT NULL, stamp TEXT,
        version INTEGER NOT NULL, PRIMARY KEY (host, uuid))""",
    "CREATE UNIQUE INDEX networks_by_name ON networks (host, name)",
    "CREATE INDEX networks_by_version ON networks (version)",
    # What was there and is not: readers that fetch only what is new must hear of it.
    "CREATE TABLE gone (version INTEGER NOT NULL, what TEXT NOT NULL, host TEXT NOT NULL, key TEXT NOT NULL)",
    "CREATE INDEX gone_by_version ON gone (version)",
    """CREATE TRIGGER claim AFTER INSERT ON guests WHEN new.goal <> 0 BEGIN
        UPDATE hosts SET claimed = claimed + new.goal WHERE name = new.host; END""",
    """CREATE TRIGGER reclaim AFTER UPDATE OF goal ON guests WHEN new.goal <> old.goal BEGIN
        UPDATE hosts SET claimed = claimed + new.goal - old.goal WHERE name = new.host; END""",
    """CREATE TRIGGER unclaim AFTER DELETE ON guests WHEN old.goal <> 0 BEGIN
        UPDATE hosts SET claimed = claimed - old.goal WHERE name = old.host; END""",
    """CREATE TRIGGER take AFTER INSERT ON files BEGIN
        UPDATE places SET used = used + new.allocation WHERE place = new.place; END""",
    """CREATE TRIGGER retake AFTER UPDATE OF allocation ON files BEGIN
        UPDATE places SET used = used + new.allocation - old.allocation WHERE place = new.place; END""",
    """CREATE TRIGGER untake AFTER DELETE ON files BEGIN
        UPDATE places SET used = used - old.allocation WHERE place = old.place; END""",
)
