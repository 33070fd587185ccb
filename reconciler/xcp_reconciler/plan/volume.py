"""What to do about one volume. Nothing here shrinks, replaces or re-creates one: that cannot be expressed."""

from dataclasses import dataclass
from typing import assert_never

from xcp_reconciler.api.enums import VolumeFormat
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import (
    EXISTS,
    Blocked,
    BlockReason,
    Change,
    Decision,
    Gone,
    Steady,
    Wait,
    WaitReason,
)
from xcp_reconciler.model.desired import Desired, StorageSpec, VolumeSpec
from xcp_reconciler.model.impact import Direction, ImpactRow, Power, Unsupported
from xcp_reconciler.model.observed import Absent, ObservedVolume, Present, Unknown
from xcp_reconciler.plan.limits import Admitted, Proposal, limit
from xcp_reconciler.plan.presence import storage_copies, storage_uuid, volume_file, volume_path, volume_presence
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.steps import steps
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref
from xcp_reconciler.units import format_bytes

# Every format keeps whole sectors: a size in between is rounded up, and is then as declared.
_SECTOR = 512


@dataclass(frozen=True, slots=True)
class VolumeFacts:
    """One volume, its repository, and where it may be."""

    ref: Ref
    desired: Desired
    spec: VolumeSpec
    storage: Desired
    repository: StorageSpec
    world: World
    sight: Sight

    def cost(self, path: str, power: Power, direction: Direction) -> ImpactRow:
        """What a change of `path` costs."""
        return self.sight.impacts(None).row(Kind.VOLUME, path, power, direction)


def decide_volume(facts: VolumeFacts) -> Decision:
    """What to do about a volume that shall exist."""
    presence = _presence(facts)
    match presence:
        case Unknown():
            return _unknown(facts, presence)
        case Absent():
            return _absent(facts)
        case Present():
            return _present(facts, presence)
        case _:
            assert_never(presence)


def _presence(facts: VolumeFacts) -> Present[ObservedVolume] | Absent | Unknown:
    return volume_presence(facts.ref, facts.desired, facts.spec, facts.repository, facts.world, facts.sight)


def _lost(facts: VolumeFacts) -> Blocked:
    """It was there. A file system that is not mounted looks the same, and an empty disk is no disk of anybody."""
    file = volume_file(facts.ref, facts.desired, facts.spec, facts.world)
    words = (
        f"it was there, and {facts.repository.path} has no {file} any more: bring it back, or, if an empty one is "
        f"wanted, remove {facts.ref} and declare it again"
    )
    return Blocked(BlockReason.VOLUME_LOST, words)


def _unknown(facts: VolumeFacts, presence: Unknown) -> Wait:
    if facts.repository.shared and any(facts.sight.answers(host) for host in presence.hosts):
        # A repository that is to go waits for its volumes: that each waited for the other would look like a dead end.
        reason = WaitReason.DEPENDENCY if facts.storage.removal is None else WaitReason.UNKNOWN
        return Wait(reason, f"{facts.spec.storage} is not attached yet", on=(facts.spec.storage,))
    return Wait(WaitReason.UNKNOWN, f"it could be on {', '.join(presence.hosts)}, which does not answer")


def _absent(facts: VolumeFacts) -> Decision:
    if facts.desired.policies.adopt is not None:
        words = f"{facts.spec.storage} has no file {facts.desired.policies.adopt.name}"
        return Blocked(BlockReason.ADOPT_MISSING, words)
    elsewhere = _elsewhere(facts)
    if elsewhere is not None:
        return elsewhere
    if facts.world.history(facts.ref).synced is not None:
        return _lost(facts)
    host = _host(facts)
    if isinstance(host, Wait):
        return host
    backing = _backing(facts, host)
    if isinstance(backing, Wait | Blocked):
        return backing
    row = facts.cost(EXISTS, Power.ANY, Direction.GROW)
    if isinstance(row.impact, Unsupported):
        return Blocked(BlockReason.UNSUPPORTED, row.impact.reason)
    file = volume_file(facts.ref, facts.desired, facts.spec, facts.world)
    op = ops.CreateVolume(
        facts.ref,
        host,
        storage_uuid(facts.spec.storage, facts.world, facts.sight),
        file,
        f"{facts.repository.path.rstrip('/')}/{file}",
        facts.spec.format,
        facts.spec.size_bytes,
        backing.path if backing is not None else None,
        _backing_format(facts) if backing is not None else None,
        facts.spec.source,
    )
    change = Change(EXISTS, current=False, desired=True, impact=row.impact, reason=_what(facts))
    approval = facts.world.approvals.get(facts.ref)
    history = facts.world.history(facts.ref)
    admitted = limit([Proposal(change, op)], facts.desired, history, approval)
    return steps(admitted, [op] if admitted.proposals else [], facts.sight, "it is not there")


