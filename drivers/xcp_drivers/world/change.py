"""One short transaction on a world: what it may read and write, at one moment."""

import sqlite3
from dataclasses import dataclass
from typing import NoReturn

from xcp_drivers.world.pace import Pace
from xcp_drivers.world.refusal import RefusalError, Refused
from xcp_drivers.world.rows import FileRow, GuestRow, HostRow, HostStatus, JobRow, NetworkRow, PlaceRow, StorageRow

# 1 TiB on each host and 8 TiB on each shared directory, unless said otherwise.
LOCAL_BYTES = 2**40
SHARED_BYTES = 2**43

_GUEST = ", ".join(GuestRow._fields)
_FILE = ", ".join(FileRow._fields)
_STORAGE = ", ".join(StorageRow._fields)
_NETWORK = ", ".join(NetworkRow._fields)
_JOB = ", ".join(JobRow._fields)
_HOST = ", ".join(HostRow._fields)


def _upsert(table: str, fields: tuple[str, ...], key: tuple[str, ...]) -> str:
    """A statement that keeps the row's place: a REPLACE would move it to the end."""
    columns = (*fields, "version") if table != "jobs" else fields
    sets = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    marks = ", ".join("?" * len(columns))
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own constants
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}"
    )


_PUT_GUEST = _upsert("guests", GuestRow._fields, ("host", "uuid"))
_PUT_FILE = _upsert("files", FileRow._fields, ("place", "path"))
_PUT_STORAGE = _upsert("storages", StorageRow._fields, ("host", "uuid"))
_PUT_NETWORK = _upsert("networks", NetworkRow._fields, ("host", "uuid"))
_PUT_JOB = _upsert("jobs", JobRow._fields, ("uuid", "host"))


