"""Where machines live: the pool's own decision, first-fit in the order of the hosts' names, with reasons.

Only what runs or shall run takes room, at `memory.max` or what a memory policy makes of it; a halted machine's
assignment is just its home. An assignment is the permission to be there now: a move is permitted once there is room
beside everything that is there already.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from xcp_reconciler.api.enums import RunStrategy
from xcp_reconciler.model.desired import Desired, StorageSpec, VmSpec, VolumeSpec
from xcp_reconciler.model.observed import ObservedVm, Present
from xcp_reconciler.model.placement import Assigned, Assignment, Unplaced
from xcp_reconciler.plan.policies import counted, reserve_of
from xcp_reconciler.plan.presence import backend_uuid, volume_presence
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref
from xcp_reconciler.units import format_kib


@dataclass(frozen=True, slots=True)
class Guest:
    """A machine as placement sees it. `need` is its memory in KiB if it runs or shall run, else 0."""

    ref: Ref
    spec: VmSpec
    need: int
    seen: ObservedVm | None
    current: Assignment | None
    leaving: bool


def installed(host: str, world: World, sight: Sight) -> int | None:
    """The memory that a host has, in KiB, as declared or else as it says; None where nobody knows."""
    spec = world.host_spec(host)
    view = sight.hosts.get(host)
    return (spec.memory_kib if spec is not None else None) or (view.memory if view is not None else 0) or None


def capacity(host: str, world: World, sight: Sight) -> int | None:
    """The memory that a host has for machines, in KiB; None where nobody knows."""
    total = installed(host, world, sight)
    return total - reserve_of(host, total, world) if total is not None else None


class Room:
    """The memory of each host of a pool, in KiB: what there is, and what is taken."""

    def __init__(self, pool: str, world: World, sight: Sight) -> None:
        self.hosts = world.declared.hosts.get(pool, ())
        self._world = world
        self._sight = sight
        self._total: dict[str, int | None] = {host: capacity(host, world, sight) for host in self.hosts}
        self._taken: dict[str, int] = dict.fromkeys(self.hosts, 0)

    def take(self, host: str, need: int) -> None:
        """Count memory as taken on a host of the pool."""
        if host in self._taken:
            self._taken[host] += need

    def refusal(self, host: str, need: int) -> str | None:
        """Why a host cannot take `need` KiB more; None when it can."""
        if host not in self._taken:
            return f"{host} is not a declared host of this pool"
        spec = self._world.host_spec(host)
        if self._world.fenced(host):
            return f"{host} is fenced"
        if not self._sight.answers(host):
            return f"{host} does not answer"
        if spec is not None and not spec.schedulable:
            return f"{host} is not schedulable"
        return self.lack(host, need)

    def lack(self, host: str, need: int) -> str | None:
        """Why the memory of a host is not enough for `need` KiB more; None when it is, or when nobody can say."""
        total = self._total.get(host)
        if total is None or not self._sight.answers(host):
            return None
        free = total - self._taken[host]
        if need and need > free:
            return f"{host} has {format_kib(max(free, 0))} free and {format_kib(need)} is needed"
        return None


def place(pool: str, world: World) -> dict[Ref, Assignment]:
    """The assignments of a pool's machines that change now."""
    sight = world.sights.get(pool)
    if sight is None:
        return {}
    guests = list(_guests(pool, world, sight))
    if all(_at_home(guest) for guest in guests):
        return {}
    room = Room(pool, world, sight)
    _count(guests, room, sight)
    changed: dict[Ref, Assignment] = {}
    for guest in guests:
        if guest.leaving or _at_home(guest):
            continue
        # Where it is not yet, it is placed anew beside all others: others may have come, or come to light, since.
        _count_home(guest, guest.current, -guest.need, room)
        assignment = _place(guest, room, world, sight)
        _count_home(guest, assignment, guest.need, room)
        if assignment != guest.current:
            changed[guest.ref] = assignment
    return changed


def _count_home(guest: Guest, assignment: Assignment | None, need: int, room: Room) -> None:
    """Count memory where a machine may be; where it runs it is counted anyway."""
    runs = guest.seen.host if guest.seen is not None and is_active(guest.seen) else None
    if isinstance(assignment, Assigned) and assignment.host != runs:
        room.take(assignment.host, need)


