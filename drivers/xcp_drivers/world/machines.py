"""Definitions of machines."""

from dataclasses import replace
from typing import assert_never

from xcp_drivers.world import memory
from xcp_drivers.world.change import Change, refuse
from xcp_drivers.world.encoding import config_of, config_text, stamp_text
from xcp_drivers.world.habits import Habit
from xcp_drivers.world.refusal import Refused
from xcp_drivers.world.rows import GuestRow
from xcp_reconciler.model import ops
from xcp_reconciler.model.observed import PowerState, VmConfig


def define(change: Change, op: ops.DefineVm) -> None:
    """Create a halted machine, or give the one with this uuid another configuration.

    Raises:
        RefusalError: the name or the uuid belongs to another machine, or the configuration makes no sense.
    """
    change.host(op.host)
    _check(op.config, op.host)
    known = change.guest(op.host, op.uuid)
    rival = change.named(op.host, op.name)
    if rival is not None and rival.uuid != op.uuid:
        refuse(Refused.NAME_TAKEN, f"domain {op.name!r} already exists on {op.host} with uuid {rival.uuid}", op.host)
    stored, stamp = config_text(op.config), stamp_text(op.stamp)
    if known is None:
        _refuse_incoming(change, op.host, op.uuid)
        change.put_guest(GuestRow(op.host, op.uuid, op.name, PowerState.HALTED, stored, stamp=stamp, since=change.now))
        return
    if known.name != op.name:
        refuse(Refused.UUID_TAKEN, f"uuid {op.uuid} belongs to domain {known.name!r} on {op.host}", op.host)
    refuse_migrating(change, known)
    change.put_guest(known._replace(stored=stored, stamp=stamp, persistent=1))


def undefine(change: Change, host: str, uuid: str) -> None:
    """Remove a halted machine; one that is absent is already removed.

    Raises:
        RefusalError: it is not halted.
    """
    change.host(host)
    guest = change.guest(host, uuid)
    if guest is None:
        return
    refuse_migrating(change, guest)
    if guest.live is not None:
        refuse(Refused.NOT_HALTED, f"domain {guest.name!r} is {guest.power} on {host}", host)
    change.drop_guest(guest)


def reconfigure(change: Change, op: ops.ReconfigureVm) -> None:
    """Store settings for the next power cycle.

    Raises:
        RefusalError: there is no such machine, or the settings make no sense together.
    """
    guest = settled_guest(change, op.host, op.uuid)
    stored = config_of(guest.stored)
    live = config_of(guest.live) if guest.live is not None else None
    for setting in op.settings:
        stored = _with(stored, setting)
        if live is not None and isinstance(setting, ops.Description):
            live = _with(live, setting)
    _check(stored, op.host)
    change.put_guest(
        guest._replace(stored=config_text(stored), live=config_text(live) if live is not None else None, persistent=1)
    )


def stamp(change: Change, op: ops.StampVm) -> None:
    """Mark a machine.

    Raises:
        RefusalError: there is no such machine.
    """
    guest = settled_guest(change, op.host, op.uuid)
    change.put_guest(guest._replace(stamp=stamp_text(op.stamp)))


def set_range(change: Change, op: ops.SetMemoryRange) -> None:
    """Move the balloon's target to `maximum`, now and for the next boot.

    Raises:
        RefusalError: there is no such machine, or it cannot have so much.
    """
    guest = settled_guest(change, op.host, op.uuid)
    stored = _with_target(config_of(guest.stored), op.maximum, op.host)
    live = _with_target(config_of(guest.live), op.maximum, op.host) if guest.live is not None else None
    guest = guest._replace(stored=config_text(stored), live=config_text(live) if live is not None else None)
    if guest.power == PowerState.RUNNING:
        guest = memory.asked(guest, change.now, change.pace.balloon_kib_s)
    change.put_guest(guest)


