"""What somebody else does behind xcp's back: the world obeys, and nobody asks xcp."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from xcp_drivers.world import memory, power
from xcp_drivers.world.change import Change, refuse
from xcp_drivers.world.demand import Demand
from xcp_drivers.world.encoding import config_of, config_text
from xcp_drivers.world.habits import Habit, Hearing
from xcp_drivers.world.lookup import place_of
from xcp_drivers.world.refusal import Refused
from xcp_drivers.world.rows import GuestRow
from xcp_reconciler.model.desired import DiskMode
from xcp_reconciler.model.observed import DiskConfig, HaltReason, VmConfig

# Names made by the world: different for each change, the same whenever it is repeated.
_NAMES = UUID("9b1c9f2e-6a35-5d0c-9a44-0d3a7c1de0f4")


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change in a definition, None for leaving it; memory in KiB."""

    name: str | None = None
    cores: int | None = None
    size: int | None = None
    description: str | None = None


def find(change: Change, word: str, host: str | None = None) -> GuestRow:
    """The machine with a name or uuid; of several copies the one that runs.

    Raises:
        RefusalError: there is none, or several that are not copies of one.
    """
    found = [guest for guest in change.guests("name = ?1 OR uuid = ?1", word) if host in {None, guest.host}]
    if not found:
        where = f" on {host}" if host is not None else ""
        refuse(Refused.NO_SUCH_VM, f"this world has no machine {word}{where}", host)
    if len({guest.uuid for guest in found}) > 1:
        places = ", ".join(f"{guest.uuid} on {guest.host}" for guest in found)
        refuse(Refused.NAME_TAKEN, f"several machines are called {word}: {places}", host)
    return min(found, key=lambda guest: (guest.live is None, guest.host))


def stranger(change: Change, name: str, host: str, config: VmConfig) -> GuestRow:
    """A running machine that nobody declared.

    Raises:
        RefusalError: the name is taken, or the host has no room.
    """
    change.host(host)
    if change.named(host, name) is not None:
        refuse(Refused.NAME_TAKEN, f"domain {name!r} already exists on {host}", host)
    guest = GuestRow(host, new_uuid(change, name), name, "halted", config_text(config), since=change.now)
    change.put_guest(guest)
    power.start(change, host, guest.uuid)
    return guest


def clone(change: Change, original: GuestRow, name: str) -> GuestRow:
    """A halted copy beside the original, with copies of its disks, and with its stamp: as clones are made.

    Raises:
        RefusalError: the name is taken.
    """
    if change.named(original.host, name) is not None:
        refuse(Refused.NAME_TAKEN, f"domain {name!r} already exists on {original.host}", original.host)
    config = config_of(original.stored)
    disks: list[DiskConfig] = []
    for disk in config.disks:
        file = change.file(place_of(change, original.host, disk.path), disk.path)
        if file is None or disk.mode is DiskMode.RO:
            disks.append(disk)
            continue
        path = f"{file.folder}/{name}-{file.file}"
        change.put_file(file._replace(path=path, file=f"{name}-{file.file}"))
        disks.append(replace(disk, path=path))
    uuid = new_uuid(change, name)
    digits = uuid.replace("-", "")
    cards = tuple(
        replace(card, mac=f"52:54:00:{digits[:2]}:{digits[2:4]}:{number:02x}")
        for number, card in enumerate(config.interfaces)
    )
    stored = config_text(replace(config, disks=tuple(disks), interfaces=cards))
    copy = GuestRow(original.host, uuid, name, "halted", stored, stamp=original.stamp, since=change.now)
    change.put_guest(copy)
    return copy


def shrink(change: Change, guest: GuestRow, target: int) -> None:
    """Set a machine's balloon target, in KiB, now and for the next boot.

    Raises:
        RefusalError: it is more than the machine can have.
    """
    stored = config_of(guest.stored)
    if not 0 < target <= stored.memory_size:
        refuse(Refused.OUT_OF_RANGE, f"{target} KiB of memory of at most {stored.memory_size}", guest.host)
    live = config_of(guest.live) if guest.live is not None else None
    moved = guest._replace(
        stored=config_text(replace(stored, memory_target=target)),
        live=config_text(replace(live, memory_target=min(target, live.memory_size))) if live is not None else None,
    )
    change.put_guest(memory.asked(moved, change.now, change.pace.balloon_kib_s) if guest.power == "running" else moved)


def edit(change: Change, guest: GuestRow, wish: Edit) -> None:
    """Change a stored definition; what runs keeps what it has.

    Raises:
        RefusalError: the name is taken, or the machine runs and its name shall change.
    """
    if wish.name is not None and wish.name != guest.name:
        if guest.live is not None:
            refuse(Refused.NOT_HALTED, f"domain {guest.name!r} is {guest.power}", guest.host)
        if change.named(guest.host, wish.name) is not None:
            refuse(Refused.NAME_TAKEN, f"domain {wish.name!r} already exists on {guest.host}", guest.host)
    stored = config_of(guest.stored)
    cores = wish.cores if wish.cores is not None else stored.cores
    size = wish.size if wish.size is not None else stored.memory_size
    edited = replace(
        stored,
        cores=cores,
        max_cores=max(cores, stored.max_cores),
        memory_size=size,
        memory_target=size if stored.memory_target == stored.memory_size else min(size, stored.memory_target),
        description=wish.description if wish.description is not None else stored.description,
    )
    change.put_guest(guest._replace(name=wish.name or guest.name, stored=config_text(edited)))


def behave(change: Change, guest: GuestRow, habit: Habit | None, hearing: Hearing | None) -> None:
    """From now on the guest behaves otherwise; None leaves that side of it as it is."""
    speed = change.pace.balloon_kib_s
    here = memory.frozen(guest, change.now, speed) if guest.live is not None else guest
    other = here._replace(habit=habit or guest.habit, hearing=hearing or guest.hearing)
    change.put_guest(memory.asked(other, change.now, speed) if guest.power == "running" else other)


def need(change: Change, guest: GuestRow, demand: Demand | None) -> None:
    """From now on the guest needs so much; None: it does not say any more."""
    change.put_guest(guest._replace(demand=demand.text() if demand is not None else None))


def crash(change: Change, guest: GuestRow) -> None:
    """The guest's kernel dies."""
    power.power_off(change, guest.host, guest.uuid, HaltReason.CRASHED)


def delete_file(change: Change, path: str, host: str) -> None:
    """Remove a volume's file as a host sees it.

    Raises:
        RefusalError: it is not there.
    """
    file = change.file(place_of(change, host, path), path)
    if file is None:
        refuse(Refused.NO_SUCH_VOLUME, f"no file {path} on {host}", host)
    change.drop_file(file)


def new_uuid(change: Change, name: str) -> str:
    """A uuid for something that the world itself makes."""
    return str(uuid5(_NAMES, f"{change.seed}/{change.version}/{name}"))