def _guests(pool: str, world: World, sight: Sight) -> Iterator[Guest]:
    for ref in world.declared.members.get(pool, ()):
        if ref.kind is not Kind.VIRTUAL_MACHINE:
            continue
        desired = world.declared.desired[ref]
        spec = desired.spec
        if not isinstance(spec, VmSpec):
            continue
        copies = sight.vms.get(backend_uuid(desired, world, sight) or "", ())
        active = next((copy for copy in copies if is_active(copy)), None)
        seen = active or (copies[0] if copies else None)
        runs = active is not None or spec.run_strategy is RunStrategy.ALWAYS
        need = counted(desired, spec, world) if runs else 0
        yield Guest(ref, spec, need, seen, world.assignments.get(ref), desired.removal is not None)


def _at_home(guest: Guest) -> bool:
    """The common case, decided without looking at anybody's memory: it is where it may be and where it is asked for."""
    current = guest.current
    if not isinstance(current, Assigned) or guest.seen is None or current.waiting:
        return False
    if guest.spec.host not in {None, current.host} or guest.seen.host != current.host:
        return False
    return not guest.need or is_active(guest.seen)


def _count(guests: list[Guest], room: Room, sight: Sight) -> None:
    ours: set[str] = set()
    for guest in guests:
        places = {guest.current.host} if isinstance(guest.current, Assigned) else set[str]()
        if guest.seen is not None:
            ours.add(guest.seen.uuid)
            if is_active(guest.seen):
                places.add(guest.seen.host)
        for host in places:
            room.take(host, guest.need)
    for uuid, copies in sight.vms.items():
        if uuid not in ours:
            for copy in copies:
                if is_active(copy) and copy.live is not None:
                    room.take(copy.host, copy.live.memory_size)


def _place(guest: Guest, room: Room, world: World, sight: Sight) -> Assignment:
    if guest.spec.host is not None:
        return _pinned(guest, guest.spec.host, room)
    if guest.seen is not None:
        return _stay_or_move(guest, guest.seen, room, world, sight)
    current = guest.current
    # A volume on local storage may already be on its way to where the machine was going to be.
    if (
        isinstance(current, Assigned)
        and not world.fenced(current.host)
        and (room.lack(current.host, guest.need) is None or _has_local_disks(guest.spec, world))
    ):
        return current
    return _first_fit(guest, room, world, sight)


def _pinned(guest: Guest, host: str, room: Room) -> Assignment:
    current, seen = guest.current, guest.seen
    if seen is not None and seen.host == host and is_active(seen):
        return Assigned(host)
    at_home = (isinstance(current, Assigned) and current.host == host) or (seen is not None and seen.host == host)
    refusal = room.lack(host, guest.need) if at_home else room.refusal(host, guest.need)
    if refusal is None:
        return Assigned(host)
    if seen is not None and seen.host != host:
        return Assigned(seen.host, (refusal,))
    return Unplaced((refusal,))


def _stay_or_move(guest: Guest, seen: ObservedVm, room: Room, world: World, sight: Sight) -> Assignment:
    current = guest.current
    if is_active(seen) or not guest.need or room.refusal(seen.host, guest.need) is None:
        return Assigned(seen.host)
    if isinstance(current, Assigned) and current.host != seen.host:
        return current
    return _first_fit(guest, room, world, sight)


def _first_fit(guest: Guest, room: Room, world: World, sight: Sight) -> Assignment:
    bound = _local_hosts(guest.spec, world, sight)
    reasons: list[str] = []
    for host in room.hosts:
        if bound is not None and host not in bound:
            reasons.append(f"{host} has not its local volumes")
            continue
        refusal = room.refusal(host, guest.need)
        if refusal is None:
            return Assigned(host)
        reasons.append(refusal)
    return Unplaced(tuple(reasons) or ("the pool has no hosts",))


def _has_local_disks(spec: VmSpec, world: World) -> bool:
    return any(True for _ in _local_volumes(spec, world))


def _local_hosts(spec: VmSpec, world: World, sight: Sight) -> frozenset[str] | None:
    """The hosts to which existing volumes on local storage bind a machine; None: any."""
    bound: frozenset[str] | None = None
    for volume, own, storage in _local_volumes(spec, world):
        presence = volume_presence(volume.ref, volume, own, storage, world, sight)
        if isinstance(presence, Present):
            there = frozenset(copy.host for copy in presence.copies)
            bound = there if bound is None else bound & there
    return bound


def _local_volumes(spec: VmSpec, world: World) -> Iterator[tuple[Desired, VolumeSpec, StorageSpec]]:
    """The volumes of a machine that are on storage of one host, with their repositories."""
    for disk in spec.disks:
        volume = world.declared.desired.get(disk.volume)
        if volume is None or not isinstance(volume.spec, VolumeSpec):
            continue
        storage = world.declared.desired.get(volume.spec.storage)
        if storage is not None and isinstance(storage.spec, StorageSpec) and not storage.spec.shared:
            yield volume, volume.spec, storage.spec
