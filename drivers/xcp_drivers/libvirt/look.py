"""One look at one host: everything that libvirt shows, in one piece of reading work."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from xcp_drivers.libvirt.api import Domain, Network, Pool, Stats
from xcp_drivers.libvirt.balloon import driver_of, held_memory, of_halted
from xcp_drivers.libvirt.calls import part_of
from xcp_drivers.libvirt.errors import Code
from xcp_drivers.libvirt.flags import AllStats, DomainStats, DomainXml
from xcp_drivers.libvirt.jobs import job_of
from xcp_drivers.libvirt.state import halt_reason, power_state
from xcp_drivers.libvirt.volume import refreshed
from xcp_drivers.libvirt.work import Work
from xcp_drivers.libvirt.workingset import WorkingSets
from xcp_drivers.libvirt.xml.document import parse
from xcp_drivers.libvirt.xml.network import read_network
from xcp_drivers.libvirt.xml.read import vm_config
from xcp_drivers.libvirt.xml.stamp import read_stamp
from xcp_drivers.libvirt.xml.storage import read_pool, read_volume
from xcp_reconciler.model.observed import (
    Fresh,
    HostView,
    Job,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
    PowerState,
)

_NIL_UUID: Final = "00000000-0000-0000-0000-000000000000"
_UNSUPPORTED: Final = frozenset({int(Code.NO_SUPPORT), int(Code.OPERATION_UNSUPPORTED), int(Code.INVALID_ARG)})
_ACTIVE: Final = frozenset({PowerState.RUNNING, PowerState.PAUSED})
_KIB_PER_MIB: Final = 1024


@dataclass(frozen=True, slots=True)
class _Seen:
    vm: ObservedVm
    job: Job | None = None


def look(work: Work, at: float, needs: WorkingSets) -> HostView:
    """A host and everything on it; `at` is the moment before the first read, in unix seconds.

    `needs` is what earlier looks at this host have learnt of its guests.
    """
    connection = work.connection
    info = connection.getInfo()
    domains = tuple(_domains(work, at, needs))
    needs.forget_others(frozenset(seen.vm.uuid for seen in domains))
    storages, volumes = _storage(work)
    return HostView(
        name=work.host,
        freshness=Fresh(at),
        hypervisor=connection.getType(),
        version=_version(connection.getVersion()),
        cpus=int(info[2]),
        memory=int(info[1]) * _KIB_PER_MIB,
        vms=tuple(seen.vm for seen in domains),
        storages=storages,
        volumes=volumes,
        networks=tuple(_networks(work)),
        jobs=tuple(seen.job for seen in domains if seen.job is not None),
    )


def _version(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def _domains(work: Work, at: float, needs: WorkingSets) -> Iterator[_Seen]:
    stats = _stats(work)
    for domain in work.connection.listAllDomains(0):
        uuid = domain.UUIDString()
        if uuid == _NIL_UUID:
            continue  # Xen's control domain is no guest
        # A domain may vanish between the list and the look at it: then it is not there.
        seen = work.found(partial(_domain, work, domain, stats.get(uuid, {}), at, needs))
        if seen is not None:
            yield seen


def _stats(work: Work) -> Mapping[str, Stats]:
    """Balloons in one call, without waiting for a busy QEMU; nothing where the hypervisor has no such call."""
    found = work.unless(
        _UNSUPPORTED,
        lambda: work.connection.getAllDomainStats(DomainStats.STATE | DomainStats.BALLOON, AllStats.NOWAIT),
    )
    return {domain.UUIDString(): stats for domain, stats in found or ()}


def _domain(work: Work, domain: Domain, stats: Stats, at: float, needs: WorkingSets) -> _Seen:
    state, reason = domain.state(0)
    power = power_state(state)
    inactive = parse(domain.XMLDesc(DomainXml.INACTIVE))
    stored = vm_config(inactive)
    halted = ObservedVm(
        host=work.host,
        uuid=domain.UUIDString(),
        name=domain.name(),
        power=power,
        stored=stored,
        balloon=of_halted(inactive),
        halt_reason=halt_reason(state, reason),
        persistent=bool(domain.isPersistent()),
        stamp=read_stamp(inactive),
    )
    if power not in _ACTIVE:
        saved = domain.hasManagedSaveImage(0)
        return _Seen(replace(halted, power=PowerState.SUSPENDED) if saved else halted)
    live = parse(domain.XMLDesc(DomainXml.NONE))
    config = vm_config(live)
    actual = held_memory(work, domain, live, stats, expected=stored.memory_target)
    running = replace(
        halted,
        # libvirt keeps no live target, only what the guest holds: the target is the one that we stored.
        live=replace(config, memory_target=stored.memory_target) if halted.persistent else config,
        memory_actual=actual,
        balloon=driver_of(live, stats),
        working_set=needs.of(domain.UUIDString(), domain.ID(), stats, actual, at),
    )
    return _Seen(running, job_of(work, domain, live))


def _storage(work: Work) -> tuple[tuple[ObservedStorage, ...], tuple[ObservedVolume, ...]]:
    storages: list[ObservedStorage] = []
    volumes: list[ObservedVolume] = []
    for pool in work.connection.listAllStoragePools(0):
        seen = work.found(partial(_pool, work, pool))
        if seen is not None:
            storages.append(seen[0])
            volumes.extend(seen[1])
    return tuple(storages), tuple(volumes)


def _pool(work: Work, pool: Pool) -> tuple[ObservedStorage, tuple[ObservedVolume, ...]]:
    storage, is_directory = read_pool(pool.XMLDesc(0), work.host, active=bool(pool.isActive()))
    if not storage.active or not is_directory:
        return storage, ()
    refreshed(work, pool)
    # The refresh has found what is free now, or that the directory has gone, which makes the pool inactive.
    storage, _ = read_pool(pool.XMLDesc(0), work.host, active=bool(pool.isActive()))
    if not storage.active:
        return storage, ()
    documents = (work.found(partial(volume.XMLDesc, 0)) for volume in pool.listAllVolumes(0))
    volumes = (read_volume(text, work.host, storage.uuid) for text in documents if text is not None)
    return storage, _whole(tuple(volume for volume in volumes if volume is not None))


def _whole(volumes: tuple[ObservedVolume, ...]) -> tuple[ObservedVolume, ...]:
    """Without what is still being made of an upload: a volume whose part exists counts as not there."""
    names = {volume.file for volume in volumes}
    parts = {part_of(name) for name in names} & names
    return tuple(volume for volume in volumes if part_of(volume.file) not in names and volume.file not in parts)


def _networks(work: Work) -> Iterator[ObservedNetwork]:
    for network in work.connection.listAllNetworks(0):
        seen = work.found(partial(_network, work, network))
        if seen is not None:
            yield seen


def _network(work: Work, network: Network) -> ObservedNetwork:
    return read_network(network.XMLDesc(0), work.host, active=bool(network.isActive()))