def _elsewhere(facts: VolumeFacts) -> Blocked | None:
    """Its own file in another repository or of another format: an empty new one would take the place of its data."""
    for form in VolumeFormat:
        file = facts.world.identities.file_name(facts.ref, form.extension)
        for storage, copies in facts.sight.storages.items():
            for seen in facts.sight.volumes.get((storage, file), ()):
                if form is not facts.spec.format:
                    words = f"format: {seen.path} is {form.value} and cannot become {facts.spec.format.value}"
                else:
                    words = f"storageRef: it is in {copies[0].name} and does not move to {facts.spec.storage}"
                return Blocked(BlockReason.UNSUPPORTED, f"{words}; declare another volume")
    return None


def _relaid(facts: VolumeFacts, seen: ObservedVolume) -> Blocked | None:
    """A volume that is laid over another one than declared: its blocks would be read from the wrong base."""
    backing = facts.spec.backing
    if backing is None or facts.desired.policies.adopt is not None:
        return None
    path = volume_path(backing, facts.world)
    if path is None:
        return Blocked(BlockReason.INVALID, f"{backing} is not declared")
    if seen.backing_path == path:
        return None
    words = f"backing: it is laid over {seen.backing_path or 'nothing'} and cannot be laid over {path}"
    return Blocked(BlockReason.UNSUPPORTED, f"{words}; declare another volume")


def _what(facts: VolumeFacts) -> str:
    spec = facts.spec
    size = format_bytes(spec.size_bytes) if spec.size_bytes is not None else "image-sized"
    backing = f", backed by {spec.backing.name}" if spec.backing is not None else ""
    source = f", from {spec.source.path.rsplit('/', 1)[-1]}" if spec.source is not None else ""
    return f"{size} {spec.format.extension} on {spec.storage.name}{backing}{source}"


def _host(facts: VolumeFacts) -> str | Wait:
    """The host that makes the volume: any that has the repository if shared, else where its machine lives."""
    attached = sorted(copy.host for copy in storage_copies(facts.storage, facts.world, facts.sight) if copy.active)
    if not facts.repository.shared:
        homes = {facts.world.home(ref) for ref in facts.world.declared.children.get(facts.ref, ())} - {None}
        declared = facts.world.declared.hosts.get(facts.repository.pool, ())
        wanted = next(iter(sorted(home for home in homes if home)), None) or next(iter(declared), None)
        users = [ref for ref in facts.world.declared.children.get(facts.ref, ()) if ref.kind is Kind.VIRTUAL_MACHINE]
        if users and not homes:
            return Wait(WaitReason.ASSIGNMENT, f"{users[0]} has no host yet", on=(users[0],))
        attached = [host for host in attached if host == wanted]
    if not attached:
        return Wait(WaitReason.DEPENDENCY, f"{facts.spec.storage} is not attached yet", on=(facts.spec.storage,))
    return attached[0]


def _backing(facts: VolumeFacts, host: str) -> ObservedVolume | Wait | Blocked | None:
    backing = facts.spec.backing
    if backing is None:
        return None
    desired = facts.world.declared.desired.get(backing)
    if desired is None or not isinstance(desired.spec, VolumeSpec):
        return Blocked(BlockReason.INVALID, f"{backing} is not declared")
    storage = facts.world.declared.desired.get(desired.spec.storage)
    if storage is None or not isinstance(storage.spec, StorageSpec):
        return Blocked(BlockReason.INVALID, f"{desired.spec.storage} is not declared")
    presence = volume_presence(backing, desired, desired.spec, storage.spec, facts.world, facts.sight)
    if isinstance(presence, Present):
        if storage.spec.shared:
            return presence.copies[0]
        there = [copy for copy in presence.copies if copy.host == host]
        return there[0] if there else Blocked(BlockReason.INVALID, f"{backing} is not on {host}")
    return Wait(WaitReason.DEPENDENCY, f"{backing} is not there yet", on=(backing,))


def _backing_format(facts: VolumeFacts) -> VolumeFormat | None:
    desired = facts.world.declared.desired.get(facts.spec.backing) if facts.spec.backing is not None else None
    return desired.spec.format if desired is not None and isinstance(desired.spec, VolumeSpec) else None


