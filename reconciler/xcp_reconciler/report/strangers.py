"""What is seen on the hosts and is nobody's of ours: never touched, but worth knowing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from xcp_reconciler.model.desired import VmSpec, VolumeSpec
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.observed import ObservedVm
from xcp_reconciler.plan.presence import backend_uuid, storage_uuid, volume_file
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind


@dataclass(frozen=True, slots=True)
class Stranger:
    """One copy of something that is not declared here. `uuid` is empty for volumes, which have none."""

    kind: Kind
    name: str
    host: str
    pool: str
    state: str = ""
    uuid: str = ""
    note: str = ""


def strangers(world: World) -> list[Stranger]:
    """All of them, by host, kind and name."""
    found = [one for sight in world.sights.values() for one in _in_pool(world, sight)]
    return sorted(found, key=lambda one: (one.pool, one.host, one.kind, one.name, one.uuid))


def machines_by_host(world: World) -> dict[str, int]:
    """How many strange machines each host has."""
    return dict(Counter(vm.host for sight in world.sights.values() for vm in _machines(world, sight)))


def _in_pool(world: World, sight: Sight) -> Iterator[Stranger]:
    for vm in _machines(world, sight):
        note = _note(vm.stamp, vm.uuid, world)
        yield Stranger(Kind.VIRTUAL_MACHINE, vm.name, vm.host, sight.pool, vm.power.value, vm.uuid, note)
    ours = _ours(world, sight)
    for uuid, networks in sight.networks.items():
        if uuid not in ours:
            for network in networks:
                state = "active" if network.active else "inactive"
                note = _note(network.stamp, uuid, world)
                yield Stranger(Kind.NETWORK, network.name, network.host, sight.pool, state, uuid, note)
    for uuid, storages in sight.storages.items():
        if uuid not in ours:
            for storage in storages:
                state = "active" if storage.active else "inactive"
                yield Stranger(
                    Kind.STORAGE_REPOSITORY, storage.name, storage.host, sight.pool, state, uuid, storage.path
                )
    files = _files(world, sight)
    for (home, file), volumes in sight.volumes.items():
        if home in ours and (home, file) not in files:
            for volume in volumes:
                yield Stranger(Kind.VOLUME, file, volume.host, sight.pool, "", "", volume.path)


def _machines(world: World, sight: Sight) -> Iterator[ObservedVm]:
    ours = _ours(world, sight)
    for uuid, copies in sight.vms.items():
        if uuid not in ours:
            yield from copies


def _ours(world: World, sight: Sight) -> set[str]:
    """The backend uuids of all that is declared in a pool."""
    declared = world.declared
    members = declared.members.get(sight.pool, ())
    return {uuid for ref in members if (uuid := backend_uuid(declared.desired[ref], world, sight)) is not None}


def _files(world: World, sight: Sight) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for ref in world.declared.members.get(sight.pool, ()):
        desired = world.declared.desired[ref]
        if isinstance(desired.spec, VolumeSpec):
            file = volume_file(ref, desired, desired.spec, world)
            found.add((storage_uuid(desired.spec.storage, world, sight), file))
    return found


def _note(stamp: Stamp | None, uuid: str, world: World) -> str:
    if stamp is None:
        return ""
    if stamp.self_uuid != uuid:
        return f"somebody's copy of {stamp.ref}"
    if stamp.owner != world.identities.owner:
        return f"of owner {stamp.owner}"
    desired = world.declared.desired.get(stamp.ref)
    if desired is None or not isinstance(desired.spec, VmSpec):
        return f"ours, but {stamp.ref} is not declared any more"
    return f"carries the stamp of {stamp.ref}, which has another uuid"
