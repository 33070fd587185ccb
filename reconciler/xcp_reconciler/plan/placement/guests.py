"""The machines of a pool as placement sees them."""

from collections.abc import Iterator
from dataclasses import dataclass

from xcp_reconciler.api.enums import Approval, RunStrategy
from xcp_reconciler.model.decision import HOST
from xcp_reconciler.model.desired import Desired, DriftPolicy, StorageSpec, VmSpec, VolumeSpec
from xcp_reconciler.model.impact import Impact, Power, Unsupported
from xcp_reconciler.model.observed import ObservedVm, PowerState, Present
from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.plan.limits import drift_policy
from xcp_reconciler.plan.policies import counted
from xcp_reconciler.plan.presence import backend_uuid, volume_presence
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref


@dataclass(frozen=True, slots=True)
class Guest:
    """A machine as placement sees it. `need` is its memory in KiB if it runs or shall run, else 0."""

    desired: Desired
    spec: VmSpec
    need: int
    seen: ObservedVm | None
    current: Assignment | None

    @property
    def ref(self) -> Ref:
        """Its name."""
        return self.desired.ref

    @property
    def going(self) -> bool:
        """Whether it is to be deleted."""
        return self.desired.removal is not None

    @property
    def runs_on(self) -> str | None:
        """The host that it takes memory on."""
        return self.seen.host if self.seen is not None and is_active(self.seen) else None

    @property
    def home(self) -> str | None:
        """Where it may be."""
        return self.current.host if isinstance(self.current, Assigned) else None

    @property
    def places(self) -> frozenset[str]:
        """Where it may be and where it still is: until its move is over, whatever one look shows, both."""
        left = self.current.leaving if isinstance(self.current, Assigned) else None
        return frozenset(host for host in (self.home, self.runs_on, left) if host is not None)


def guests_of(pool: str, world: World, sight: Sight) -> Iterator[Guest]:
    """All machines that are declared in a pool, in the order of their names."""
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
        yield Guest(desired, spec, need, seen, world.assignments.get(ref))


def at_home(guest: Guest) -> bool:
    """The common case, decided without looking at anybody's memory: it is where it may be and where it is asked for."""
    current = guest.current
    if not isinstance(current, Assigned) or guest.seen is None or current.waiting or current.leaving is not None:
        return False
    if guest.spec.host not in {None, current.host} or guest.seen.host != current.host:
        return False
    return not guest.need or is_active(guest.seen)


def origin_of(guest: Guest, world: World) -> str | None:
    """Where a machine that is about to leave its host belongs once a maintenance is over; None: where it goes to."""
    first = guest.current.origin if isinstance(guest.current, Assigned) else None
    left = guest.seen.host if guest.seen is not None else None
    return first or (left if left is not None and world.leaves(left) else None)


def goes_back_to(guest: Guest, host: str) -> str | None:
    """Where a machine that is on a host now goes once a maintenance is over; None: nowhere.

    Whoever takes it to where it was not sent has given it another place.
    """
    current = guest.current
    if not isinstance(current, Assigned) or host not in {current.host, current.leaving}:
        return None
    return current.origin if current.origin != host else None


def why_it_stays(guest: Guest, world: World, sight: Sight) -> str:
    """Why a machine is not to be moved to another host for the good of the pool; "" where it may be."""
    if guest.spec.host is not None:
        return f"placement.host keeps it on {guest.spec.host}"
    return _not_asked_for(guest, world) or _cannot_move(guest, world, sight) or _busy(guest, world, sight)


def _not_asked_for(guest: Guest, world: World) -> str:
    policies = guest.desired.policies
    drift = drift_policy(guest.desired, HOST)
    if world.observes(guest.desired):
        return "management is Observe"
    if policies.max_impact < Impact.MIGRATE:
        return f"updatePolicy.maxImpact is {policies.max_impact.word}"
    if policies.approval is Approval.MANUAL:
        return "updatePolicy.approval is Manual"
    return f"its driftPolicy is {drift.value}" if drift is not DriftPolicy.REVERT else ""


def _cannot_move(guest: Guest, world: World, sight: Sight) -> str:
    if any(True for _ in local_volumes(guest.spec, world)):
        return "it has disks on local storage"
    cost = sight.impacts(guest.home).row(Kind.VIRTUAL_MACHINE, HOST, Power.RUNNING).impact
    return cost.reason if isinstance(cost, Unsupported) else ""


def _busy(guest: Guest, world: World, sight: Sight) -> str:
    known = world.history(guest.ref)
    if guest.going:
        return "it is being deleted"
    if guest.seen is None or guest.runs_on is None or guest.runs_on != guest.home:
        return "it is not running where it may be"
    if guest.seen.power is PowerState.PAUSED:
        return "it is paused: resume it or shut it down"
    if sight.jobs.get(guest.seen.uuid):
        return "something is being done to it"
    if known.intents or (known.retry_at is not None and known.retry_at > world.now):
        return "an earlier call is not over, or has just failed"
    return ""


def bound_to(spec: VmSpec, world: World, sight: Sight) -> frozenset[str] | None:
    """The hosts to which existing volumes on local storage bind a machine; None: any."""
    bound: frozenset[str] | None = None
    for volume, own, storage in local_volumes(spec, world):
        presence = volume_presence(volume.ref, volume, own, storage, world, sight)
        if isinstance(presence, Present):
            there = frozenset(copy.host for copy in presence.copies)
            bound = there if bound is None else bound & there
    return bound


def local_volumes(spec: VmSpec, world: World) -> Iterator[tuple[Desired, VolumeSpec, StorageSpec]]:
    """The volumes of a machine that are on storage of one host, with their repositories."""
    for disk in spec.disks:
        volume = world.declared.desired.get(disk.volume)
        if volume is None or not isinstance(volume.spec, VolumeSpec):
            continue
        storage = world.declared.desired.get(volume.spec.storage)
        if storage is not None and isinstance(storage.spec, StorageSpec) and not storage.spec.shared:
            yield volume, volume.spec, storage.spec
