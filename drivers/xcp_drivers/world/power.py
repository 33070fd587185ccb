"""Power states of machines."""

from xcp_drivers.world import memory
from xcp_drivers.world.arrival import hold
from xcp_drivers.world.change import Change, refuse
from xcp_drivers.world.encoding import config_of
from xcp_drivers.world.habits import Hearing
from xcp_drivers.world.halting import halt
from xcp_drivers.world.lookup import chain, visible
from xcp_drivers.world.machines import settled_guest
from xcp_drivers.world.refusal import Refused
from xcp_drivers.world.rows import GuestRow, HostRow
from xcp_reconciler.model.desired import DiskMode
from xcp_reconciler.model.observed import HaltReason, PowerState, VmConfig


def start(change: Change, host: str, uuid: str) -> None:
    """Boot a halted machine, or wake a suspended one.

    Raises:
        RefusalError: it runs already, a disk, network or memory is missing, or somebody else writes to its disk.
    """
    where, guest = change.host(host), settled_guest(change, host, uuid)
    if guest.power == PowerState.PAUSED:
        refuse(Refused.NOT_HALTED, f"domain {guest.name!r} is paused on {host}", host)
    if guest.live is not None:
        refuse(Refused.ALREADY_RUNNING, f"domain {guest.name!r} is already active on {host}", host)
    config = config_of(guest.stored)
    _check_networks(change, config, host)
    _check_disks(change, config, guest)
    _check_memory(change, config, where, guest.name)
    now = change.now
    running = guest._replace(
        power=PowerState.RUNNING,
        live=guest.stored,
        since=now,
        # What was suspended wakes up where it was: it does not boot.
        booted_at=now if guest.power == PowerState.SUSPENDED else now + change.pace.boot_s,
        left_at=now,
        left_from=config.memory_target,
        goal=config.memory_target,
        still_at=now,
        off_at=None,
    )
    change.put_guest(running)
    hold(change, running)


def resume(change: Change, host: str, uuid: str) -> None:
    """Let a paused machine run on; one that runs is left alone.

    Raises:
        RefusalError: it is halted.
    """
    guest = settled_guest(change, host, uuid)
    match PowerState(guest.power):
        case PowerState.RUNNING:
            return
        case PowerState.PAUSED:
            running = guest._replace(power=PowerState.RUNNING, since=change.now)
            change.put_guest(memory.asked(running, change.now, change.pace.balloon_kib_s))
        case PowerState.HALTED | PowerState.SUSPENDED as power:
            refuse(Refused.NOT_RUNNING, f"domain {guest.name!r} is {power} on {host}", host)


def shut_down(change: Change, host: str, uuid: str) -> None:
    """Ask the guest to shut down; it does so after it has booted, or never. What is halted is left alone.

    Raises:
        RefusalError: there is no such machine, or it is paused.
    """
    change.host(host)
    guest = change.guest(host, uuid)
    if guest is None:
        refuse(Refused.NO_SUCH_VM, f"no domain with uuid {uuid} on {host}", host)
    if guest.live is None or guest.off_at is not None:
        return
    if guest.power != PowerState.RUNNING:
        refuse(Refused.NOT_RUNNING, f"domain {guest.name!r} is {guest.power} on {host}", host)
    if guest.hearing == Hearing.DEAF:
        return
    change.put_guest(guest._replace(off_at=max(change.now, guest.booted_at) + change.pace.shutdown_s))


def power_off(change: Change, host: str, uuid: str, reason: HaltReason = HaltReason.DESTROYED) -> None:
    """Pull the plug; a migration of the machine fails with it. What is halted is left alone.

    Raises:
        RefusalError: there is no such machine.
    """
    change.host(host)
    guest = change.guest(host, uuid)
    if guest is None:
        refuse(Refused.NO_SUCH_VM, f"no domain with uuid {uuid} on {host}", host)
    if guest.power != PowerState.HALTED:
        halt(change, guest, reason, change.now)


def pause(change: Change, host: str, uuid: str) -> None:
    """Stop a machine's processors; it keeps its memory.

    Raises:
        RefusalError: it does not run.
    """
    guest = settled_guest(change, host, uuid)
    if guest.power != PowerState.RUNNING:
        refuse(Refused.NOT_RUNNING, f"domain {guest.name!r} is {guest.power} on {host}", host)
    stopped = memory.frozen(guest, change.now, change.pace.balloon_kib_s)
    change.put_guest(stopped._replace(power=PowerState.PAUSED, since=change.now, off_at=None))


def suspend(change: Change, host: str, uuid: str) -> None:
    """Save a machine's memory to disk and free it.

    Raises:
        RefusalError: it does not run.
    """
    guest = settled_guest(change, host, uuid)
    if guest.live is None:
        refuse(Refused.NOT_RUNNING, f"domain {guest.name!r} is {guest.power} on {host}", host)
    halt(change, guest, HaltReason.UNKNOWN, change.now)
    asleep = change.guest(host, uuid)
    if asleep is not None:
        change.put_guest(asleep._replace(power=PowerState.SUSPENDED))


def _check_networks(change: Change, config: VmConfig, host: str) -> None:
    for card in config.interfaces:
        found = change.networks("host = ? AND name = ?", host, card.network)
        if not found:
            refuse(Refused.NO_SUCH_NETWORK, f"no network named {card.network!r} on {host}", host)
        if not found[0].active:
            refuse(Refused.NETWORK_INACTIVE, f"network {card.network!r} is not active on {host}", host)


def _check_disks(change: Change, config: VmConfig, guest: GuestRow) -> None:
    for disk in config.disks:
        # The whole chain is opened: who writes to a base keeps everybody above it from starting, and they him.
        for depth, (place, path) in enumerate(chain(change, guest.host, disk.path)):
            visible(change, guest.host, path)
            _check_lock(change, guest, place, path, writes=disk.mode is DiskMode.RW and not depth)


def _check_lock(change: Change, guest: GuestRow, place: str, path: str, *, writes: bool) -> None:
    holders = change.db.execute(
        "SELECT host, uuid FROM holds WHERE place = ? AND path = ? AND NOT (host = ? AND uuid = ?) AND (writes OR ?)",
        (place, path, guest.host, guest.uuid, writes),
    ).fetchone()
    if holders is not None:
        refuse(
            Refused.DISK_LOCKED,
            f'failed to get "{"write" if writes else "consistent read"}" lock on {path}:'
            f" domain {holders[1]} on {holders[0]} has it open",
            guest.host,
        )


def _check_memory(change: Change, config: VmConfig, host: HostRow, name: str) -> None:
    free = memory.free(change, host)
    if config.memory_target > free:
        refuse(
            Refused.NO_MEMORY,
            f"cannot set up guest memory for {name!r}: {config.memory_target} KiB needed, {max(free, 0)} KiB free",
            host.name,
        )
