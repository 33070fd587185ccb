"""Whether an object is there, is not, or cannot be known: Unknown is not Absent."""

from xcp_reconciler.model.desired import Desired, StorageSpec, VmSpec, VolumeSpec
from xcp_reconciler.model.observed import (
    Absent,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
    Presence,
    Present,
    Unknown,
)
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref


def silent_hosts(ref: Ref, world: World, sight: Sight, pool: str) -> tuple[str, ...]:
    """The hosts where the object could be that do not answer and are not fenced.

    It could be where it was last seen, where it may be by its assignment, where a call of ours was going to put it,
    and on every host that this store has never seen at all.
    """
    remembered = [*world.sightings.get(ref, ()), *(host for one in world.history(ref).intents for host in one.hosts)]
    home = world.home(ref)
    if home is not None:
        remembered.append(home)
    # Asked first of all: nearly always every host answers, and this is done for every halted machine.
    could_be = {host for host in remembered if not sight.answers(host)}
    for host in world.declared.hosts.get(pool, ()):
        if not sight.answers(host) and _never_seen(host, world):
            could_be.add(host)
    return tuple(sorted(host for host in could_be if not world.fenced(host))) if could_be else ()


def silent_hosts_of_pool(world: World, sight: Sight, pool: str) -> tuple[str, ...]:
    """All hosts of a pool that do not answer and are not fenced."""
    hosts = world.declared.hosts.get(pool, ())
    return tuple(host for host in hosts if not sight.answers(host) and not world.fenced(host))


def _never_seen(host: str, world: World) -> bool:
    record = world.hosts.get(host)
    return record is None or record.seen is None


def backend_uuid(desired: Desired, world: World, sight: Sight) -> str | None:
    """The backend uuid of an object: derived, or of the one that `adopt` names; None while that one is not found."""
    adopt = desired.policies.adopt
    if adopt is None:
        return world.identities.uuid(desired.ref)
    if adopt.uuid is not None:
        return adopt.uuid
    match desired.ref.kind:
        case Kind.VIRTUAL_MACHINE:
            found = {vm.uuid for (_, name), vms in sight.names.items() if name == adopt.name for vm in vms}
        case Kind.NETWORK:
            found = {copy.uuid for copies in sight.networks.values() for copy in copies if copy.name == adopt.name}
        case _:
            found = {copy.uuid for copies in sight.storages.values() for copy in copies if copy.name == adopt.name}
    return found.pop() if len(found) == 1 else None


def vm_presence(ref: Ref, desired: Desired, spec: VmSpec, world: World, sight: Sight) -> Presence[ObservedVm]:
    """The copies of a machine. A running copy that is seen is enough; a halted one proves nothing of silent hosts."""
    uuid = backend_uuid(desired, world, sight)
    copies = sight.vms.get(uuid, ()) if uuid is not None else ()
    if any(is_active(copy) for copy in copies):
        return Present(copies)
    was_there = world.history(ref).synced is not None
    # What was there and is nowhere to be seen, somebody may have moved to any host that does not answer.
    silent = silent_hosts_of_pool(world, sight, spec.pool) if was_there and not copies else ()
    silent = silent or silent_hosts(ref, world, sight, spec.pool)
    if silent:
        return Unknown(silent)
    return Present(copies) if copies else Absent()


def volume_file(ref: Ref, desired: Desired, spec: VolumeSpec, world: World) -> str:
    """The name of a volume's file in its repository."""
    adopt = desired.policies.adopt
    if adopt is not None and adopt.name is not None:
        return adopt.name
    return world.identities.file_name(ref, spec.format.extension)


def volume_path(volume: Ref, world: World) -> str | None:
    """Where a declared volume's file is on its hosts; None while it or its repository is not declared."""
    desired = world.declared.desired.get(volume)
    if desired is None or not isinstance(desired.spec, VolumeSpec):
        return None
    storage = world.declared.desired.get(desired.spec.storage)
    if storage is None or not isinstance(storage.spec, StorageSpec):
        return None
    return f"{storage.spec.path.rstrip('/')}/{volume_file(volume, desired, desired.spec, world)}"


def storage_uuid(storage: Ref, world: World, sight: Sight) -> str:
    """The backend uuid of a declared repository, adopted or our own."""
    desired = world.declared.desired.get(storage)
    found = backend_uuid(desired, world, sight) if desired is not None else None
    return found if found is not None else world.identities.uuid(storage)


def volume_presence(
    ref: Ref, desired: Desired, spec: VolumeSpec, storage: StorageSpec, world: World, sight: Sight
) -> Presence[ObservedVolume]:
    """The copies of a volume: on shared storage one for each host that shows the same file."""
    uuid = storage_uuid(spec.storage, world, sight)
    copies = tuple(
        copy
        for copy in sight.volumes.get((uuid, volume_file(ref, desired, spec, world)), ())
        if sight.answers(copy.host)
    )
    if copies:
        return Present(copies)
    if storage.shared:
        showing = [copy for copy in sight.storages.get(uuid, ()) if copy.active and sight.answers(copy.host)]
        return Absent() if showing else Unknown(tuple(sorted(sight.hosts)))
    silent = silent_hosts(ref, world, sight, storage.pool)
    return Unknown(silent) if silent else Absent()


def storage_copies(desired: Desired, world: World, sight: Sight) -> tuple[ObservedStorage, ...]:
    """A repository as each host that answers shows it."""
    uuid = backend_uuid(desired, world, sight)
    return tuple(copy for copy in sight.storages.get(uuid or "", ()) if sight.answers(copy.host))


def network_copies(desired: Desired, world: World, sight: Sight) -> tuple[ObservedNetwork, ...]:
    """A network as each host that answers shows it."""
    uuid = backend_uuid(desired, world, sight)
    return tuple(copy for copy in sight.networks.get(uuid or "", ()) if sight.answers(copy.host))
