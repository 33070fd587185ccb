"""The balance of a pool that is described in a file: who should have what in the end, and why. No protocol, no calm."""

from collections.abc import Sequence
from dataclasses import dataclass

from xcp_kernels.outcome import Reason, Status
from xcp_reconciler.model.cluster import Cluster, ClusterHost, ClusterVm
from xcp_reconciler.plan.memory.goal import Claim, Goal, Pot, goals
from xcp_reconciler.plan.memory.types import Algorithm

# Those who show a balance need the words of the kernel, and import no kernel.
__all__ = ["Balanced", "Reason", "Status", "Target", "balance"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a machine should have, KiB. `demand` is what it was taken to want, None where that is of no account."""

    vm: ClusterVm
    kib: int
    demand: int | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Balanced:
    """One host. `budget` is what its active machines may have together, KiB.

    `blind` where nobody's demand is known, so that the algorithm is not the one that was asked for.
    """

    host: ClusterHost
    algorithm: Algorithm
    budget: int
    status: Status
    level: float
    targets: tuple[Target, ...]
    blind: bool = False


def balance(cluster: Cluster, algorithm: Algorithm) -> tuple[Balanced, ...]:
    """The goals of every host, in the order of the file.

    What a host has for its active machines is its memory less its reserve and less what inactive machines hold. Where
    nobody's demand is known the host is balanced proportionally; where somebody's is not, that machine is taken to
    want what it would have proportionally.
    """
    used = [_usable(host, algorithm) for host in cluster.hosts]
    shares = goals(Algorithm.PROPORTIONAL, [Pot(_budget(host), _claims(host)) for host in cluster.hosts])
    demands = [_demands(host, share) for host, share in zip(cluster.hosts, shares, strict=True)]
    made: list[Balanced] = []
    found: dict[Algorithm, list[Goal]] = {}
    for one in set(used):
        some = [i for i, other in enumerate(used) if other is one]
        pots = [Pot(_budget(cluster.hosts[i]), _claims(cluster.hosts[i], demands[i])) for i in some]
        found[one] = list(reversed(goals(one, pots)))
    for host, demand, one in zip(cluster.hosts, demands, used, strict=True):
        goal = found[one].pop()
        aware = one is Algorithm.DEMAND_AWARE
        targets = tuple(
            Target(vm, kib, wants if aware and vm.active else None, reason)
            for vm, kib, wants, reason in zip(host.vms, goal.targets, demand, goal.reasons, strict=True)
        )
        made.append(Balanced(host, one, _budget(host), goal.status, goal.level, targets, one is not algorithm))
    return tuple(made)


def _usable(host: ClusterHost, algorithm: Algorithm) -> Algorithm:
    if algorithm is not Algorithm.DEMAND_AWARE:
        return algorithm
    active = [vm for vm in host.vms if vm.active]
    blind = bool(active) and all(vm.demand is None for vm in active)
    return Algorithm.PROPORTIONAL if blind else algorithm


def _budget(host: ClusterHost) -> int:
    return host.memory - host.reserve - sum(vm.actual for vm in host.vms if not vm.active)


def _demands(host: ClusterHost, share: Goal) -> list[int]:
    return [vm.demand if vm.demand is not None else fair for vm, fair in zip(host.vms, share.targets, strict=True)]


def _claims(host: ClusterHost, demands: Sequence[int] = ()) -> list[Claim]:
    wants = demands or [0] * len(host.vms)
    return [
        Claim(vm.minimum, vm.maximum, demand, vm.weight, vm.active, vm.actual)
        for vm, demand in zip(host.vms, wants, strict=True)
    ]
