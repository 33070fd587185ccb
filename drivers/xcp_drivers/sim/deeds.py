"""What others do to a simulated world, as the scenarios of the simulation tell it."""

from collections.abc import Callable
from typing import Final, assert_never

from xcp_drivers.world import hosts, machines, migrations, networks, power, storages, tamper
from xcp_drivers.world.change import Change
from xcp_drivers.world.demand import Demand, Wave
from xcp_drivers.world.encoding import stamp_text
from xcp_drivers.world.habits import Habit, Hearing
from xcp_drivers.world.refusal import RefusalError
from xcp_drivers.world.rows import GuestRow
from xcp_drivers.world.world import World
from xcp_reconciler.model import ops
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.refs import Kind, ref_of
from xcp_reconciler.simulation import deeds

# What a file system that has room again holds.
_ROOM_BYTES: Final = 2**43


def do(world: World, deed: deeds.WorldDeed, now: float) -> bool:
    """Do it; False where the world has nothing to do it to."""
    try:
        with world.change(now) as change:
            _do(change, deed)
    except RefusalError:
        return False
    return True


def _do(change: Change, deed: deeds.WorldDeed) -> None:  # noqa: C901, PLR0912 - one line for each deed
    match deed:
        case deeds.HostDies():
            hosts.kill(change, deed.host)
        case deeds.HostCut():
            hosts.cut(change, deed.host)
        case deeds.HostReturns():
            hosts.revive(change, deed.host)
        case deeds.PowerOff():
            _on(change, deed.vm, lambda guest: power.power_off(change, guest.host, guest.uuid))
        case deeds.PowerOn():
            _on(change, deed.vm, lambda guest: power.start(change, guest.host, guest.uuid))
        case deeds.GuestCrashes():
            _on(change, deed.vm, lambda guest: tamper.crash(change, guest))
        case deeds.Shrink():
            _on(change, deed.vm, lambda guest: tamper.shrink(change, guest, deed.memory))
        case deeds.Edit():
            wish = tamper.Edit(deed.name, deed.cores, deed.size, deed.description)
            _on(change, deed.vm, lambda guest: tamper.edit(change, guest, wish))
        case deeds.Undefine():
            _on(change, deed.vm, lambda guest: _undefine(change, guest))
        case deeds.MovedBySomebody():
            _on(change, deed.vm, lambda guest: _move(change, guest, deed.host))
        case deeds.Clone():
            _on(change, deed.vm, lambda guest: tamper.clone(change, guest, deed.name))
        case deeds.Stranger():
            _stranger(change, deed)
        case deeds.FileDeleted():
            for place, path in change.db.execute(
                "SELECT place, path FROM files WHERE file LIKE ?", (f"{deed.volume}-____________.%",)
            ).fetchall():
                file = change.file(place, path)
                if file is not None:
                    change.drop_file(file)
        case deeds.NetworkStopped():
            for network in change.networks("host = ? AND name = ?", deed.host, deed.network):
                networks.stop(change, deed.host, network.uuid)
        case deeds.StorageStopped():
            for storage in change.storages("host = ? AND name = ?", deed.host, deed.storage):
                storages.stop(change, deed.host, storage.uuid)
        case deeds.DiskFills():
            _fill(change, deed)
        case deeds.GuestBehaves():
            habit = Habit(deed.balloon) if deed.balloon is not None else None
            hearing = Hearing(deed.shutdown) if deed.shutdown is not None else None
            _on(change, deed.vm, lambda guest: tamper.behave(change, guest, habit, hearing))
        case deeds.GuestNeeds():
            _on(change, deed.vm, lambda guest: tamper.need(change, guest, _demand(deed)))
        case _:
            assert_never(deed)


def _on(change: Change, name: str, act: Callable[[GuestRow], object]) -> None:
    act(tamper.find(change, name))


def _stranger(change: Change, deed: deeds.Stranger) -> None:
    guest = tamper.stranger(change, deed.name, deed.host, VmConfig(1, 1, deed.memory, deed.memory))
    if deed.owner is not None:
        running = change.guest(guest.host, guest.uuid) or guest
        who = ref_of(Kind.VIRTUAL_MACHINE, deed.name)
        change.put_guest(running._replace(stamp=stamp_text(Stamp(deed.owner, who, guest.uuid, guest.uuid))))


def _undefine(change: Change, guest: GuestRow) -> None:
    if guest.live is not None:
        power.power_off(change, guest.host, guest.uuid)
    machines.undefine(change, guest.host, guest.uuid)


def _move(change: Change, guest: GuestRow, target: str) -> None:
    who = ref_of(Kind.VIRTUAL_MACHINE, guest.name)
    mode = ops.MigrationMode.LIVE if guest.live is not None else ops.MigrationMode.OFFLINE
    migrations.begin(change, ops.MigrateVm(who, guest.host, target, guest.uuid, mode, ops.DiskTransfer.SHARED))


def _demand(deed: deeds.GuestNeeds) -> Demand:
    if deed.to is None:
        return Demand(deed.memory, deed.memory)
    return Demand(deed.memory, deed.to, deed.period, Wave(deed.wave))


def _fill(change: Change, deed: deeds.DiskFills) -> None:
    """Take away what is free, of every file system that holds the folder."""
    for (place,) in change.db.execute(
        "SELECT DISTINCT place FROM storages WHERE path = ? UNION SELECT place FROM files WHERE folder = ?",
        (deed.path, deed.path),
    ).fetchall():
        capacity = "used" if deed.full else str(_ROOM_BYTES)
        change.db.execute(f"UPDATE places SET capacity = {capacity} WHERE place = ?", (place,))  # noqa: S608 - ours
