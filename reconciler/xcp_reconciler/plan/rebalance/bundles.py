"""Machines that have to stay together and are together: to the kernel they are one item, for they move as one."""

from collections.abc import Mapping
from dataclasses import dataclass

from xcp_reconciler.model.cluster import Cluster, ClusterGroup, ClusterVm, GroupScope


@dataclass(frozen=True, slots=True)
class Bundle:
    """Machines of one host that move as one; mostly just one. `host` is None for one that waits for a host."""

    vms: tuple[ClusterVm, ...]
    host: str | None
    stays: str
    """Why it is not to be moved; "" where it may be."""

    @property
    def name(self) -> str:
        """What people call it."""
        return " + ".join(vm.name for vm in self.vms)


def bundles(cluster: Cluster) -> list[Bundle]:
    """All machines, in the order of the file; those that wait for a host are the last, each for itself."""
    leader = _leaders(cluster)
    members: dict[tuple[str, str], list[ClusterVm]] = {}
    for host in cluster.hosts:
        for vm in host.vms:
            members.setdefault((leader.get(vm.name, vm.name), host.name), []).append(vm)
    apart = _apart(cluster)
    made: list[Bundle] = []
    for (_, at), vms in members.items():
        stays = _stays(vms, apart)
        if stays:
            # They do not have to move as one, and a group that parts them counts each of them.
            made.extend(Bundle((vm,), at, stays) for vm in vms)
        else:
            made.append(Bundle(tuple(vms), at, stays))
    made.sort(key=lambda bundle: bundle.vms[0].number)
    return [*made, *(Bundle((vm,), None, "") for vm in cluster.waiting)]


def _leaders(cluster: Cluster) -> dict[str, str]:
    """For each machine in a required Together group, the first machine that it is bound to, through any of them."""
    leader: dict[str, str] = {}

    def first(name: str) -> str:
        while leader.get(name, name) != name:
            name = leader[name]
        return name

    for group in cluster.groups:
        if group.scope is GroupScope.TOGETHER and group.price is None and group.vms:
            head = first(group.vms[0])
            for name in group.vms:
                leader[first(name)] = head
                head = first(head)
    return {name: first(name) for name in leader}


def _apart(cluster: Cluster) -> Mapping[str, list[ClusterGroup]]:
    found: dict[str, list[ClusterGroup]] = {}
    for group in cluster.groups:
        if group.scope is not GroupScope.TOGETHER:
            for name in group.vms:
                found.setdefault(name, []).append(group)
    return found


def _stays(vms: list[ClusterVm], apart: Mapping[str, list[ClusterGroup]]) -> str:
    for vm in vms:
        if vm.stays:
            return vm.stays if len(vms) == 1 else f"{vm.name}: {vm.stays}"
    seen: dict[str, str] = {}
    for vm in vms:
        for group in apart.get(vm.name, ()):
            if group.name in seen:
                return f"it has to stay with {seen[group.name]}, and group {group.name} parts them"
            seen[group.name] = vm.name
    return ""
