"""The decision about one object: what is common to all kinds, then the kind's own."""

from typing import Final

from xcp_reconciler.api.enums import DeletionPolicy
from xcp_reconciler.model.decision import (
    Act,
    Blocked,
    BlockReason,
    Decision,
    Gone,
    Pending,
    PendingReason,
    Steady,
    Wait,
    WaitReason,
)
from xcp_reconciler.model.desired import (
    Desired,
    HostSpec,
    MemoryPolicySpec,
    NetworkSpec,
    PlacementPolicySpec,
    PoolSpec,
    RebalanceSpec,
    Removal,
    StorageSpec,
    VmSpec,
    VolumeSpec,
    pool_of,
)
from xcp_reconciler.model.observed import ObservedNetwork, ObservedStorage, ObservedVm
from xcp_reconciler.plan.per_host import attach_once_more, decide_network, decide_storage, remove_everywhere
from xcp_reconciler.plan.policies import ours
from xcp_reconciler.plan.preconditions import circumstances
from xcp_reconciler.plan.records import decide_record
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.vm.decide import decide_vm
from xcp_reconciler.plan.vm.facts import gather
from xcp_reconciler.plan.vm.remove import remove_vm
from xcp_reconciler.plan.volume import VolumeFacts, decide_volume, remove_volume
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref, pool_ref

# What is xcp's own, and in no backend.
RECORDS: Final = (PoolSpec, HostSpec, MemoryPolicySpec, PlacementPolicySpec, RebalanceSpec)
# A refusal is believed for so long (seconds) even if nothing that xcp sees has changed: room may have come free.
REFUSAL_HOLDS_S = 300.0


def decide(ref: Ref, world: World) -> Decision:
    """What to do about one object now. Pure; never raises, whatever is declared or seen."""
    desired = world.declared.desired.get(ref)
    if desired is None:
        return Gone()
    if desired.removal is not None:
        leaving = _leaving(ref, desired, world)
        if leaving is not None:
            return _once_more(ref, desired, world, leaving) or leaving
    if isinstance(desired.spec, RECORDS):
        return decide_record(desired, world)
    pool = pool_of(desired, world.declared.desired)
    if pool is None or pool_ref(pool) not in world.declared.desired:
        missing = pool_ref(pool) if pool is not None else "its storage repository"
        return Blocked(BlockReason.INVALID, f"{missing} is not declared")
    sight = world.sights.get(pool)
    if sight is None:
        return Wait(WaitReason.UNKNOWN, f"Pool/{pool} has not answered yet")
    return (
        _in_another_pool(desired, world, pool)
        or _held(ref, world)
        or _observed(_kind(ref, desired, world, sight), desired, world, pool)
    )


def _leaving(ref: Ref, desired: Desired, world: World) -> Decision | None:
    """What comes before an object's own way out: protection, children, and the ways that touch nothing."""
    if desired.policies.protected:
        return Blocked(BlockReason.PROTECTED, "spec.deletionProtection is true: set it to false first")
    children = world.declared.children.get(ref, ())
    if children:
        names = _few(children)
        if all(world.declared.desired[child].removal is not None for child in children):
            return Wait(WaitReason.DEPENDENTS, f"{names} must go first", on=children)
        return Blocked(BlockReason.IN_USE, f"{names} still refers to it")
    if isinstance(desired.spec, HostSpec):
        # A host that nobody looks at any more shows nothing, and what is to go from it would count as gone.
        others = tuple(other for other in world.declared.members.get(desired.spec.pool, ()) if _goes(other, world))
        if others:
            return Wait(WaitReason.DEPENDENTS, f"{_few(others)} must go first", on=others)
    retained = desired.policies.deletion is DeletionPolicy.RETAIN
    orphaned = desired.removal is Removal.ORPHAN
    if orphaned or retained or world.observes(desired) or isinstance(desired.spec, RECORDS):
        return Gone()
    return None


def _few(refs: tuple[Ref, ...]) -> str:
    return ", ".join(str(ref) for ref in refs[:3]) + (" ..." if len(refs) > 3 else "")  # noqa: PLR2004


def _goes(ref: Ref, world: World) -> bool:
    """Whether something that hosts carry is to go."""
    desired = world.declared.desired[ref]
    return desired.removal is not None and not isinstance(desired.spec, RECORDS)


