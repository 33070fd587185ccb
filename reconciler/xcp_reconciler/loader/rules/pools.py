"""What belongs together must be in one pool."""

from collections.abc import Iterator
from typing import Final

from xcp_reconciler.api.host import HostSpec
from xcp_reconciler.api.memory_policy import MemoryPolicySpec
from xcp_reconciler.api.network import NetworkSpec
from xcp_reconciler.api.pool import Pool
from xcp_reconciler.api.storage_repository import StorageRepositorySpec
from xcp_reconciler.api.virtual_machine import VirtualMachine, VirtualMachineSpec
from xcp_reconciler.api.volume import Volume
from xcp_reconciler.loader.finding import Elsewhere, Finding
from xcp_reconciler.loader.places import Path
from xcp_reconciler.loader.rules.subject import Gathered, Subject, Told
from xcp_reconciler.refs import DEFAULT_NAMESPACE, Kind

_POOL_REF: Final[Path] = ("spec", "poolRef", "name")


def check_pools(gathered: Gathered) -> Iterator[Told]:
    """A machine, its host, networks and volumes share a pool, as far as this run declares them."""
    if sum(1 for _ in gathered.each(Kind.POOL, Pool)) == 1 and _all_say_the_same(gathered):
        return
    for subject, machine in gathered.each(Kind.VIRTUAL_MACHINE, VirtualMachine):
        own = machine.spec.pool_ref.name
        for place, other in _neighbours(gathered, subject, machine):
            theirs = _pool_of(gathered, other)
            if theirs is not None and theirs != own:
                also = (Elsewhere(other.number, ("metadata", "name"), f"{other} is in pool {theirs}"),)
                message = f"{other} is in pool {theirs}, the machine in pool {own}"
                yield Told(subject.number, Finding(place, message, "both must be in one pool", also=also))


def _all_say_the_same(gathered: Gathered) -> bool:
    """The usual case, seen cheaply: one pool, named by everything."""
    names: set[str] = set()
    for kind, spec in (
        (Kind.HOST, HostSpec),
        (Kind.NETWORK, NetworkSpec),
        (Kind.STORAGE_REPOSITORY, StorageRepositorySpec),
        (Kind.MEMORY_POLICY, MemoryPolicySpec),
        (Kind.VIRTUAL_MACHINE, VirtualMachineSpec),
    ):
        names.update(
            found.pool_ref.name for subject in gathered.all_of(kind) if isinstance(found := subject.model.spec, spec)
        )
    return len(names) <= 1


def _neighbours(gathered: Gathered, subject: Subject, machine: VirtualMachine) -> Iterator[tuple[Path, Subject]]:
    spec = machine.spec
    if spec.placement.host is not None:
        host = gathered.find(Kind.HOST, DEFAULT_NAMESPACE, spec.placement.host)
        if host is not None:
            yield ("spec", "placement", "host"), host
    if spec.memory.policy_ref is not None:
        policy = gathered.find(Kind.MEMORY_POLICY, DEFAULT_NAMESPACE, spec.memory.policy_ref.name)
        if policy is not None:
            yield ("spec", "memory", "policyRef"), policy
    for number, disk in enumerate(spec.disks):
        volume = gathered.find(Kind.VOLUME, subject.namespace, disk.volume_ref.name)
        if volume is not None:
            yield ("spec", "disks", number, "volumeRef"), volume
    for number, card in enumerate(spec.interfaces):
        network = gathered.find(Kind.NETWORK, subject.namespace, card.network_ref.name)
        if network is not None:
            yield ("spec", "interfaces", number, "networkRef"), network


def _pool_of(gathered: Gathered, subject: Subject) -> str | None:
    spec = subject.model.spec
    match spec:
        case HostSpec() | NetworkSpec() | StorageRepositorySpec() | MemoryPolicySpec():
            return spec.pool_ref.name
        case _:
            if not isinstance(subject.model, Volume):
                return None
            name = subject.model.spec.storage_ref.name
            storage = gathered.find(Kind.STORAGE_REPOSITORY, DEFAULT_NAMESPACE, name)
            return _pool_of(gathered, storage) if storage is not None else None