def _present(facts: VolumeFacts, presence: Present[ObservedVolume]) -> Decision:
    if not facts.repository.shared and len({copy.host for copy in presence.copies}) > 1:
        where = ", ".join(sorted(copy.host for copy in presence.copies))
        words = f"{where} each have a local file of this name; xcp touches neither before one is gone"
        return Blocked(BlockReason.AMBIGUOUS, words)
    seen = presence.copies[0]
    if seen.format is not facts.spec.format:
        words = f"format: it is {seen.format.value} and cannot become {facts.spec.format.value}; declare another volume"
        return Blocked(BlockReason.UNSUPPORTED, words)
    relaid = _relaid(facts, seen)
    if relaid is not None:
        return relaid
    if facts.spec.size_bytes is None:
        return Steady()
    wanted = -(-facts.spec.size_bytes // _SECTOR) * _SECTOR
    if wanted == seen.capacity_bytes:
        return Steady()
    if wanted < seen.capacity_bytes:
        words = (
            f"size: it has {format_bytes(seen.capacity_bytes)} and is never shrunk to {format_bytes(wanted)}: "
            "that would cut off what is in it"
        )
        return Blocked(BlockReason.UNSUPPORTED, words)
    return _grow(facts, seen, wanted)


def _grow(facts: VolumeFacts, seen: ObservedVolume, wanted: int) -> Decision:
    users = [vm for vm in facts.sight.users.get(seen.path, ()) if is_active(vm)]
    if len(users) > 1:
        words = f"several running machines have it open: {', '.join(vm.name for vm in users)}"
        return Blocked(BlockReason.IN_USE, words)
    above = _above(facts, seen)
    if above:
        words = f"size: {', '.join(above)} is stored as a difference to it, so that it may not be written any more"
        return Blocked(BlockReason.IN_USE, words)
    power = Power.RUNNING if users else Power.HALTED
    row = facts.cost("size", power, Direction.GROW)
    if isinstance(row.impact, Unsupported):
        return Blocked(BlockReason.UNSUPPORTED, row.impact.reason)
    host = users[0].host if users else seen.host
    op = ops.ResizeVolume(facts.ref, host, seen.storage, seen.file, seen.path, wanted, users[0].uuid if users else None)
    change = Change("size", format_bytes(seen.capacity_bytes), format_bytes(wanted), row.impact, row.reason)
    approval = facts.world.approvals.get(facts.ref)
    admitted = limit([Proposal(change, op)], facts.desired, facts.world.history(facts.ref), approval)
    return steps(admitted, [op] if admitted.proposals else [], facts.sight, "it is smaller than declared")


def remove_volume(facts: VolumeFacts) -> Decision:
    """What to do about a volume that shall be destroyed: only what nothing uses, on a fresh look."""
    presence = _presence(facts)
    if isinstance(presence, Unknown):
        return _unknown(facts, presence)
    if isinstance(presence, Absent):
        return Gone()
    seen = presence.copies[0]
    users = sorted({vm.name for copy in presence.copies for vm in facts.sight.users.get(copy.path, ())})
    if users:
        return Blocked(BlockReason.IN_USE, f"attached to {', '.join(users)}")
    above = _above(facts, seen)
    if above:
        return Blocked(BlockReason.IN_USE, f"{', '.join(above)} is stored as a difference to it")
    silent = [host for host in facts.world.declared.hosts.get(facts.repository.pool, ()) if _silent(facts, host)]
    if silent:
        words = f"{', '.join(silent)} does not answer and could be using it"
        return Wait(WaitReason.UNKNOWN, words)
    row = facts.cost(EXISTS, Power.ANY, Direction.SHRINK)
    if isinstance(row.impact, Unsupported):
        return Blocked(BlockReason.UNSUPPORTED, row.impact.reason)
    change = Change(EXISTS, current=True, desired=False, impact=row.impact, reason=row.reason)
    op = ops.DeleteVolume(facts.ref, seen.host, seen.storage, seen.file)
    admitted: Admitted[ops.Op] = Admitted((Proposal(change, op, consented=True),), ())
    return steps(admitted, [op], facts.sight, "it is to be deleted")


def _above(facts: VolumeFacts, seen: ObservedVolume) -> list[str]:
    """The volumes that are laid over this one."""
    every = facts.sight.volumes.values()
    return sorted(other.file for copies in every for other in copies[:1] if other.backing_path == seen.path)


def _silent(facts: VolumeFacts, host: str) -> bool:
    return facts.repository.shared and not facts.sight.answers(host) and not facts.world.fenced(host)