@dataclass(frozen=True, slots=True)
class Change:
    """A transaction under way at `now` (unix seconds); every row it writes carries `version`."""

    db: sqlite3.Connection
    now: float
    version: int
    seed: int
    pace: Pace

    # --- hosts

    def host(self, name: str) -> HostRow:
        """A host that answers.

        Raises:
            RefusalError: there is no such host, or it does not answer.
        """
        row = self.db.execute(f"SELECT {_HOST} FROM hosts WHERE name = ?", (name,)).fetchone()  # noqa: S608
        if row is None:
            refuse(Refused.NO_SUCH_HOST, f"this world has no host {name}", name)
        host = HostRow._make(row)
        if host.status != HostStatus.UP:
            refuse(Refused.HOST_UNREACHABLE, f"{name} does not answer", name)
        return host

    def put_host(self, host: HostRow) -> None:
        """Add a host with a file system of its own, or change one; its claim is not ours to write."""
        self.db.execute(
            "INSERT INTO hosts (name, cpus, memory, status, since, version) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET cpus = excluded.cpus, memory = excluded.memory,"
            " status = excluded.status, since = excluded.since, version = excluded.version",
            (*host[:5], self.version),
        )
        self.ensure_place(local(host.name), LOCAL_BYTES)

    def ensure_place(self, place: str, capacity: int) -> None:
        """Make a file system known; one that is known keeps its capacity."""
        self.db.execute("INSERT OR IGNORE INTO places (place, capacity) VALUES (?, ?)", (place, capacity))

    def free_bytes(self, place: str) -> int:
        """What a file system still holds."""
        row = self.db.execute("SELECT place, capacity, used FROM places WHERE place = ?", (place,)).fetchone()
        known = PlaceRow._make(row) if row is not None else PlaceRow(place, 0)
        return known.capacity - known.used

    # --- guests

    def guest(self, host: str, uuid: str) -> GuestRow | None:
        """The copy of a machine on a host."""
        row = self.db.execute(f"SELECT {_GUEST} FROM guests WHERE host = ? AND uuid = ?", (host, uuid)).fetchone()  # noqa: S608
        return GuestRow._make(row) if row is not None else None

    def named(self, host: str, name: str) -> GuestRow | None:
        """The machine that has a name on a host."""
        row = self.db.execute(f"SELECT {_GUEST} FROM guests WHERE host = ? AND name = ?", (host, name)).fetchone()  # noqa: S608
        return GuestRow._make(row) if row is not None else None

    def guests(self, condition: str, *values: object) -> list[GuestRow]:
        """All machines for which a constant SQL condition holds."""
        rows = self.db.execute(f"SELECT {_GUEST} FROM guests WHERE {condition}", values)  # noqa: S608
        return [GuestRow._make(row) for row in rows]

    def put_guest(self, guest: GuestRow) -> None:
        """Write a machine."""
        self.db.execute(_PUT_GUEST, (*guest, self.version))

    def drop_guest(self, guest: GuestRow) -> None:
        """Remove a machine's definition from its host."""
        self.db.execute("DELETE FROM guests WHERE host = ? AND uuid = ?", (guest.host, guest.uuid))
        self._gone("guest", guest.host, guest.uuid)

    # --- migrations

    def jobs(self, condition: str, *values: object) -> list[JobRow]:
        """All migrations for which a constant SQL condition holds, first to end first."""
        rows = self.db.execute(f"SELECT {_JOB} FROM jobs WHERE {condition} ORDER BY ends, uuid", values)  # noqa: S608
        return [JobRow._make(row) for row in rows]

    def put_job(self, job: JobRow) -> None:
        """Write a migration."""
        self.db.execute(_PUT_JOB, job)

    def drop_job(self, job: JobRow) -> None:
        """End a migration."""
        self.db.execute("DELETE FROM jobs WHERE uuid = ? AND host = ?", (job.uuid, job.host))

    # --- files, storages, networks

    def file(self, place: str, path: str) -> FileRow | None:
        """A file of a file system."""
        row = self.db.execute(f"SELECT {_FILE} FROM files WHERE place = ? AND path = ?", (place, path)).fetchone()  # noqa: S608
        return FileRow._make(row) if row is not None else None

    def put_file(self, file: FileRow) -> None:
        """Write a file."""
        self.db.execute(_PUT_FILE, (*file, self.version))

    def drop_file(self, file: FileRow) -> None:
        """Remove a file, whoever has it open."""
        self.db.execute("DELETE FROM files WHERE place = ? AND path = ?", (file.place, file.path))
        self._gone("file", file.place, file.path)

    def storage(self, host: str, uuid: str) -> StorageRow | None:
        """A repository of a host, by uuid."""
        row = self.db.execute(f"SELECT {_STORAGE} FROM storages WHERE host = ? AND uuid = ?", (host, uuid)).fetchone()  # noqa: S608
        return StorageRow._make(row) if row is not None else None

    def storages(self, condition: str, *values: object) -> list[StorageRow]:
        """All repositories for which a constant SQL condition holds."""
        rows = self.db.execute(f"SELECT {_STORAGE} FROM storages WHERE {condition} ORDER BY rowid", values)  # noqa: S608
        return [StorageRow._make(row) for row in rows]

    def put_storage(self, storage: StorageRow) -> None:
        """Write a repository."""
        self.db.execute(_PUT_STORAGE, (*storage, self.version))

    def drop_storage(self, storage: StorageRow) -> None:
        """Make a host forget a repository."""
        self.db.execute("DELETE FROM storages WHERE host = ? AND uuid = ?", (storage.host, storage.uuid))
        self._gone("storage", storage.host, storage.uuid)

    def networks(self, condition: str, *values: object) -> list[NetworkRow]:
        """All networks for which a constant SQL condition holds."""
        rows = self.db.execute(f"SELECT {_NETWORK} FROM networks WHERE {condition} ORDER BY rowid", values)  # noqa: S608
        return [NetworkRow._make(row) for row in rows]

    def put_network(self, network: NetworkRow) -> None:
        """Write a network."""
        self.db.execute(_PUT_NETWORK, (*network, self.version))

    def drop_network(self, network: NetworkRow) -> None:
        """Remove a network from its host."""
        self.db.execute("DELETE FROM networks WHERE host = ? AND uuid = ?", (network.host, network.uuid))
        self._gone("network", network.host, network.uuid)

    def _gone(self, what: str, host: str, key: str) -> None:
        self.db.execute("INSERT INTO gone VALUES (?, ?, ?, ?)", (self.version, what, host, key))


def local(host: str) -> str:
    """The name of a host's own file system."""
    return f"host:{host}"


def shared(path: str) -> str:
    """The name of a file system that hosts share, mounted at `path` on each of them."""
    return f"shared:{path}"


def refuse(code: Refused, message: str, host: str | None = None) -> NoReturn:
    """Turn an op down.

    Raises:
        RefusalError: always.
    """
    raise RefusalError(code, message, host=host)
