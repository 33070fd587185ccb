"""A snapshot with the indexes that decisions look things up in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from xcp_reconciler.model.impact import ImpactTable
from xcp_reconciler.model.observed import (
    Fresh,
    HostView,
    Job,
    Observed,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
    PowerState,
    Snapshot,
)
from xcp_reconciler.model.ops import Call, Op

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a decision must know of a driver: costs and calls, both pure."""

    driver: str
    impacts: Callable[[str], ImpactTable]
    calls: Callable[[Op, tuple[Observed, ...]], tuple[Call, ...]]


@dataclass(slots=True)
class Sight:
    """One pool as it was seen. `at` is the moment before the first read, in unix seconds.

    `vms`, `storages` and `networks` are keyed by backend uuid, `volumes` by (uuid of the storage, file), `users` by
    the path of a volume, `names` by (host, name of a machine), `active` by host and then uuid: what takes memory there.
    """

    pool: str
    at: float
    dialect: Dialect
    hosts: dict[str, HostView]
    vms: dict[str, tuple[ObservedVm, ...]] = field(default_factory=dict[str, tuple[ObservedVm, ...]])
    names: dict[tuple[str, str], tuple[ObservedVm, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[ObservedVm, ...]]
    )
    users: dict[str, tuple[ObservedVm, ...]] = field(default_factory=dict[str, tuple[ObservedVm, ...]])
    active: dict[str, dict[str, ObservedVm]] = field(default_factory=dict[str, dict[str, ObservedVm]])
    storages: dict[str, tuple[ObservedStorage, ...]] = field(default_factory=dict[str, tuple[ObservedStorage, ...]])
    volumes: dict[tuple[str, str], tuple[ObservedVolume, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[ObservedVolume, ...]]
    )
    networks: dict[str, tuple[ObservedNetwork, ...]] = field(default_factory=dict[str, tuple[ObservedNetwork, ...]])
    jobs: dict[str, tuple[Job, ...]] = field(default_factory=dict[str, tuple[Job, ...]])

    def fork(self) -> "Sight":
        """A sight of its own, for a plan that plays its changes through."""
        return replace(
            self,
            hosts=dict(self.hosts),
            vms=dict(self.vms),
            names=dict(self.names),
            users=dict(self.users),
            active={host: dict(machines) for host, machines in self.active.items()},
            storages=dict(self.storages),
            volumes=dict(self.volumes),
            networks=dict(self.networks),
            jobs=dict(self.jobs),
        )

    def answers(self, host: str) -> bool:
        """Whether the host answered this look."""
        view = self.hosts.get(host)
        return view is not None and isinstance(view.freshness, Fresh)

    def impacts(self, host: str | None) -> ImpactTable:
        """The cost table that holds on a host; the driver's own default where there is no host yet."""
        view = self.hosts.get(host) if host is not None else None
        if view is None or not view.hypervisor:
            view = next((other for other in self.hosts.values() if other.hypervisor), None)
        return self.dialect.impacts(view.hypervisor if view is not None else "")

    def put_vm(self, uuid: str, before: tuple[ObservedVm, ...], after: tuple[ObservedVm, ...]) -> None:
        """Replace all copies of a machine."""
        for copy in before:
            _drop(self.names, (copy.host, copy.name), copy)
            for path in disk_paths(copy):
                _drop(self.users, path, copy)
            self.active.get(copy.host, {}).pop(uuid, None)
        _set(self.vms, uuid, after)
        for copy in after:
            _add(self.names, (copy.host, copy.name), copy)
            if is_active(copy):
                self.active.setdefault(copy.host, {})[uuid] = copy
            for path in disk_paths(copy):
                _add(self.users, path, copy)


def look(snapshot: Snapshot, dialect: Dialect) -> Sight:
    """Index a snapshot; one pass over everything that it holds. What a host showed some time ago is not shown."""
    sight = Sight(snapshot.pool, snapshot.at, dialect, dict(snapshot.hosts))
    for view in snapshot.hosts.values():
        if not isinstance(view.freshness, Fresh):
            continue
        for vm in view.vms:
            _add(sight.vms, vm.uuid, vm)
            _add(sight.names, (vm.host, vm.name), vm)
            if is_active(vm):
                sight.active.setdefault(vm.host, {})[vm.uuid] = vm
            for path in disk_paths(vm):
                _add(sight.users, path, vm)
        for storage in view.storages:
            _add(sight.storages, storage.uuid, storage)
        for volume in view.volumes:
            _add(sight.volumes, (volume.storage, volume.file), volume)
        for network in view.networks:
            _add(sight.networks, network.uuid, network)
        for job in view.jobs:
            _add(sight.jobs, job.uuid, job)
    return sight


def disk_paths(vm: ObservedVm) -> Iterable[str]:
    """Every volume that a machine has open or will open at its next boot, by path."""
    if vm.live is None:
        return [disk.path for disk in vm.stored.disks]
    return {disk.path for config in (vm.stored, vm.live) for disk in config.disks}


def is_active(vm: ObservedVm) -> bool:
    """Whether the machine's memory is somewhere in use: it runs or is paused."""
    return vm.power in {PowerState.RUNNING, PowerState.PAUSED}


def _add(index: dict[K, tuple[V, ...]], key: K, value: V) -> None:
    index[key] = (*index.get(key, ()), value)


def _set(index: dict[K, tuple[V, ...]], key: K, values: tuple[V, ...]) -> None:
    if values:
        index[key] = values
    else:
        index.pop(key, None)


def _drop(index: dict[K, tuple[V, ...]], key: K, value: V) -> None:
    _set(index, key, tuple(other for other in index.get(key, ()) if other != value))
