"""Our objects by the names that a backend has for them."""

from dataclasses import dataclass
from typing import assert_never

from xcp_reconciler.model.desired import (
    Desired,
    HostSpec,
    MemoryPolicySpec,
    NetworkSpec,
    PlacementPolicySpec,
    PoolSpec,
    RebalanceSpec,
    StorageSpec,
    VmSpec,
    VolumeSpec,
)
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.observed import Observed
from xcp_reconciler.plan.presence import backend_uuid, storage_uuid, volume_file
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import Declarations, World
from xcp_reconciler.refs import Ref


@dataclass(frozen=True, slots=True)
class Directory:
    """The objects of one pool. Derived names are known before any look; what `adopt` names by name is `sought`."""

    declared: Declarations
    identities: Identities
    vms: dict[str, Ref]
    storages: dict[str, Ref]
    networks: dict[str, Ref]
    volumes: dict[tuple[str, str], Ref]
    sought: list[Ref]

    def copies(self, sight: Sight | None) -> dict[Ref, tuple[Observed, ...]]:
        """What a look shows of each object; those of which it shows nothing are left out."""
        found: dict[Ref, tuple[Observed, ...]] = {}
        if sight is None:
            return found
        for uuid, ref in self.vms.items():
            if vms := sight.vms.get(uuid):
                found[ref] = vms
        for uuid, ref in self.storages.items():
            if storages := sight.storages.get(uuid):
                found[ref] = storages
        for uuid, ref in self.networks.items():
            if networks := sight.networks.get(uuid):
                found[ref] = networks
        for file, ref in self.volumes.items():
            if volumes := sight.volumes.get(file):
                found[ref] = volumes
        world = World(self.identities, sight.at, self.declared, {sight.pool: sight})
        for ref in self.sought:
            if copies := _seek(self.declared.desired[ref], world, sight):
                found[ref] = copies
        return found


def directory_of(pool: str, declared: Declarations, identities: Identities) -> Directory:
    """The directory of one pool."""
    made = Directory(declared, identities, {}, {}, {}, {}, [])
    for ref in declared.members.get(pool, ()):
        _enter(made, ref, declared.desired[ref])
    return made


def _enter(made: Directory, ref: Ref, desired: Desired) -> None:
    spec = desired.spec
    if isinstance(spec, VolumeSpec):
        _enter_volume(made, ref, desired, spec)
        return
    uuid = _known_uuid(desired, made.identities)
    if uuid is None:
        made.sought.append(ref)
        return
    match spec:
        case VmSpec():
            made.vms[uuid] = ref
        case StorageSpec():
            made.storages[uuid] = ref
        case NetworkSpec():
            made.networks[uuid] = ref
        case PoolSpec() | HostSpec() | MemoryPolicySpec() | PlacementPolicySpec() | RebalanceSpec():
            pass
        case _:
            assert_never(spec)


def _enter_volume(made: Directory, ref: Ref, desired: Desired, spec: VolumeSpec) -> None:
    storage = made.declared.desired.get(spec.storage)
    uuid = _known_uuid(storage, made.identities) if storage is not None else made.identities.uuid(spec.storage)
    if uuid is None:
        made.sought.append(ref)
        return
    adopt = desired.policies.adopt
    named = adopt.name if adopt is not None else None
    file = named if named is not None else made.identities.file_name(ref, spec.format.extension)
    made.volumes[uuid, file] = ref


def _known_uuid(desired: Desired, identities: Identities) -> str | None:
    adopt = desired.policies.adopt
    return identities.uuid(desired.ref) if adopt is None else adopt.uuid


def _seek(desired: Desired, world: World, sight: Sight) -> tuple[Observed, ...]:
    spec = desired.spec
    if isinstance(spec, VolumeSpec):
        key = storage_uuid(spec.storage, world, sight), volume_file(desired.ref, desired, spec, world)
        return sight.volumes.get(key, ())
    uuid = backend_uuid(desired, world, sight) or ""
    match spec:
        case VmSpec():
            return sight.vms.get(uuid, ())
        case StorageSpec():
            return sight.storages.get(uuid, ())
        case NetworkSpec():
            return sight.networks.get(uuid, ())
        case PoolSpec() | HostSpec() | MemoryPolicySpec() | PlacementPolicySpec() | RebalanceSpec():
            return ()
        case _:
            assert_never(spec)
