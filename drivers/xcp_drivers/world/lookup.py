"""Which file a path means on a host."""

from collections.abc import Iterator

from xcp_drivers.world.change import Change, local, refuse
from xcp_drivers.world.refusal import Refused
from xcp_drivers.world.rows import FileRow, StorageRow


def folder_of(path: str) -> str:
    """The directory that a path is in."""
    return path.rpartition("/")[0] or "/"


def storage_over(change: Change, host: str, path: str) -> StorageRow | None:
    """The repository of a host that a file is in."""
    found = change.storages("host = ? AND path = ?", host, folder_of(path))
    return found[0] if found else None


def place_of(change: Change, host: str, path: str) -> str:
    """The file system that a path of a host is on; outside of all repositories it is the host's own."""
    storage = storage_over(change, host, path)
    return storage.place if storage is not None else local(host)


def visible(change: Change, host: str, path: str) -> FileRow:
    """The file that a path means on a host.

    Raises:
        RefusalError: its repository is not active there, or the file is not there.
    """
    storage = storage_over(change, host, path)
    if storage is not None and not storage.active:
        refuse(Refused.STORAGE_INACTIVE, f"{path}: the repository {storage.name} is not active on {host}", host)
    found = change.file(storage.place if storage is not None else local(host), path)
    if found is None:
        refuse(Refused.DISK_MISSING, f"cannot access {path} on {host}: no such file", host)
    return found


def chain(change: Change, host: str, path: str) -> Iterator[tuple[str, str]]:
    """The place and path of a file and of everything below it, as far as it can be followed."""
    seen: set[str] = set()
    step: str | None = path
    while step is not None and step not in seen:
        seen.add(step)
        place = place_of(change, host, step)
        yield place, step
        file = change.file(place, step)
        step = file.backing if file is not None else None
