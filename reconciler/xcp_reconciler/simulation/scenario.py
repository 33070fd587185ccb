"""What the owners of a simulated pool want, in phases: the next is declared when the one before it has been reached."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from xcp_reconciler.model.desired import (
    DeletionPolicy,
    Desired,
    DiskSpec,
    HostSpec,
    InterfaceSpec,
    NetworkSpec,
    Policies,
    PoolSpec,
    Removal,
    Spec,
    StorageSpec,
    VmSpec,
    VolumeFormat,
    VolumeSpec,
)
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.refs import Kind, Ref, host_ref, pool_ref, ref_of
from xcp_reconciler.simulation.truth import HostSize

OWNER: Final = "c0ffee00-0000-4000-8000-000000000000"
_GIB: Final = 2**20
_POOL: Final = "lab"
_DATA: Final = ref_of(Kind.STORAGE_REPOSITORY, "data")
_LOCAL: Final = ref_of(Kind.STORAGE_REPOSITORY, "local")
_LAN: Final = ref_of(Kind.NETWORK, "lan")
# Deleting is what the scenario is about: the objects allow it.
_MORTAL: Final = Policies(deletion=DeletionPolicy.DELETE, max_impact=Impact.DATA_LOSS)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`phases` are what is declared at each step, whole; an object that is missing from the next one was removed."""

    name: str
    about: str
    hosts: tuple[HostSize, ...]
    phases: tuple[tuple[Desired, ...], ...]


def _declared(ref: Ref, spec: Spec, policies: Policies = _MORTAL) -> Desired:
    return Desired(ref, spec, policies, OWNER)


def _pool(hosts: tuple[HostSize, ...]) -> tuple[Desired, ...]:
    return (
        _declared(pool_ref(_POOL), PoolSpec("sim", "sim:world.db?latency=20ms&jitter=30ms")),
        *(_declared(host_ref(host.name), HostSpec(_POOL)) for host in hosts),
        _declared(_DATA, StorageSpec(_POOL, "/srv/data", shared=True)),
        _declared(_LOCAL, StorageSpec(_POOL, "/srv/local")),
        _declared(_LAN, NetworkSpec(_POOL, "10.9.0.0/24")),
    )


def _machine(name: str, storage: Ref = _DATA, host: str | None = None) -> tuple[Desired, ...]:
    disk = _declared(ref_of(Kind.VOLUME, name), VolumeSpec(storage, VolumeFormat.QCOW2, 2**30))
    spec = VmSpec(
        _POOL,
        cores=1,
        max_cores=2,
        memory_size=_GIB,
        memory_min=_GIB,
        memory_max=_GIB,
        disks=(DiskSpec("root", disk.ref),),
        interfaces=(InterfaceSpec("eth0", _LAN),),
        host=host,
    )
    return disk, _declared(ref_of(Kind.VIRTUAL_MACHINE, name), spec)


def _changed(phase: tuple[Desired, ...], changes: Mapping[Ref, Spec | Removal]) -> tuple[Desired, ...]:
    changed: list[Desired] = []
    for one in phase:
        change = changes.get(one.ref)
        if isinstance(change, Removal):
            changed.append(replace(one, removal=change))
        else:
            changed.append(replace(one, spec=change) if change is not None else one)
    return tuple(changed)


def _crash_and_lost_reply() -> Scenario:
    hosts = tuple(HostSize(name, 16, 16 * _GIB) for name in ("h1", "h2", "h3"))
    created = (
        *_pool(hosts),
        *_machine("web"),
        *_machine("db"),
        *_machine("disk", _LOCAL, "h2"),
        *_machine("old"),
    )
    moved = _changed(created, {one.ref: one.spec for one in _machine("web", host="h3")})
    grown = VolumeSpec(_DATA, VolumeFormat.QCOW2, 2**31)
    moved = _changed(moved, {ref_of(Kind.VOLUME, "db"): grown})
    ended = _changed(moved, {one.ref: Removal.DELETE for one in _machine("old")})
    return Scenario(
        "crash-and-lost-reply",
        "machines with volumes and a network are created on three hosts, one is moved, one deleted with its volume",
        hosts,
        (created, moved, ended),
    )


SCENARIOS: Final[Mapping[str, Scenario]] = {scenario.name: scenario for scenario in (_crash_and_lost_reply(),)}