def _once_more(ref: Ref, desired: Desired, world: World, leaving: Decision) -> Decision | None:
    """What has to be there again so that others can go, for an object that waits for them."""
    waits = isinstance(leaving, Wait) and leaving.reason is WaitReason.DEPENDENTS
    if not waits or not isinstance(desired.spec, StorageSpec) or world.observes(desired):
        return None
    sight = world.sights.get(desired.spec.pool)
    if sight is None:
        return None
    needed = attach_once_more(ref, desired, desired.spec, world, sight)
    return None if needed is None else _held(ref, world) or needed


def _in_another_pool(desired: Desired, world: World, pool: str) -> Decision | None:
    """Nothing goes from pool to pool: made anew in the one it would be left behind, or run, in the other."""
    adopt = desired.policies.adopt
    uuid = adopt.uuid if adopt is not None and adopt.uuid is not None else world.identities.uuid(desired.ref)
    own = world.sights[pool]
    if uuid in own.networks or uuid in own.storages:
        # It is here, too: a host went to the other pool, with what it had of this one.
        return None
    for name, sight in sorted(world.sights.items()):
        found: tuple[ObservedVm | ObservedNetwork | ObservedStorage, ...] = ()
        if name == pool:
            continue
        match desired.spec:
            case VmSpec():
                found = tuple(copy for copy in sight.vms.get(uuid, ()) if ours(copy, world) is desired)
            case NetworkSpec():
                found = sight.networks.get(uuid, ())
            case StorageSpec():
                found = sight.storages.get(uuid, ())
            case _:
                return None
        if found:
            words = f"poolRef: on {found[0].host} it is in Pool/{name} and cannot become {pool}; set it back"
            return Blocked(BlockReason.UNSUPPORTED, words)
    return None


def _held(ref: Ref, world: World) -> Decision | None:
    """What earlier attempts say: wait for calls that may still land, for a back-off, or for something to change."""
    history = world.history(ref)
    if history.intents:
        last = max(history.intents, key=lambda intent: intent.deadline)
        words = f"an earlier {last.op} may still take effect on {', '.join(last.hosts)}"
        # Past its deadline a silent host keeps it open: a time that is over would have it looked at without a pause.
        soon = world.now + 1.0
        return Wait(WaitReason.INTENT, words, min(last.deadline, soon) if last.deadline > world.now else soon)
    failure = history.failure
    if failure is not None and history.refused is not None:
        same = history.refused == circumstances(ref, world)
        if same and world.now < failure.at + REFUSAL_HOLDS_S:
            return Blocked(BlockReason.REFUSED, failure.message)
    if history.retry_at is not None and history.retry_at > world.now:
        words = failure.message if failure is not None else "it has just failed"
        return Wait(WaitReason.BACKOFF, words, history.retry_at)
    return None


def _kind(ref: Ref, desired: Desired, world: World, sight: Sight) -> Decision:
    going = desired.removal is not None
    spec = desired.spec
    match spec:
        case VmSpec():
            facts = gather(ref, desired, spec, world, sight)
            return remove_vm(facts) if going else decide_vm(facts)
        case VolumeSpec():
            storage = world.declared.desired.get(spec.storage)
            if storage is None or not isinstance(storage.spec, StorageSpec):
                return Blocked(BlockReason.INVALID, f"{spec.storage} is not declared")
            volume = VolumeFacts(ref, desired, spec, storage, storage.spec, world, sight)
            return remove_volume(volume) if going else decide_volume(volume)
        case StorageSpec():
            return (
                remove_everywhere(desired, world, sight) if going else decide_storage(ref, desired, spec, world, sight)
            )
        case NetworkSpec():
            return (
                remove_everywhere(desired, world, sight) if going else decide_network(ref, desired, spec, world, sight)
            )
        case PoolSpec() | HostSpec() | MemoryPolicySpec() | PlacementPolicySpec() | RebalanceSpec():
            return Steady()


def _observed(decision: Decision, desired: Desired, world: World, pool: str) -> Decision:
    """Under `management: Observe` everything is reported and nothing is done."""
    if not isinstance(decision, Act) or not world.observes(desired):
        return decision
    words = f"management is Observe (here or on Pool/{pool})"
    reported = tuple(Pending(change, PendingReason.REPORT_ONLY, words) for change in decision.changes)
    return Steady((*reported, *decision.pending))
