"""What is seen on a host, as the declaration that would change nothing about it. Pure."""

import re
from typing import Final, assert_never

from xcp_reconciler.api.enums import DeletionPolicy, RunStrategy
from xcp_reconciler.model.desired import Adopt, Desired, NetworkSpec, Policies, Spec, StorageSpec, VmSpec, VolumeSpec
from xcp_reconciler.model.observed import (
    Observed,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
    PowerState,
)
from xcp_reconciler.refs import Kind, Ref, ref_of

_LONGEST: Final = 63
_FORBIDDEN: Final = re.compile(r"[^a-z0-9-]+")


class UnfitError(ValueError):
    """Something that no declaration of ours can describe; the text says why."""


def adopted(seen: Observed, pool: str, name: str, owner: str, storage: Ref | None = None) -> Desired:
    """The declaration of an object as it is. `storage` is the declared repository that a volume lies in.

    Raises:
        UnfitError: there is no declaration that would leave it as it is.
    """
    match seen:
        case ObservedVm():
            return _adopted(Kind.VIRTUAL_MACHINE, name, _machine(seen, pool), Adopt(uuid=seen.uuid), owner)
        case ObservedNetwork():
            if seen.subnet is None:
                message = f"{seen.name} is no NAT network with an IPv4 subnet; other networks cannot be declared yet"
                raise UnfitError(message)
            return _adopted(Kind.NETWORK, name, NetworkSpec(pool, seen.subnet), Adopt(uuid=seen.uuid), owner)
        case ObservedStorage():
            return _adopted(Kind.STORAGE_REPOSITORY, name, StorageSpec(pool, seen.path), Adopt(uuid=seen.uuid), owner)
        case ObservedVolume():
            if storage is None:
                message = f"{seen.path} lies in no declared StorageRepository: adopt or declare that first"
                raise UnfitError(message)
            spec = VolumeSpec(storage, seen.format, seen.capacity_bytes)
            return _adopted(Kind.VOLUME, name, spec, Adopt(name=seen.file), owner)
        case _:
            assert_never(seen)


def _adopted(kind: Kind, name: str, spec: Spec, adopt: Adopt, owner: str) -> Desired:
    # Nothing that somebody else made goes with its declaration, unless the owner says so.
    policies = Policies(deletion=DeletionPolicy.RETAIN, adopt=adopt)
    return Desired(ref_of(kind, name), spec, policies, owner)


def _machine(vm: ObservedVm, pool: str) -> VmSpec:
    """CPUs, memory and when it runs; disks, cards and all the rest are left to what they are."""
    stored = vm.stored
    running = vm.power is PowerState.RUNNING
    return VmSpec(
        pool,
        stored.cores,
        stored.max_cores,
        stored.memory_size,
        stored.memory_target,
        stored.memory_target,
        # A machine that does not run now is neither started nor kept from running.
        run_strategy=RunStrategy.ALWAYS if running else RunStrategy.MANUAL,
    )


def name_for(text: str) -> str:
    """A name that manifests allow, as near as possible to what the backend calls the object."""
    plain = _FORBIDDEN.sub("-", text.lower()).strip("-")[:_LONGEST].strip("-")
    return plain or "adopted"


def called(seen: Observed) -> str:
    """What the backend calls an object."""
    return seen.file.rsplit(".", 1)[0] if isinstance(seen, ObservedVolume) else seen.name
