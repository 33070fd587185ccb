"""A world as JSON, for people and for other programs, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from xcp_drivers.world.arrival import hold
from xcp_drivers.world.change import SHARED_BYTES, Change, local, shared
from xcp_drivers.world.demand import demand_of
from xcp_drivers.world.encoding import config_of, config_text, stamp_of, stamp_text
from xcp_drivers.world.memory import held
from xcp_drivers.world.rows import FileRow, GuestRow, HostRow, HostStatus, NetworkRow, StorageRow
from xcp_drivers.world.tamper import new_uuid
from xcp_reconciler.model.desired import BootSpec, DiskBus, DiskMode, VolumeFormat
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.observed import DiskConfig, InterfaceConfig, VmConfig
from xcp_reconciler.refs import parse_ref

Json = dict[str, Any]

_DEFAULT_KIB: Final = 512 * 1024


def export(change: Change) -> Json:
    """Everything in a world, host by host; memory in KiB, sizes in bytes."""
    hosts = map(
        HostRow._make,
        change.db.execute("SELECT name, cpus, memory, status, since, claimed FROM hosts ORDER BY rowid").fetchall(),
    )
    return {"hosts": [_host(change, host) for host in hosts], "jobs": [job._asdict() for job in change.jobs("1")]}


def _host(change: Change, host: HostRow) -> Json:
    storages = change.storages("host = ?", host.name)
    return {
        "name": host.name,
        "status": host.status,
        "cpus": host.cpus,
        "memoryKiB": host.memory,
        "vms": [_vm(change, guest) for guest in change.guests("host = ?", host.name)],
        "storages": [
            {
                "name": storage.name,
                "uuid": storage.uuid,
                "path": storage.path,
                "shared": storage.place != local(host.name),
                "active": bool(storage.active),
            }
            for storage in storages
        ],
        "volumes": [_volume(storage, file) for storage in storages for file in _files(change, storage)],
        "networks": [
            {
                "name": network.name,
                "uuid": network.uuid,
                "subnet": network.subnet,
                "active": bool(network.active),
                "stamp": _stamp(network.stamp),
            }
            for network in change.networks("host = ?", host.name)
        ],
    }


def _vm(change: Change, guest: GuestRow) -> Json:
    config = config_of(guest.live or guest.stored)
    return {
        "name": guest.name,
        "uuid": guest.uuid,
        "state": guest.power,
        "memoryKiB": held(guest, change.now, change.pace.balloon_kib_s) if guest.live else config.memory_target,
        "memoryTargetKiB": config.memory_target,
        "memorySizeKiB": config.memory_size,
        "cores": config.cores,
        "maxCores": config.max_cores,
        "haltReason": guest.halt_reason,
        "balloon": guest.habit,
        "shutdown": guest.hearing,
        "demand": guest.demand,
        "disks": [asdict(disk) for disk in config.disks],
        "interfaces": [asdict(card) for card in config.interfaces],
        "boot": asdict(config.boot) if config.boot is not None else None,
        "serial": config.serial,
        "description": config.description,
        "powerCyclePending": guest.live is not None and guest.live != guest.stored,
        "stamp": _stamp(guest.stamp),
    }


def _stamp(text: str | None) -> Json | None:
    stamp = stamp_of(text)
    if stamp is None:
        return None
    return {"owner": stamp.owner, "ref": stamp.ref.path, "uid": stamp.uid, "self": stamp.self_uuid}


def _files(change: Change, storage: StorageRow) -> Sequence[FileRow]:
    fields = ", ".join(FileRow._fields)
    rows = change.db.execute(
        f"SELECT {fields} FROM files WHERE place = ? AND folder = ? ORDER BY rowid",  # noqa: S608 - our own constants
        (storage.place, storage.path),
    )
    return [FileRow._make(row) for row in rows]


def _volume(storage: StorageRow, file: FileRow) -> Json:
    return {
        "name": file.file,
        "storage": storage.name,
        "path": file.path,
        "format": file.format,
        "capacityBytes": file.capacity,
        "allocationBytes": file.allocation,
        "backingPath": file.backing,
    }


def bring_in(change: Change, document: Mapping[str, Any]) -> None:
    """Put what `export` wrote, or a part of it written by hand, into a world; migrations under way are left out.

    Raises:
        KeyError, TypeError, ValueError: it has not that form.
    """
    for host in document["hosts"]:
        name = host["name"]
        status = HostStatus(host.get("status", "up"))
        change.put_host(HostRow(name, host.get("cpus", 16), host.get("memoryKiB", 64 * 2**20), status, change.now))
        storages = {row.name: row for row in (_storage_row(name, entry) for entry in host.get("storages", []))}
        for storage in storages.values():
            change.ensure_place(storage.place, SHARED_BYTES)
            change.put_storage(storage)
        for volume in host.get("volumes", []):
            change.put_file(_file_row(storages[volume["storage"]], volume))
        for network in host.get("networks", []):
            change.put_network(_network_row(change, name, network))
        for vm in host.get("vms", []):
            guest = _guest_row(change, name, vm)
            change.put_guest(guest)
            hold(change, guest)


def _storage_row(host: str, entry: Mapping[str, Any]) -> StorageRow:
    path = entry["path"].rstrip("/")
    place = shared(path) if entry.get("shared", False) else local(host)
    return StorageRow(host, entry["uuid"], entry["name"], path, place, int(entry.get("active", True)))


def _file_row(storage: StorageRow, entry: Mapping[str, Any]) -> FileRow:
    return FileRow(
        storage.place,
        f"{storage.path}/{entry['name']}",
        storage.path,
        entry["name"],
        VolumeFormat(entry.get("format", "Qcow2")),
        entry["capacityBytes"],
        entry.get("allocationBytes", 0),
        entry.get("backingPath"),
    )


def _network_row(change: Change, host: str, entry: Mapping[str, Any]) -> NetworkRow:
    uuid = entry.get("uuid") or new_uuid(change, f"{host}/{entry['name']}")
    stamp = _read_stamp(entry.get("stamp"))
    return NetworkRow(host, uuid, entry["name"], entry.get("subnet"), int(entry.get("active", True)), stamp)


def _guest_row(change: Change, host: str, entry: Mapping[str, Any]) -> GuestRow:
    memory = entry.get("memoryKiB", _DEFAULT_KIB)
    boot = entry.get("boot")
    config = VmConfig(
        entry.get("cores", 1),
        entry.get("maxCores", entry.get("cores", 1)),
        entry.get("memorySizeKiB", memory),
        entry.get("memoryTargetKiB", memory),
        tuple(_disk(disk) for disk in entry.get("disks", [])),
        tuple(InterfaceConfig(**card) for card in entry.get("interfaces", [])),
        BootSpec(**boot) if boot is not None else None,
        entry.get("serial"),
        entry.get("description", ""),
    )
    text, state = config_text(config), entry.get("state", "halted")
    runs = state in {"running", "paused"}
    return GuestRow(
        host,
        entry.get("uuid") or new_uuid(change, f"{host}/{entry['name']}"),
        entry["name"],
        state,
        text,
        text if runs else None,
        _read_stamp(entry.get("stamp")),
        entry.get("haltReason", "unknown"),
        since=change.now,
        left_at=change.now,
        left_from=memory if runs else 0,
        goal=memory if runs else 0,
        habit=entry.get("balloon", "ideal"),
        hearing=entry.get("shutdown", "obeys"),
        demand=_demand(entry.get("demand")),
    )


def _demand(text: str | None) -> str | None:
    """What `export` wrote, read once so that nonsense is refused here."""
    return demand_of(text).text() if text is not None else None


def _disk(entry: Mapping[str, Any]) -> DiskConfig:
    fields = dict(entry)
    fields["format"] = VolumeFormat(fields.get("format", "Qcow2"))
    fields["bus"] = DiskBus(fields.get("bus", "Virtio"))
    fields["mode"] = DiskMode(fields.get("mode", "RW"))
    return DiskConfig(**fields)


def _read_stamp(entry: Mapping[str, str] | None) -> str | None:
    if entry is None:
        return None
    return stamp_text(Stamp(entry["owner"], parse_ref(entry["ref"]), entry["uid"], entry["self"]))
