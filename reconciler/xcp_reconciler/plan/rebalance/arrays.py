"""A pool as the placement kernel reads it: rows, hosts, items and groups as flat arrays."""

from array import array
from dataclasses import dataclass, field
from typing import Final

from xcp_kernels.placement import MOST_STEPS, NOWHERE, Pool, Reserve, Scope
from xcp_reconciler.model.cluster import Cluster, ClusterHost, GroupScope
from xcp_reconciler.plan.rebalance.bundles import Bundle, bundles

MEMORY: Final = 0
VCPUS: Final = 1
COUNT: Final = 2
# hbal's score: the spread of the share of memory, of vCPUs for each processor, and four times that of machines.
WEIGHTS: Final = (1.0, 1.0, 4.0)
ROW_NAMES: Final = ("memory", "vCPUs", "machines")
ANY: Final = 1 << 60
_SCOPES: Final = {GroupScope.HOST: Scope.HOST, GroupScope.DOMAIN: Scope.DOMAIN, GroupScope.TOGETHER: Scope.TOGETHER}


@dataclass(frozen=True, slots=True)
class Ground:
    """The arrays, and what their indices stand for."""

    pool: Pool
    cluster: Cluster
    items: tuple[Bundle, ...]
    groups: tuple[str, ...]
    host_index: dict[str, int] = field(repr=False)


def ground(cluster: Cluster, weights: tuple[float, ...] = WEIGHTS, failures: int = 0, toll: float = 0.0) -> Ground:
    """The arrays of a pool. Sizes beyond what the kernel can add up stay as they are: it names them.

    Args:
        cluster: the pool.
        weights: what the spread of each row counts in the score.
        failures: how many hosts may be lost at once with room for what they carry; read where a batch is placed.
        toll: what moving the average machine must gain, in score; one that holds more memory must gain more.
    """
    items = bundles(cluster)
    index = {host.name: number for number, host in enumerate(cluster.hosts)}
    domains = {name: number for number, name in enumerate(dict.fromkeys(_domain(host) for host in cluster.hosts))}
    groups, members = _groups(cluster, items)
    starts, group_of = [0], list[int]()
    for mine in members:
        group_of += mine
        starts.append(len(group_of))
    reach, reach_of = _reach(cluster, items)
    pool = Pool(
        weight=array("d", weights),
        scale=array("d", (scale for host in cluster.hosts for scale in _scales(host))),
        base=array("q", (base for host in cluster.hosts for base in (_others(host), 0, 0))),
        capacity=array("q", (room for host in cluster.hosts for room in _rooms(host))),
        domain=array("q", (domains[_domain(host)] for host in cluster.hosts)),
        amount=array("q", (amount for item in items for amount in _amounts(item))),
        home=array("q", (index[item.host] if item.host is not None else NOWHERE for item in items)),
        movable=array("q", (int(not item.stays) for item in items)),
        size=array("q", (len(item.vms) for item in items)),
        cost=array("d", _costs(items, toll)),
        reach_of=array("q", reach_of),
        reach=array("q", reach),
        group_start=array("q", starts),
        group_of=array("q", group_of),
        group_scope=array("q", (_SCOPES[cluster.groups[g].scope] for g in groups)),
        group_limit=array("q", (cluster.groups[g].limit for g in groups)),
        group_price=array("d", (-1.0 if (price := cluster.groups[g].price) is None else price for g in groups)),
        reserve=_reserve(cluster, items, failures) if failures else None,
    )
    return Ground(pool, cluster, tuple(items), tuple(cluster.groups[g].name for g in groups), index)


def _domain(host: ClusterHost) -> str:
    # One without a domain fails alone; no domain has a name with a line break in it.
    return host.domain or f"\n{host.name}"


def _costs(items: list[Bundle], toll: float) -> list[float]:
    """In proportion to what a migration has to copy, where that is known: what a machine holds now."""
    held = [sum(vm.actual for vm in item.vms) for item in items]
    average = sum(held) / len(held) if held else 0
    return [toll * size / average if average else 0.0 for size in held]


def _reserve(cluster: Cluster, items: list[Bundle], failures: int) -> Reserve:
    """Room for so many lost hosts, counted in powers of two that end with one as large as the largest machine."""
    largest = max((_amounts(item)[MEMORY] for item in items), default=1)
    last = 1 << max(largest - 1, 1).bit_length()
    steps = [last >> k for k in range(MOST_STEPS) if last >> k]
    takes = (int(not host.closed and not host.cordoned) for host in cluster.hosts)
    return Reserve(failures, MEMORY, array("q", reversed(steps)), array("q", takes))


def _scales(host: ClusterHost) -> tuple[float, float, float]:
    if host.closed or host.cordoned:
        return 0.0, 0.0, 0.0
    memory = 1 / host.memory if host.memory else 0.0
    return memory, 1 / (host.cpus * host.speed) if host.cpus else 0.0, 1.0


def _others(host: ClusterHost) -> int:
    """Memory that is neither free nor its machines'."""
    return 0 if host.free is None or host.closed else host.memory - host.free - sum(vm.needs for vm in host.vms)


def _rooms(host: ClusterHost) -> tuple[int, int, int]:
    if host.closed:
        return ANY, ANY, ANY
    vcpus = ANY
    if host.vcpu_ratio is not None and host.cpus:
        vcpus = min(int(host.cpus * min(host.vcpu_ratio, 1e9)), ANY)
    return host.memory - host.reserve, vcpus, ANY


def _amounts(item: Bundle) -> tuple[int, int, int]:
    return sum(vm.needs for vm in item.vms), sum(vm.vcpus for vm in item.vms), len(item.vms)


def _reach(cluster: Cluster, items: list[Bundle]) -> tuple[list[int], list[int]]:
    """Where each class may be, and the class of every item."""
    cordoned = {host.name for host in cluster.hosts if host.cordoned}
    hosts = [(host, frozenset(host.taints)) for host in cluster.hosts]
    kinds: dict[tuple[object, ...], int] = {}
    reach: list[int] = []
    reach_of: list[int] = []
    for item in items:
        # Who is on a cordoned host may stay there, and so is of a class of its own.
        own = item.host if item.host in cordoned else None
        kind = (own, *((vm.tolerates, vm.hosts) for vm in item.vms))
        number = kinds.setdefault(kind, len(kinds))
        if number * len(cluster.hosts) == len(reach):
            allowed = [None if vm.hosts is None else set(vm.hosts) for vm in item.vms]
            tolerated = [set(vm.tolerates) for vm in item.vms]
            reach += (
                int(
                    not host.closed
                    and (not host.cordoned or host.name == item.host)
                    and all(names is None or host.name in names for names in allowed)
                    and (not taints or all(taints <= of_vm for of_vm in tolerated))
                )
                for host, taints in hosts
            )
        reach_of.append(number)
    return reach, reach_of


def _groups(cluster: Cluster, items: list[Bundle]) -> tuple[list[int], list[list[int]]]:
    """The groups that count for the kernel, and those of every item: its number in the first list."""
    item_of = {vm.name: number for number, item in enumerate(items) for vm in item.vms}
    kept: list[int] = []
    members: list[list[int]] = [[] for _ in items]
    for number, group in enumerate(cluster.groups):
        # In the order of the file, each item once.
        mine = dict.fromkeys(item_of[name] for name in group.vms)
        if len(mine) <= 1 and (group.scope is GroupScope.TOGETHER or len(group.vms) <= group.limit):
            continue
        for item in mine:
            members[item].append(len(kept))
        kept.append(number)
    return kept, members
