"""Looking at a world: what each host shows at a moment, read once and then only as far as it is new."""

import gc
from collections.abc import Generator, Iterable
from contextlib import contextmanager, nullcontext
from typing import Final

from xcp_drivers.world.lookup import folder_of
from xcp_drivers.world.pace import Pace, pace_of
from xcp_drivers.world.rows import FileRow, GuestRow, HostRow, HostStatus, JobRow, NetworkRow, PlaceRow, StorageRow
from xcp_drivers.world.shelf import Shelf
from xcp_drivers.world.world import World
from xcp_reconciler.model.observed import Fresh, HostView, Unreachable

_GUEST: Final = ", ".join(GuestRow._fields)
_FILE: Final = ", ".join(FileRow._fields)
_STORAGE: Final = ", ".join(StorageRow._fields)
_NETWORK: Final = ", ".join(NetworkRow._fields)
_JOB: Final = ", ".join(JobRow._fields)

# From so many machines on reading them anew keeps the collector busy.
_MANY: Final = 1000


class Look:
    """One observer's memory of a world. Looking changes nothing but what time has changed anyway."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._db = world.db
        self._version = -1
        self._mark: tuple[int, int] | None = None
        self._moment: float | None = None
        self._pace = Pace()
        self._shelves: dict[str, Shelf] = {}
        self._places: dict[str, PlaceRow] = {}
        self._jobs: dict[str, list[tuple[JobRow, GuestRow]]] = {}
        self._showing: dict[tuple[str, str], dict[str, StorageRow]] = {}

    def views(self, names: Iterable[str], now: float, at: float) -> dict[str, HostView]:
        """The hosts as they are at `now`, by an observation that began at `at`; unknown names are left out.

        Raises:
            WorldLockedError: another process is writing the world.
        """
        self.refresh(now)
        return {name: self._view(self._shelves[name], now, at) for name in names if name in self._shelves}

    def refresh(self, now: float) -> int:
        """Read what is new, and answer with the version of the world that is now known.

        Raises:
            WorldLockedError: another process is writing the world.
        """
        mark = self._world.mark()
        if mark == self._mark and (self._moment is None or self._moment > now):
            return self._version
        moment = self._world.next_moment()
        if moment is not None and moment <= now:
            with self._world.change(now):
                pass
        with self._world.reading():
            version, floor, pace = self._db.execute("SELECT version, floor, pace FROM meta").fetchone()
            if version != self._version:
                self._pace = pace_of(pace)
                since = self._version if floor <= self._version <= version else -1
                with _collector_off() if since < 0 and self._is_large() else nullcontext():
                    self._read(since, now)
                self._version = version
        # As it was before anything was read: what is changed meanwhile is read next time.
        self._mark, self._moment = mark, moment
        return self._version

    def moving(self, now: float) -> set[tuple[str, str]]:
        """Host and uuid of every machine that will look different without anybody's doing."""
        found = {(name, uuid) for name, shelf in self._shelves.items() for uuid in shelf.restless(now)}
        return found | {(name, job.uuid) for name, jobs in self._jobs.items() for job, _ in jobs}

    def changed_since(self, version: int) -> list[tuple[str, str | None]]:
        """Host, and the uuid where it is a machine, of all that was changed after a version.

        Raises:
            WorldLockedError: another process is writing the world.
        """
        with self._world.reading():
            rows = self._db.execute(
                "SELECT host, uuid FROM guests WHERE version > ?1"
                " UNION SELECT name, NULL FROM hosts WHERE version > ?1"
                " UNION SELECT host, NULL FROM storages WHERE version > ?1"
                " UNION SELECT host, NULL FROM networks WHERE version > ?1"
                " UNION SELECT s.host, NULL FROM files f JOIN storages s ON s.place = f.place AND s.path = f.folder"
                "   WHERE f.version > ?1"
                " UNION SELECT host, CASE what WHEN 'guest' THEN key END FROM gone WHERE version > ?1",
                (version,),
            ).fetchall()
        return [(host, uuid) for host, uuid in rows if host in self._shelves]

    def _view(self, shelf: Shelf, now: float, at: float) -> HostView:
        if shelf.row.status != HostStatus.UP:
            return HostView(shelf.row.name, Unreachable(shelf.row.since, "no route to host"))
        shelf.move(now, self._pace.balloon_kib_s)
        jobs = self._jobs.get(shelf.row.name, ())
        return shelf.view(Fresh(at), jobs, self._places, now, self._pace.balloon_kib_s)

    def _is_large(self) -> bool:
        (guests,) = self._db.execute("SELECT count(*) FROM guests").fetchone()
        return int(guests) > _MANY

    def _read(self, since: int, now: float) -> None:
        if since < 0:
            self._shelves.clear()
            self._showing.clear()
        self._read_hosts()
        self._read_gone(since)
        self._read_storages(since)
        self._read_files(since)
        for row in self._db.execute(f"SELECT {_NETWORK} FROM networks WHERE version > ?", (since,)):  # noqa: S608
            self._shelves[row[0]].put_network(NetworkRow._make(row))
        speed = self._pace.balloon_kib_s
        # In the order of creation, whatever the index says: a view should not depend on who looked when.
        for row in self._db.execute(f"SELECT {_GUEST} FROM guests WHERE version > ? ORDER BY rowid", (since,)):  # noqa: S608
            self._shelves[row[0]].put_guest(GuestRow._make(row), now, speed)

    def _read_hosts(self) -> None:
        for row in self._db.execute("SELECT name, cpus, memory, status, since, claimed FROM hosts ORDER BY rowid"):
            host = HostRow._make(row)
            shelf = self._shelves.get(host.name)
            if shelf is None:
                self._shelves[host.name] = Shelf(host)
            else:
                shelf.row = host
        places = map(PlaceRow._make, self._db.execute("SELECT place, capacity, used FROM places"))
        self._places = {place.place: place for place in places}
        self._jobs = {}
        for row in self._db.execute(f"SELECT {_JOB} FROM jobs ORDER BY began, uuid").fetchall():  # noqa: S608
            job = JobRow._make(row)
            moving = self._db.execute(
                f"SELECT {_GUEST} FROM guests WHERE host = ? AND uuid = ?",  # noqa: S608
                (job.host, job.uuid),
            ).fetchone()
            for host_name in (job.host, job.target):
                self._jobs.setdefault(host_name, []).append((job, GuestRow._make(moving)))

    def _read_gone(self, since: int) -> None:
        if since < 0:
            return
        for what, host, key in self._db.execute(
            "SELECT what, host, key FROM gone WHERE version > ? ORDER BY rowid", (since,)
        ):
            match what:
                case "guest":
                    self._shelves[host].drop_guest(key)
                case "network":
                    self._shelves[host].drop_network(key)
                case "storage":
                    self._hide_volumes(host, key)
                    self._shelves[host].storages.pop(key, None)
                case _:
                    for name, storage in self._showing.get((host, folder_of(key)), {}).items():
                        self._shelves[name].drop_file(storage, key.rpartition("/")[2])

    def _hide_volumes(self, host: str, uuid: str) -> None:
        storage = self._shelves[host].storages.get(uuid)
        if storage is not None:
            self._showing.get((storage.place, storage.path), {}).pop(host, None)
        self._shelves[host].drop_volumes(uuid)

    def _read_storages(self, since: int) -> None:
        rows = self._db.execute(f"SELECT {_STORAGE} FROM storages WHERE version > ? ORDER BY rowid", (since,))  # noqa: S608
        for storage in map(StorageRow._make, rows.fetchall()):
            self._hide_volumes(storage.host, storage.uuid)
            shelf = self._shelves[storage.host]
            shelf.storages[storage.uuid] = storage
            if not storage.active:
                continue
            self._showing.setdefault((storage.place, storage.path), {})[storage.host] = storage
            for row in self._db.execute(
                f"SELECT {_FILE} FROM files WHERE place = ? AND folder = ? ORDER BY rowid",  # noqa: S608
                (storage.place, storage.path),
            ):
                shelf.put_file(storage, FileRow._make(row))

    def _read_files(self, since: int) -> None:
        if since < 0:
            return  # the repositories brought theirs
        for row in self._db.execute(f"SELECT {_FILE} FROM files WHERE version > ? ORDER BY rowid", (since,)):  # noqa: S608
            file = FileRow._make(row)
            for host, storage in self._showing.get((file.place, file.folder), {}).items():
                self._shelves[host].put_file(storage, file)


@contextmanager
def _collector_off() -> Generator[None]:
    """Ten thousand rows make no garbage, but a hundred thousand objects that the collector would walk again and again.

    Freezing and thawing at once hands them to the oldest generation without a walk. For a few it would only tell the
    collector, look after look, that it has just been at work, and garbage would never be collected again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        if was_on:
            gc.enable()