def set_target(change: Change, op: ops.SetMemoryTarget) -> None:
    """Move the balloon's target of a running machine; its next boot takes what is stored.

    Raises:
        RefusalError: there is no such machine, it does not run, or it cannot have so much.
    """
    guest = settled_guest(change, op.host, op.uuid)
    if guest.live is None or guest.power != PowerState.RUNNING:
        refuse(Refused.NOT_RUNNING, f"domain {guest.name!r} is {guest.power} on {op.host}", op.host)
    live = _with_target(config_of(guest.live), op.target, op.host)
    moved = guest._replace(live=config_text(live))
    change.put_guest(memory.asked(moved, change.now, change.pace.balloon_kib_s))


def set_cores(change: Change, op: ops.SetCores) -> None:
    """Set the number of virtual CPUs in use, now and for the next boot; a stuck guest gives none back.

    Raises:
        RefusalError: there is no such machine, or it cannot have so many.
    """
    guest = settled_guest(change, op.host, op.uuid)
    stored = _with_cores(config_of(guest.stored), op.cores, op.host)
    text = guest.live
    if guest.live is not None:
        live = config_of(guest.live)
        keeps = op.cores < live.cores and guest.habit in {Habit.STUCK, Habit.ABSENT}
        text = guest.live if keeps else config_text(_with_cores(live, op.cores, op.host))
    change.put_guest(guest._replace(stored=config_text(stored), live=text))


def settled_guest(change: Change, host: str, uuid: str) -> GuestRow:
    """A machine that may be changed.

    Raises:
        RefusalError: its host does not answer, it is not there, or it is on its way.
    """
    change.host(host)
    guest = change.guest(host, uuid)
    if guest is None:
        _refuse_incoming(change, host, uuid)
        refuse(Refused.NO_SUCH_VM, f"no domain with uuid {uuid} on {host}", host)
    refuse_migrating(change, guest)
    return guest


def refuse_migrating(change: Change, guest: GuestRow) -> None:
    """Turn down what would disturb a migration.

    Raises:
        RefusalError: the machine is on its way from or to this host.
    """
    if change.jobs("uuid = ? AND ? IN (host, target)", guest.uuid, guest.host):
        refuse(Refused.MIGRATING, f"domain {guest.name!r} is being migrated", guest.host)


def _refuse_incoming(change: Change, host: str, uuid: str) -> None:
    if change.jobs("uuid = ? AND target = ?", uuid, host):
        refuse(Refused.MIGRATING, f"domain {uuid} is being migrated to {host}", host)


def _check(config: VmConfig, host: str) -> None:
    if not 0 < config.cores <= config.max_cores:
        refuse(Refused.OUT_OF_RANGE, f"{config.cores} virtual CPUs of at most {config.max_cores}", host)
    if not 0 < config.memory_target <= config.memory_size:
        refuse(Refused.OUT_OF_RANGE, f"{config.memory_target} KiB of memory of at most {config.memory_size}", host)


def _with(config: VmConfig, setting: ops.Setting) -> VmConfig:
    match setting:
        case ops.MaxCores():
            return replace(config, max_cores=setting.max_cores, cores=setting.cores)
        case ops.MemorySize():
            return replace(config, memory_size=setting.size, memory_target=setting.target)
        case ops.Boot():
            return replace(config, boot=setting.boot)
        case ops.Serial():
            return replace(config, serial=setting.path)
        case ops.Disks():
            return replace(config, disks=setting.disks)
        case ops.Interfaces():
            return replace(config, interfaces=setting.interfaces)
        case ops.Description():
            return replace(config, description=setting.text)
        case _:
            assert_never(setting)


def _with_target(config: VmConfig, target: int, host: str) -> VmConfig:
    changed = _with(config, ops.MemorySize(config.memory_size, target))
    _check(changed, host)
    return changed


def _with_cores(config: VmConfig, cores: int, host: str) -> VmConfig:
    changed = _with(config, ops.MaxCores(config.max_cores, cores))
    _check(changed, host)
    return changed
