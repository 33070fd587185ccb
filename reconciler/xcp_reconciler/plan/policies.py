"""Which memory policy covers a machine, and how much memory that machine then counts with. KiB."""

from typing import Final, NamedTuple

from xcp_reconciler.model.desired import (
    Desired,
    HostSpec,
    Label,
    MemoryMode,
    MemoryPolicySpec,
    VmSpec,
)
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import ObservedVm
from xcp_reconciler.plan.presence import backend_uuid
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref, host_ref

# What is left free where a policy does not say: a fiftieth of the host, and at least 1 GiB.
_RESERVE_PART: Final = 50
_LEAST_RESERVE: Final = 1 << 20


class Policy(NamedTuple):
    """A memory policy and its name."""

    ref: Ref
    spec: MemoryPolicySpec


def policies_of(pool: str, world: World) -> tuple[Policy, ...]:
    """The memory policies of a pool that hold now, in the order of their names."""
    found: list[Policy] = []
    for ref in world.declared.memory_policies.get(pool, ()):
        desired = world.declared.desired[ref]
        if isinstance(desired.spec, MemoryPolicySpec) and desired.removal is None and not world.observes(desired):
            found.append(Policy(ref, desired.spec))
    return tuple(found)


def direct_policy(pool: str, world: World) -> Policy | None:
    """The one policy that sets targets on a pool's hosts: two would give the same memory away twice."""
    if not world.declared.memory_policies:
        return None
    return next((one for one in policies_of(pool, world) if one.spec.mode is MemoryMode.DIRECT), None)


def policy_of(desired: Desired, spec: VmSpec, world: World) -> Policy | None:
    """The policy that covers a machine: the one that it names, else the first by name whose selector it matches."""
    if not world.declared.memory_policies:
        return None
    for policy in policies_of(spec.pool, world):
        if spec.memory_policy == policy.ref:
            return policy
        if spec.memory_policy is None and matches(policy.spec.labels, desired):
            return policy
    return None


def matches(labels: tuple[Label, ...], desired: Desired) -> bool:
    """Whether an object has all of these labels."""
    return all(desired.labels.get(label.key) == label.value for label in labels)


def mode_of(desired: Desired, spec: VmSpec, world: World) -> MemoryMode:
    """Who moves a machine's balloon.

    A machine that may be given and asked for nothing while it runs is covered by no policy; nor is one that is only
    observed, or one whose policy is not the pool's acting one.
    """
    policy = policy_of(desired, spec, world)
    if policy is None or world.observes(desired) or desired.policies.max_impact < Impact.GUEST_COOPERATION:
        return MemoryMode.OFF
    if policy.spec.mode is MemoryMode.DIRECT and policy != direct_policy(spec.pool, world):
        return MemoryMode.OFF
    return policy.spec.mode


def is_balanced(desired: Desired, world: World) -> bool:
    """Whether xcp sets this machine's balloon target by a policy."""
    spec = desired.spec
    return isinstance(spec, VmSpec) and mode_of(desired, spec, world) is MemoryMode.DIRECT


def counted(desired: Desired, spec: VmSpec, world: World) -> int:
    """The memory with which a machine counts where room is promised."""
    if not is_balanced(desired, world):
        return spec.memory_max
    policy = policy_of(desired, spec, world)
    ratio = policy.spec.overcommit_ratio if policy is not None else 1.0
    return max(spec.memory_min, int(spec.memory_max / ratio))


def reserve_of(host: str, total: int, world: World) -> int:
    """What is never given to anybody on a host of `total` KiB."""
    desired = world.declared.desired.get(host_ref(host))
    if desired is None or not isinstance(desired.spec, HostSpec):
        return 0
    policy = direct_policy(desired.spec.pool, world)
    if policy is None:
        return desired.spec.reserve_kib
    wanted = policy.spec.reserve_kib
    own = wanted if wanted is not None else max(total // _RESERVE_PART, _LEAST_RESERVE)
    return max(desired.spec.reserve_kib, own)


def ours(vm: ObservedVm, world: World) -> Desired | None:
    """The declaration of a machine that carries our stamp, None for others' machines."""
    stamp = vm.stamp
    if stamp is None or stamp.self_uuid != vm.uuid or stamp.owner != world.identities.owner:
        return None
    desired = world.declared.desired.get(stamp.ref)
    return desired if desired is not None and stamp.ref.kind is Kind.VIRTUAL_MACHINE else None


def uuid_of(desired: Desired, world: World, sight: Sight) -> str:
    """The backend uuid of an object, empty while that is not known."""
    return backend_uuid(desired, world, sight) or ""
