"""What one host shows, kept ready: only what is new is built again."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from xcp_drivers.world.arrival import arrived
from xcp_drivers.world.demand import demand_of
from xcp_drivers.world.encoding import config_of, stamp_of, volume_format
from xcp_drivers.world.habits import Habit
from xcp_drivers.world.memory import held
from xcp_drivers.world.rows import FileRow, GuestRow, HostRow, JobRow, NetworkRow, PlaceRow, StorageRow
from xcp_reconciler.model.observed import (
    Balloon,
    Freshness,
    HaltReason,
    HostView,
    Job,
    JobKind,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
    PowerState,
)

HYPERVISOR: Final = "Sim"
VERSION: Final = "1"

_POWERS: Final = {str(power): power for power in PowerState}
_REASONS: Final = {str(reason): reason for reason in HaltReason}


@dataclass(slots=True)
class Shelf:
    """The objects of one host.

    `moving` are the guests that will look different without anybody's doing, `needing` those whose need moves: that is
    shown, and is no news.
    """

    row: HostRow
    vms: dict[str, ObservedVm] = field(default_factory=dict[str, ObservedVm])
    moving: dict[str, GuestRow] = field(default_factory=dict[str, GuestRow])
    needing: dict[str, GuestRow] = field(default_factory=dict[str, GuestRow])
    storages: dict[str, StorageRow] = field(default_factory=dict[str, StorageRow])
    volumes: dict[str, dict[str, ObservedVolume]] = field(default_factory=dict[str, dict[str, ObservedVolume]])
    networks: dict[str, ObservedNetwork] = field(default_factory=dict[str, ObservedNetwork])
    _vms: tuple[ObservedVm, ...] | None = ()
    _volumes: tuple[ObservedVolume, ...] | None = ()
    _networks: tuple[ObservedNetwork, ...] | None = ()

    def put_guest(self, guest: GuestRow, now: float, speed: int) -> None:
        """Show a machine as it is now."""
        self.vms[guest.uuid] = seen(guest, now, speed)
        self._vms = None
        if guest.live is not None and _still_at(guest) > now:
            self.moving[guest.uuid] = guest
        else:
            self.moving.pop(guest.uuid, None)
        if guest.live is not None and guest.demand is not None and demand_of(guest.demand).moves:
            self.needing[guest.uuid] = guest
        else:
            self.needing.pop(guest.uuid, None)

    def drop_guest(self, uuid: str) -> None:
        """Show a machine no longer."""
        self.vms.pop(uuid, None)
        self.moving.pop(uuid, None)
        self.needing.pop(uuid, None)
        self._vms = None

    def put_file(self, storage: StorageRow, file: FileRow) -> None:
        """Show a volume of a repository of this host."""
        self.volumes.setdefault(storage.uuid, {})[file.file] = ObservedVolume(
            self.row.name,
            storage.uuid,
            file.file,
            file.path,
            volume_format(file.format),
            file.capacity,
            file.allocation,
            file.backing,
        )
        self._volumes = None

    def drop_file(self, storage: StorageRow, file: str) -> None:
        """Show a volume no longer."""
        self.volumes.get(storage.uuid, {}).pop(file, None)
        self._volumes = None

    def drop_volumes(self, uuid: str) -> None:
        """Show the volumes of a repository no longer."""
        self.volumes.pop(uuid, None)
        self._volumes = None

    def put_network(self, network: NetworkRow) -> None:
        """Show a network."""
        self.networks[network.uuid] = ObservedNetwork(
            network.host,
            network.uuid,
            network.name,
            bool(network.active),
            network.subnet,
            stamp_of(network.stamp),
        )
        self._networks = None

    def drop_network(self, uuid: str) -> None:
        """Show a network no longer."""
        self.networks.pop(uuid, None)
        self._networks = None

    def restless(self, now: float) -> list[str]:
        """The machines that will look different without anybody's doing."""
        return [uuid for uuid, guest in self.moving.items() if _still_at(guest) > now]

    def move(self, now: float, speed: int) -> None:
        """Let time pass for the guests that move by themselves."""
        for guest in tuple({**self.needing, **self.moving}.values()):
            self.put_guest(guest, now, speed)

    def view(
        self,
        freshness: Freshness,
        jobs: Iterable[tuple[JobRow, GuestRow]],
        places: dict[str, PlaceRow],
        now: float,
        speed: int,
    ) -> HostView:
        """The host as an observation shows it; `jobs` are the migrations from and to it, with the moving machine."""
        running = tuple(jobs)
        if self._vms is None:
            self._vms = tuple(self.vms.values())
        if self._volumes is None:
            self._volumes = tuple(volume for held_here in self.volumes.values() for volume in held_here.values())
        if self._networks is None:
            self._networks = tuple(self.networks.values())
        return HostView(
            self.row.name,
            freshness,
            HYPERVISOR,
            VERSION,
            self.row.cpus,
            self.row.memory,
            not running,
            self._with_incoming(running, now, speed),
            tuple(_storage(storage, places) for storage in self.storages.values()),
            self._volumes,
            self._networks,
            tuple(Job(JobKind.MIGRATION, job.uuid, self.row.name, _progress(job, now)) for job, _ in running),
        )

    def _with_incoming(
        self, jobs: tuple[tuple[JobRow, GuestRow], ...], now: float, speed: int
    ) -> tuple[ObservedVm, ...]:
        vms = self._vms or ()
        for job, guest in jobs:
            if job.target == self.row.name:
                vms = (*(vm for vm in vms if vm.uuid != job.uuid), _incoming(job, guest, now, speed))
        return vms


