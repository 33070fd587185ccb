"""Whether everything that a machine stands on is there on a host."""

from xcp_reconciler.model.decision import Blocked, BlockReason, Wait, WaitReason
from xcp_reconciler.model.desired import StorageSpec, VolumeSpec
from xcp_reconciler.model.observed import Present, Unknown
from xcp_reconciler.plan.presence import network_copies, storage_copies, volume_path, volume_presence
from xcp_reconciler.plan.vm.facts import VmFacts
from xcp_reconciler.refs import Ref


def undeclared(facts: VmFacts) -> Blocked | None:
    """A volume, a network or a memory policy that the machine names and nobody declares."""
    declared = facts.world.declared.desired
    policy = facts.spec.memory_policy
    names = (
        *(disk.volume for disk in facts.spec.disks),
        *(card.network for card in facts.spec.interfaces),
        *((policy,) if policy is not None else ()),
    )
    missing = next((ref for ref in names if ref not in declared), None)
    return Blocked(BlockReason.INVALID, f"{missing} is not declared") if missing is not None else None


def to_be_left(facts: VmFacts, host: str) -> Wait | None:
    """That nobody comes up on a host in maintenance, whatever the pool has said before it knew; None: it is in none."""
    if not facts.world.leaves(host):
        return None
    return Wait(WaitReason.ASSIGNMENT, f"{host} is in maintenance, and the pool has not said yet where else it may be")


def not_ready(facts: VmFacts, host: str) -> Wait | Blocked | None:
    """What a machine would miss on `host`; None when nothing."""
    if not facts.sight.answers(host):
        fenced = " and is fenced: let it go elsewhere, or lift the fence when the host is back"
        return Wait(WaitReason.UNKNOWN, f"{host} does not answer{fenced if facts.world.fenced(host) else ''}")
    for disk in facts.spec.disks:
        found = _volume(facts, disk.volume, host)
        if found is not None:
            return found
    for interface in facts.spec.interfaces:
        network = facts.world.declared.desired.get(interface.network)
        if network is None:
            return Blocked(BlockReason.INVALID, f"{interface.network} is not declared")
        copies = network_copies(network, facts.world, facts.sight)
        if not any(copy.active and copy.host == host for copy in copies):
            return _wait(interface.network, f"{interface.network} is not up on {host}")
    return None


def _volume(facts: VmFacts, volume: Ref, host: str) -> Wait | Blocked | None:
    world, sight = facts.world, facts.sight
    desired = world.declared.desired.get(volume)
    if desired is None or not isinstance(desired.spec, VolumeSpec):
        return Blocked(BlockReason.INVALID, f"{volume} is not declared")
    storage = world.declared.desired.get(desired.spec.storage)
    if storage is None or not isinstance(storage.spec, StorageSpec):
        return Blocked(BlockReason.INVALID, f"{desired.spec.storage} is not declared")
    if not any(copy.active and copy.host == host for copy in storage_copies(storage, world, sight)):
        return _wait(desired.spec.storage, f"{desired.spec.storage} is not attached to {host}")
    presence = volume_presence(volume, desired, desired.spec, storage.spec, world, sight)
    match presence:
        case Present() if presence.copies[0].path != volume_path(volume, world):
            words = f"{volume} is at {presence.copies[0].path}, and would have to be at {volume_path(volume, world)}"
            return Blocked(BlockReason.INVALID, words)
        case Present() if storage.spec.shared or any(copy.host == host for copy in presence.copies):
            return None
        case Unknown():
            return Wait(WaitReason.UNKNOWN, f"{volume} could be on {', '.join(presence.hosts)}", on=(volume,))
        case Present():
            where = ", ".join(sorted({copy.host for copy in presence.copies}))
            return Blocked(BlockReason.INVALID, f"{volume} is on local storage of {where}, not of {host}")
        case _:
            return _wait(volume, f"{volume} is not there yet")


def _wait(ref: Ref, why: str) -> Wait:
    return Wait(WaitReason.DEPENDENCY, why, on=(ref,))
