"""Storage repositories: directories that a host knows."""

from enum import Enum

from xcp_drivers.world.change import SHARED_BYTES, Change, local, refuse, shared
from xcp_drivers.world.refusal import Refused
from xcp_drivers.world.rows import StorageRow
from xcp_reconciler.model import ops


class Mount(Enum):
    """Whether a directory is the host's own or the same on every host."""

    LOCAL = "local"
    SHARED = "shared"


def define(change: Change, op: ops.DefineStorage, mount: Mount) -> None:
    """Make a host know a directory; knowing it already is enough.

    Raises:
        RefusalError: the name, the uuid or the directory belongs to another repository.
    """
    change.host(op.host)
    path = op.path.rstrip("/") or "/"
    wanted = StorageRow(op.host, op.uuid, op.name, path, _place(change, mount, op.host, path), 0)
    for other in change.storages("host = ? AND (uuid = ? OR name = ? OR path = ?)", op.host, op.uuid, op.name, path):
        if other._replace(active=0) == wanted:
            return
        refuse(
            Refused.STORAGE_CONFLICT,
            f"repository {op.name!r} at {path} conflicts with {other.name!r} ({other.uuid}) at {other.path}",
            op.host,
        )
    change.put_storage(wanted)


def _place(change: Change, mount: Mount, host: str, path: str) -> str:
    match mount:
        case Mount.LOCAL:
            return local(host)
        case Mount.SHARED:
            change.ensure_place(shared(path), SHARED_BYTES)
            return shared(path)


def start(change: Change, host: str, uuid: str) -> None:
    """Attach a known repository, now and at every boot.

    Raises:
        RefusalError: the host does not know it.
    """
    change.host(host)
    found = change.storage(host, uuid)
    if found is None:
        refuse(Refused.NO_SUCH_STORAGE, f"no repository with uuid {uuid} on {host}", host)
    if not found.active:
        change.put_storage(found._replace(active=1))


def stop(change: Change, host: str, uuid: str) -> None:
    """Detach a repository; whoever has a file of it open keeps it open.

    Raises:
        RefusalError: the host does not know it.
    """
    change.host(host)
    found = change.storage(host, uuid)
    if found is None:
        refuse(Refused.NO_SUCH_STORAGE, f"no repository with uuid {uuid} on {host}", host)
    if found.active:
        change.put_storage(found._replace(active=0))


def undefine(change: Change, host: str, uuid: str) -> None:
    """Make a host forget a repository; its files stay."""
    change.host(host)
    found = change.storage(host, uuid)
    if found is not None:
        change.drop_storage(found)


def active(change: Change, host: str, uuid: str) -> StorageRow:
    """A repository that can be used.

    Raises:
        RefusalError: the host does not know it, or has not attached it.
    """
    change.host(host)
    found = change.storage(host, uuid)
    if found is None:
        refuse(Refused.NO_SUCH_STORAGE, f"no repository with uuid {uuid} on {host}", host)
    if not found.active:
        refuse(Refused.STORAGE_INACTIVE, f"repository {found.name!r} is not active on {host}", host)
    return found
