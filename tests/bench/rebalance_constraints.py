"""What constraints cost: `python -m tests.bench.rebalance_constraints NODES [SEED]`.

One pool of NODES hosts and 20 machines each, twice: without constraints, and with every one of them binding: memory
with a reserve, vCPU overcommit, taints, reach, machines that must part by host and by domain, and some that have to
stay together. Prints for each constraint of how many pairs of machine and host it refuses, and checks every move with
code that shares nothing with the planner.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from xcp_kernels.placement import IMPLEMENTATION
from xcp_reconciler.model.cluster import Cluster, ClusterGroup, ClusterHost, ClusterVm, GroupScope
from xcp_reconciler.plan.rebalance import Aim, Proposal, rebalance

_GIB: Final = 1 << 20
_SIZES: Final = (2, 4, 8, 16, 32)
_SHARES: Final = (30, 30, 20, 15, 5)
_MEMORY, _VCPUS, _TAINTS, _REACH, _HOST, _DOMAIN = "memory", "vCPUs", "taints", "reach", "apart by host", "by domain"


def drawn(nodes: int, seed: int) -> Cluster:
    """A pool that keeps every constraint, and is unbalanced."""
    random = Random(seed)  # noqa: S311 - a benchmark
    hosts = [
        ClusterHost(
            f"h{n:05}",
            256 * _GIB,
            reserve=40 * _GIB,
            cpus=64,
            vcpu_ratio=1.05,
            domain=f"rack-{n * 10 // nodes}",
            taints=("gpu",) if n % 16 == 5 else (),
        )
        for n in range(nodes)
    ]
    weights = [min(random.paretovariate(1.5), 8.0) for _ in hosts]
    books = Books(hosts)
    vms: dict[str, list[ClusterVm]] = {host.name: [] for host in hosts}
    members: dict[tuple[str, int], list[str]] = {}
    for number in range(nodes * 20):
        size = random.choices(_SIZES, _SHARES)[0]
        vm = ClusterVm(
            f"vm-{number:06}",
            memory=size * _GIB,
            overhead=size * 8192 + 14336,
            vcpus=min(max(1, size // random.choice((2, 4, 4))), 16),
            tolerates=("gpu",) if random.random() < 0.1 else (),
            hosts=tuple(host.name for host in hosts[number % 4 * nodes // 4 :][: nodes // 2])
            if number % 10 == 0
            else None,
        )
        kind = random.choice(("host", "domain", *[""] * 3))
        group = (kind, number // 200) if kind else None
        for host in random.choices(range(nodes), weights, k=400):
            if not books.refusals(vm, host, group):
                books.add(vm, host, group)
                vms[hosts[host].name].append(vm)
                if group:
                    members.setdefault(group, []).append(vm.name)
                break
    groups = [
        ClusterGroup(f"{kind}-{n}", GroupScope.HOST if kind == "host" else GroupScope.DOMAIN, tuple(names), limit)
        for (kind, n), names in members.items()
        for limit in [books.limits[kind]]
    ]
    pairs = [(host.name, vms[host.name][:2]) for host in hosts[::7] if len(vms[host.name]) > 2]
    grouped = {name for group in groups for name in group.vms}
    groups += [
        ClusterGroup(f"pair-{name}", GroupScope.TOGETHER, tuple(vm.name for vm in two))
        for name, two in pairs
        if not {vm.name for vm in two} & grouped
    ]
    return Cluster(tuple(replace(host, vms=tuple(vms[host.name])) for host in hosts), tuple(groups))


class Books:
    """What each host holds; the only judge in this file."""

    def __init__(self, hosts: Sequence[ClusterHost]) -> None:
        self.hosts = hosts
        self.limits = {"host": 1, "domain": 6}
        self._memory = [0] * len(hosts)
        self._vcpus = [0] * len(hosts)
        self._members = Counter[tuple[str, int, str]]()

    def add(self, vm: ClusterVm, host: int, group: tuple[str, int] | None, sign: int = 1) -> None:
        """It comes, or goes where sign is -1."""
        self._memory[host] += sign * vm.needs
        self._vcpus[host] += sign * vm.vcpus
        if group:
            self._members[self._cell(group, host)] += sign

    def _cell(self, group: tuple[str, int], host: int) -> tuple[str, int, str]:
        return (*group, self.hosts[host].name if group[0] == "host" else self.hosts[host].domain)

    def refusals(self, vm: ClusterVm, host: int, group: tuple[str, int] | None) -> list[str]:
        """Everything that keeps the machine from the host."""
        one, found = self.hosts[host], list[str]()
        if self._memory[host] + vm.needs > one.memory - one.reserve:
            found.append(_MEMORY)
        if self._vcpus[host] + vm.vcpus > one.cpus * (one.vcpu_ratio or 1e9):
            found.append(_VCPUS)
        if not set(one.taints) <= set(vm.tolerates):
            found.append(_TAINTS)
        if vm.hosts is not None and one.name not in vm.hosts:
            found.append(_REACH)
        if group and self._members[self._cell(group, host)] >= self.limits[group[0]]:
            found.append(_HOST if group[0] == "host" else _DOMAIN)
        return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge says: how often each constraint refuses a pair at the start, and every broken rule."""

    refused: dict[str, float]
    """Share of the pairs that a constraint is about: for groups, of those whose machine has one of that sort."""
    broken: list[str]


