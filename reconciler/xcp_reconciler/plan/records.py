"""What to decide about xcp's own records, which are in no backend: pools, hosts and policies."""

from xcp_reconciler.model.decision import Blocked, BlockReason, Decision, Steady, Wait, WaitReason
from xcp_reconciler.model.desired import (
    Desired,
    HostSpec,
    MemoryMode,
    MemoryPolicySpec,
    PlacementPolicySpec,
    RebalanceSpec,
)
from xcp_reconciler.plan.placement.outlook import evacuation, homecoming, is_left, repair
from xcp_reconciler.plan.policies import direct_policy
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref, pool_ref


def decide_record(desired: Desired, world: World) -> Decision:
    """Whether what a record asks for holds; nothing is ever done to it."""
    spec = desired.spec
    match spec:
        case HostSpec():
            return _host(desired.ref, spec, world)
        case MemoryPolicySpec():
            return _undeclared(spec.pool, world) or _memory_policy(desired.ref, spec, world)
        case PlacementPolicySpec():
            acting = world.declared.placement.get(spec.pool)
            return _undeclared(spec.pool, world) or _second(desired.ref, acting) or repair(spec.pool, world)
        case RebalanceSpec():
            acting = world.declared.rebalance.get(spec.pool)
            return _undeclared(spec.pool, world) or _second(desired.ref, acting) or Steady()
        case _:
            return Steady()


def _undeclared(pool: str, world: World) -> Blocked | None:
    if pool_ref(pool) in world.declared.desired:
        return None
    return Blocked(BlockReason.INVALID, f"Pool/{pool} is not declared")


def _second(ref: Ref, acting: Ref | None) -> Blocked | None:
    """Of two for the same pool the first by name acts."""
    if acting in {None, ref}:
        return None
    return Blocked(BlockReason.INVALID, f"{acting} is for the same pool, and one is enough")


def _host(ref: Ref, spec: HostSpec, world: World) -> Decision:
    undeclared = _undeclared(spec.pool, world)
    if undeclared is not None:
        return undeclared
    sight = world.sights.get(spec.pool)
    if sight is None or not sight.answers(ref.name):
        view = sight.hosts.get(ref.name) if sight is not None else None
        why = getattr(view.freshness, "why", "") if view is not None else ""
        return Wait(WaitReason.UNKNOWN, f"{ref.name} does not answer" + (f": {why}" if why else ""))
    left = evacuation(ref.name, spec.pool, world) if is_left(ref.name, world) else Steady()
    # To a host with a taint those who tolerate it come back.
    return left if world.leaves(ref.name) or left != Steady() else homecoming(ref.name, spec.pool, world)


def _memory_policy(ref: Ref, spec: MemoryPolicySpec, world: World) -> Decision:
    acting = direct_policy(spec.pool, world)
    if spec.mode is MemoryMode.DIRECT and acting is not None and acting.ref != ref:
        words = f"{acting.ref} sets the targets in Pool/{spec.pool}: two would give the same memory away twice"
        return Blocked(BlockReason.INVALID, words)
    return Steady()
