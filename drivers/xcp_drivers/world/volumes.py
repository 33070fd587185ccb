"""Volumes: files in repositories. Sizes in bytes."""

from dataclasses import dataclass
from typing import Final

from xcp_drivers.world import storages
from xcp_drivers.world.change import Change, refuse
from xcp_drivers.world.lookup import visible
from xcp_drivers.world.refusal import Refused
from xcp_drivers.world.rows import FileRow, StorageRow
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import VolumeFormat
from xcp_reconciler.model.observed import PowerState

# What an empty qcow2 file takes: its header and first tables.
_EMPTY_QCOW2: Final = 196 * 1024


@dataclass(frozen=True, slots=True)
class Image:
    """A checked image: the size that a guest sees, and the bytes that it takes."""

    capacity: int
    content: int


def create(change: Change, op: ops.CreateVolume, image: Image | None) -> None:
    """Create a volume whole, or not at all.

    Raises:
        RefusalError: it is there already, the repository is not, the backing file is missing or of another format,
            it would be smaller than its image, or the file system is full.
    """
    storage = storages.active(change, op.host, op.storage)
    path = f"{storage.path}/{op.file}"
    if change.file(storage.place, path) is not None:
        refuse(Refused.VOLUME_EXISTS, f"storage volume {op.file!r} already exists on {op.host}", op.host)
    capacity = _capacity(op, image, _backing(change, op))
    taken = capacity if op.format is VolumeFormat.RAW else _EMPTY_QCOW2 + (image.content if image is not None else 0)
    _check_space(change, storage, taken)
    change.put_file(FileRow(storage.place, path, storage.path, op.file, op.format, capacity, taken, op.backing_path))


def find(change: Change, host: str, storage: str, file: str) -> FileRow | None:
    """A volume of an active repository, None where it is not there.

    Raises:
        RefusalError: the repository is not there or not active.
    """
    found = storages.active(change, host, storage)
    return change.file(found.place, f"{found.path}/{file}")


def resize(change: Change, op: ops.ResizeVolume) -> None:
    """Grow a volume; through its machine while that runs, for nobody else can reach it then.

    Raises:
        RefusalError: it is not there, would shrink, does not fit, or is not held by whom the op names.
    """
    storage = storages.active(change, op.host, op.storage)
    file = change.file(storage.place, f"{storage.path}/{op.file}")
    if file is None:
        refuse(Refused.NO_SUCH_VOLUME, f"no storage volume {op.file!r} on {op.host}", op.host)
    if op.size_bytes < file.capacity:
        refuse(Refused.SHRINK, f"{op.file!r} has {file.capacity} bytes and never shrinks", op.host)
    if op.size_bytes == file.capacity:
        return
    _check_holder(change, op, file)
    growth = op.size_bytes - file.capacity if file.format == VolumeFormat.RAW else 0
    _check_space(change, storage, growth)
    change.put_file(file._replace(capacity=op.size_bytes, allocation=file.allocation + growth))


def delete(change: Change, op: ops.DeleteVolume) -> None:
    """Destroy a volume, whoever uses it: like `rm`, this asks nobody. What is absent is already destroyed.

    Raises:
        RefusalError: the repository is not there or not active.
    """
    found = find(change, op.host, op.storage, op.file)
    if found is not None:
        change.drop_file(found)


def _backing(change: Change, op: ops.CreateVolume) -> FileRow | None:
    if op.backing_path is None:
        return None
    found = visible(change, op.host, op.backing_path)
    if op.backing_format is not None and found.format != op.backing_format:
        refuse(Refused.BAD_FORMAT, f"{op.backing_path} is {found.format}, not {op.backing_format}", op.host)
    if op.format is not VolumeFormat.QCOW2:
        refuse(Refused.BAD_FORMAT, f"a {op.format} volume has no backing file", op.host)
    return found


def _capacity(op: ops.CreateVolume, image: Image | None, backing: FileRow | None) -> int:
    least = image.capacity if image is not None else 0
    if op.size_bytes is not None:
        if op.size_bytes < least:
            refuse(Refused.SHRINK, f"{op.file!r}: {op.size_bytes} bytes are less than its image's {least}", op.host)
        return op.size_bytes
    if image is not None:
        return least
    if backing is None:
        refuse(Refused.OUT_OF_RANGE, f"{op.file!r}: no size, no image and no backing file", op.host)
    return backing.capacity


def _check_space(change: Change, storage: StorageRow, needed: int) -> None:
    free = change.free_bytes(storage.place)
    if needed > free:
        refuse(
            Refused.NO_SPACE,
            f"no space left in {storage.path}: {needed} bytes needed, {max(free, 0)} free",
            storage.host,
        )


def _check_holder(change: Change, op: ops.ResizeVolume, file: FileRow) -> None:
    if op.vm_uuid is not None:
        guest = change.guest(op.host, op.vm_uuid)
        if guest is None or guest.live is None or guest.power == PowerState.HALTED:
            refuse(Refused.NOT_RUNNING, f"domain {op.vm_uuid} does not run on {op.host}", op.host)
        return
    holder = change.db.execute(
        "SELECT host, uuid FROM holds WHERE place = ? AND path = ?", (file.place, file.path)
    ).fetchone()
    if holder is not None:
        refuse(
            Refused.DISK_LOCKED,
            f'failed to get "write" lock on {file.path}: domain {holder[1]} on {holder[0]} has it open',
            op.host,
        )