def judged(cluster: Cluster, proposal: Proposal) -> Verdict:
    """Make the moves one by one."""
    books = Books(cluster.hosts)
    index = {host.name: n for n, host in enumerate(cluster.hosts)}
    group_of = {
        name: (group.name.split("-")[0], int(group.name.split("-")[1]))
        for group in cluster.groups
        if group.scope is not GroupScope.TOGETHER
        for name in group.vms
    }
    at = {vm.name: n for n, host in enumerate(cluster.hosts) for vm in host.vms}
    by_name = {vm.name: vm for host in cluster.hosts for vm in host.vms}
    for name, host in at.items():
        books.add(by_name[name], host, group_of.get(name))
    refused, asked = Counter[str](), Counter[str]()
    for name in list(by_name)[:: max(len(by_name) // 2000, 1)]:
        vm, group = by_name[name], group_of.get(name)
        # A machine counts beside itself nowhere.
        books.add(vm, at[name], group, -1)
        for host in range(len(cluster.hosts)):
            refused.update(books.refusals(vm, host, group))
        kinds = [_MEMORY, _VCPUS, _TAINTS, _REACH]
        kinds += [_HOST if group[0] == "host" else _DOMAIN] if group else []
        asked.update(dict.fromkeys(kinds, len(cluster.hosts)))
        books.add(vm, at[name], group)
    broken: list[str] = []
    for move in proposal.moves():
        vm, group, host = by_name[move.vm], group_of.get(move.vm), index[move.target]
        books.add(vm, at[move.vm], group, -1)
        broken += [f"{move.vm} on {move.target}: {why}" for why in books.refusals(vm, host, group)]
        books.add(vm, host, group)
        at[move.vm] = host
    broken += [
        f"{group.name} is parted"
        for group in cluster.groups
        if group.scope is GroupScope.TOGETHER and len({at[name] for name in group.vms}) > 1
    ]
    return Verdict({kind: refused[kind] / asked[kind] for kind in asked}, broken)


def free_of(cluster: Cluster) -> Cluster:
    """The same pool without anything but memory."""
    hosts = tuple(
        replace(
            host,
            reserve=0,
            vcpu_ratio=None,
            taints=(),
            vms=tuple(replace(vm, tolerates=(), hosts=None) for vm in host.vms),
        )
        for host in cluster.hosts
    )
    return Cluster(hosts)


def main(words: Sequence[str] | None = None) -> int:
    """Run it; 1 where a rule was broken or does not bind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nodes", nargs="?", type=int, default=100)
    parser.add_argument("seed", nargs="?", type=int, default=42)
    chosen = parser.parse_args(words)
    cluster = drawn(chosen.nodes, chosen.seed)
    count = sum(len(host.vms) for host in cluster.hosts)
    sys.stdout.write(
        f"kernel: {IMPLEMENTATION}; {chosen.nodes} hosts, {count} machines, {len(cluster.groups)} groups\n"
    )
    verdict = Verdict({}, [])
    for name, pool in (("without constraints", free_of(cluster)), ("all constraints", cluster)):
        for aim in (Aim.DESCENT, Aim.IMPROVE):
            began = time.process_time()
            proposal = rebalance(pool, aim)
            seconds = time.process_time() - began
            sys.stdout.write(
                f"{name}, {aim}: {len(proposal.steps)} moves, score {proposal.scores[0]:.4f} -> "
                f"{proposal.scores[-1]:.4f}, {seconds:.3f} s, {len(proposal.left())} violations left\n"
            )
            if pool is cluster:
                verdict = judged(cluster, proposal)
                sys.stdout.write(f"  rules broken by any of its moves: {len(verdict.broken)}\n")
                if verdict.broken:
                    sys.stdout.write("\n".join(verdict.broken[:20]) + "\n")
                    return 1
    for kind, share in verdict.refused.items():
        sys.stdout.write(f"refused by {kind}: {100 * share:.1f} % of the pairs\n")
    return int(min(verdict.refused.values()) < 0.01)


if __name__ == "__main__":
    sys.exit(main())
