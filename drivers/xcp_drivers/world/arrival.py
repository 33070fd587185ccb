"""The end of a live migration: the machine lives on the target, and the source forgets it."""

from xcp_drivers.world.change import Change, local
from xcp_drivers.world.encoding import config_of
from xcp_drivers.world.lookup import chain
from xcp_drivers.world.rows import GuestRow, JobRow
from xcp_reconciler.model.desired import DiskMode


def arrive(change: Change, job: JobRow) -> None:
    """Finish a migration whose time has come; it fails, and the source runs on, if the name is taken by now."""
    change.drop_job(job)
    guest = change.guest(job.host, job.uuid)
    if guest is None:
        return
    rival = change.named(job.target, guest.name)
    if rival is not None and rival.uuid != job.uuid:
        return
    if job.copies:
        move_files(change, guest, job.target)
    change.drop_guest(guest)
    change.put_guest(arrived(guest, job.target))
    change.db.execute("DELETE FROM holds WHERE host = ? AND uuid = ?", (guest.host, guest.uuid))
    hold(change, arrived(guest, job.target))


def arrived(guest: GuestRow, target: str) -> GuestRow:
    """A machine as its new host shows it."""
    return guest._replace(host=target)


def hold(change: Change, guest: GuestRow) -> None:
    """Take QEMU's lock on every disk of a running machine, and for reading on everything below it."""
    if guest.live is None:
        return
    for disk in config_of(guest.live).disks:
        for depth, (place, path) in enumerate(chain(change, guest.host, disk.path)):
            change.db.execute(
                "INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?)",
                (place, path, guest.host, guest.uuid, disk.mode is DiskMode.RW and not depth),
            )


def move_files(change: Change, guest: GuestRow, target: str) -> None:
    """Take a machine's own disks along to the target's file system; what it only reads is copied."""
    for disk in config_of(guest.live or guest.stored).disks:
        file = change.file(local(guest.host), disk.path)
        if file is None:
            continue
        change.put_file(file._replace(place=local(target)))
        if disk.mode is DiskMode.RW:
            change.drop_file(file)
