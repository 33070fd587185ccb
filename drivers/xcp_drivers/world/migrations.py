"""Moves of machines between hosts."""

from xcp_drivers.world import memory
from xcp_drivers.world.arrival import arrived, move_files
from xcp_drivers.world.change import Change, local, refuse
from xcp_drivers.world.encoding import config_of
from xcp_drivers.world.lookup import place_of, storage_over, visible
from xcp_drivers.world.refusal import Refused
from xcp_drivers.world.rows import FileRow, GuestRow, HostRow, JobRow
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import DiskMode
from xcp_reconciler.model.observed import PowerState, VmConfig


def begin(change: Change, op: ops.MigrateVm) -> JobRow | None:
    """Set a machine off; the migration that is now under way, None when the machine is there already.

    Raises:
        RefusalError: a host does not answer, the power state is not the mode's, the target lacks a network, a disk,
            memory or the name, or a disk that the op calls shared is not.
    """
    change.host(op.host)
    target = change.host(op.target)
    guest = change.guest(op.host, op.uuid)
    if guest is None:
        if change.guest(op.target, op.uuid) is not None:
            return None
        refuse(Refused.NO_SUCH_VM, f"no domain with uuid {op.uuid} on {op.host}", op.host)
    for job in change.jobs("uuid = ?", op.uuid):
        if (job.host, job.target) == (op.host, op.target):
            return job
        refuse(Refused.MIGRATING, f"domain {guest.name!r} is being migrated to {job.target}", op.host)
    _check_rival(change, guest, op.target)
    match op.mode:
        case ops.MigrationMode.OFFLINE:
            _move(change, guest, op)
            return None
        case ops.MigrationMode.LIVE:
            return _set_off(change, guest, target, op)


def _move(change: Change, guest: GuestRow, op: ops.MigrateVm) -> None:
    if guest.live is not None:
        refuse(Refused.NOT_HALTED, f"domain {guest.name!r} is {guest.power} on {op.host}", op.host)
    if op.disks is ops.DiskTransfer.COPY:
        _check_copies(change, guest, op.target)
        move_files(change, guest, op.target)
    change.drop_guest(guest)
    change.put_guest(arrived(guest, op.target))


def _set_off(change: Change, guest: GuestRow, target: HostRow, op: ops.MigrateVm) -> JobRow:
    if guest.live is None or guest.power != PowerState.RUNNING:
        refuse(Refused.NOT_RUNNING, f"domain {guest.name!r} is {guest.power} on {op.host}", op.host)
    config = config_of(guest.live)
    for card in config.interfaces:
        if not change.networks("host = ? AND name = ? AND active", op.target, card.network):
            refuse(Refused.NO_SUCH_NETWORK, f"no active network named {card.network!r} on {op.target}", op.target)
    copied = 0
    match op.disks:
        case ops.DiskTransfer.SHARED:
            _check_shared(change, config, op)
        case ops.DiskTransfer.COPY:
            copied = _check_copies(change, guest, op.target)
    needed = max(memory.held(guest, change.now, change.pace.balloon_kib_s), guest.goal)
    free = memory.free(change, target)
    if needed > free:
        refuse(
            Refused.NO_MEMORY,
            f"cannot set up guest memory for {guest.name!r}: {needed} KiB needed, {max(free, 0)} KiB free",
            op.target,
        )
    pace = change.pace
    takes = pace.migration_s + needed / pace.migration_kib_s + copied / pace.copy_bytes_s
    ends = change.now + takes
    handover = max(change.now, ends - pace.handover_s)
    copies = int(op.disks is ops.DiskTransfer.COPY)
    job = JobRow(op.uuid, op.host, op.target, change.now, handover, ends, copies, needed)
    change.put_job(job)
    return job


def _check_rival(change: Change, guest: GuestRow, target: str) -> None:
    rival = change.named(target, guest.name)
    if rival is not None and rival.uuid != guest.uuid:
        refuse(Refused.NAME_TAKEN, f"domain {guest.name!r} already exists on {target} with uuid {rival.uuid}", target)
    twin = change.guest(target, guest.uuid)
    if twin is not None and twin.live is not None:
        refuse(Refused.ALREADY_RUNNING, f"domain {guest.name!r} is already active on {target}", target)
    if twin is not None and twin.name != guest.name:
        refuse(Refused.UUID_TAKEN, f"uuid {guest.uuid} belongs to domain {twin.name!r} on {target}", target)


def _check_shared(change: Change, config: VmConfig, op: ops.MigrateVm) -> None:
    for disk in config.disks:
        here, there = storage_over(change, op.host, disk.path), storage_over(change, op.target, disk.path)
        # Two hosts that call two directories by one path and one name still have two directories.
        if here is None or there is None or here.uuid != there.uuid or here.place != there.place:
            refuse(
                Refused.NOT_SHARED,
                f"{disk.path} is not on storage that {op.host} and {op.target} share",
                op.target,
            )
        visible(change, op.target, disk.path)


def _check_copies(change: Change, guest: GuestRow, target: str) -> int:
    """The bytes to copy, once it is sure that they can be."""
    needed = 0
    for disk in config_of(guest.live or guest.stored).disks:
        file = visible(change, guest.host, disk.path)
        if file.place != local(guest.host):
            visible(change, target, disk.path)
            continue
        _check_room(change, file, target, writes=disk.mode is DiskMode.RW)
        needed += file.allocation
    free = change.free_bytes(local(target))
    if needed > free:
        refuse(Refused.NO_SPACE, f"no space left on {target}: {needed} bytes needed, {max(free, 0)} free", target)
    return needed


def _check_room(change: Change, file: FileRow, target: str, *, writes: bool) -> None:
    storage = storage_over(change, target, file.path)
    if storage is None or not storage.active or storage.place != local(target):
        refuse(Refused.NO_SUCH_STORAGE, f"no active repository of its own for {file.path} on {target}", target)
    if file.backing is not None:
        visible(change, target, file.backing)
    if writes and change.file(place_of(change, target, file.path), file.path) is not None:
        refuse(Refused.VOLUME_EXISTS, f"{file.path} already exists on {target}", target)
