"""A memory policy on the hosts of its pool: what the balance is told of each, and what it then decides. Pure. KiB."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xcp_reconciler.model.desired import Desired, MemoryPolicySpec, VmSpec
from xcp_reconciler.model.memory import Knowledge
from xcp_reconciler.model.observed import Balloon, ObservedVm, PowerState
from xcp_reconciler.plan.memory import Algorithm, FloorRule, GuestMemory, HostMemory, Policy, Step, step
from xcp_reconciler.plan.placement import installed
from xcp_reconciler.plan.policies import Policy as Covering
from xcp_reconciler.plan.policies import is_balanced, matches, ours, reserve_of
from xcp_reconciler.plan.room import expected, guests_of, held, target_of
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref

# What a guest needs beside its working set, so that it can tell that it needs more: a part of it, and at least so much
# KiB, for a small guest lives through the ten seconds until it is heard again on what is left to it.
_MARGIN: Final = 1.15
_LEAST_MARGIN: Final = 32 * 1024


def demand_of(working_set: int) -> int:
    """What a guest with this working set should have, KiB."""
    return max(int(working_set * _MARGIN), working_set + _LEAST_MARGIN)


@dataclass(frozen=True, slots=True)
class Doings:
    """What only the acting process knows of itself.

    `busy` are the machines at which other calls of ours are under way. Nothing grows before `grow_from` (unix seconds).
    """

    busy: frozenset[Ref] = frozenset()
    grow_from: float = 0.0


@dataclass(frozen=True, slots=True)
class Balance:
    """One host: what the balance saw of it, and what it decided. `wanted` is what machines to come will need."""

    host: HostMemory
    guests: tuple[GuestMemory, ...]
    machines: Mapping[str, Ref]
    wanted: int
    step: Step

    @property
    def satisfaction(self) -> float | None:
        """Which part of what they ask for the guests have; None where no guest says what it needs."""
        asked = sum(guest.demand for guest in self.guests if guest.demand is not None)
        has = sum(min(guest.actual, guest.demand) for guest in self.guests if guest.demand is not None)
        return has / asked if asked else None


def balance(
    policy: Covering, host: str, world: World, sight: Sight, knowledge: Knowledge, doings: Doings
) -> Balance | None:
    """What to do about one host; None where it does not answer, nobody knows its memory, or no guest is covered."""
    total = installed(host, world, sight)
    if total is None or not sight.answers(host):
        return None
    guests: list[GuestMemory] = []
    machines: dict[str, Ref] = {}
    others = 0
    for vm in guests_of(host, sight):
        desired = ours(vm, world)
        if desired is None or not is_balanced(desired, world) or not isinstance(desired.spec, VmSpec):
            others += held(vm, world)
            continue
        machines[vm.uuid] = desired.ref
        guests.append(_guest(vm, desired, desired.spec, policy, world, sight, doings))
    if not guests:
        return None
    seen_at = getattr(sight.hosts[host].freshness, "at", sight.at)
    memory = HostMemory(
        host, total, reserve_of(host, total, world), others, seen_at=seen_at, grow_from=doings.grow_from
    )
    wanted = sum(expected(host, policy.spec.pool, world, sight).values())
    taken = step(policy_for(policy.spec), memory, guests, knowledge, wanted, world.now)
    return Balance(memory, tuple(guests), machines, wanted, taken)


def _guest(
    vm: ObservedVm,
    desired: Desired,
    spec: VmSpec,
    policy: Covering,
    world: World,
    sight: Sight,
    doings: Doings,
) -> GuestMemory:
    live = vm.live if vm.live is not None else vm.stored
    actual = vm.memory_actual if vm.memory_actual is not None else live.memory_target
    ceiling = min(spec.memory_max, live.memory_size)
    target = target_of(vm, world)
    return GuestMemory(
        vm.uuid,
        desired.ref.name,
        actual,
        target if target is not None else actual,
        min(spec.memory_min, ceiling),
        ceiling,
        demand_of(vm.working_set) if vm.working_set is not None else None,
        float(weight_of(policy.spec, desired)),
        # A guest that has not come up yet has no driver yet; one that is paused moves nothing.
        ballooning=vm.balloon is Balloon.PRESENT and vm.power is PowerState.RUNNING,
        migrating=_migrating(vm, desired, policy.spec, world, sight) or desired.ref in doings.busy,
        pending=world.doubts.get(vm.uuid),
    )


def _migrating(vm: ObservedVm, desired: Desired, spec: MemoryPolicySpec, world: World, sight: Sight) -> bool:
    if sight.jobs.get(vm.uuid) or len(sight.vms.get(vm.uuid, ())) > 1:
        return True
    return spec.migration_guard and world.home(desired.ref) not in {None, vm.host}


def weight_of(spec: MemoryPolicySpec, desired: Desired) -> int:
    """How much a machine counts."""
    return next((one.weight for one in spec.weights if matches(one.labels, desired)), 1)


def policy_for(spec: MemoryPolicySpec) -> Policy:
    """A declared policy in the terms of the balance."""
    return Policy(
        Algorithm(spec.algorithm.value),
        FloorRule(spec.floor.value),
        spec.low_percent / 100,
        spec.high_percent / 100,
        spec.hold_s,
        spec.step_percent / 100,
        spec.min_delta_kib,
        spec.uncooperative_after_s,
        spec.retry_after_s,
        spec.migration_guard,
    )