def seen(guest: GuestRow, now: float, speed: int) -> ObservedVm:
    """A machine as an observation shows it."""
    stored = config_of(guest.stored)
    if guest.live is None:
        return ObservedVm(
            guest.host,
            guest.uuid,
            guest.name,
            _POWERS[guest.power],
            stored,
            halt_reason=_REASONS[guest.halt_reason],
            stamp=stamp_of(guest.stamp),
            since=guest.since,
        )
    return ObservedVm(
        guest.host,
        guest.uuid,
        guest.name,
        _POWERS[guest.power],
        stored,
        stored if guest.live == guest.stored else config_of(guest.live),
        held(guest, now, speed),
        _balloon(guest, now),
        _REASONS[guest.halt_reason],
        bool(guest.persistent),
        stamp_of(guest.stamp),
        guest.since,
        _working_set(guest, now, speed),
    )


def _working_set(guest: GuestRow, now: float, speed: int) -> int | None:
    """What a guest says that it needs: with a driver, once it has booted, and never more than it has."""
    if guest.demand is None or _balloon(guest, now) is not Balloon.PRESENT:
        return None
    return min(demand_of(guest.demand).at(now), held(guest, now, speed))


def _still_at(guest: GuestRow) -> float:
    return max(guest.still_at, guest.booted_at)


def _balloon(guest: GuestRow, now: float) -> Balloon:
    if now < guest.booted_at:
        return Balloon.UNKNOWN
    return Balloon.ABSENT if guest.habit == Habit.ABSENT else Balloon.PRESENT


def _incoming(job: JobRow, guest: GuestRow, now: float, speed: int) -> ObservedVm:
    """The target's copy: waiting for its memory until the handover, then running, and stored only at the end."""
    power = PowerState.PAUSED if now < job.handover else PowerState.RUNNING
    return seen(arrived(guest, job.target)._replace(power=power, persistent=0), now, speed)


def _progress(job: JobRow, now: float) -> float:
    return min(1.0, (now - job.began) / (job.ends - job.began)) if job.ends > job.began else 1.0


def _storage(storage: StorageRow, places: dict[str, PlaceRow]) -> ObservedStorage:
    place = places.get(storage.place, PlaceRow(storage.place, 0))
    return ObservedStorage(
        storage.host,
        storage.uuid,
        storage.name,
        storage.path,
        bool(storage.active),
        place.capacity if storage.active else 0,
        place.capacity - place.used if storage.active else 0,
    )
