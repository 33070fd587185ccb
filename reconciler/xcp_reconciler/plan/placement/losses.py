"""A pool as it would have to survive the loss of hosts: what restarts, and what there is room for."""

from dataclasses import replace

from xcp_reconciler.model.cluster import Cluster, ClusterHost
from xcp_reconciler.plan.placement.moment import Moment
from xcp_reconciler.plan.placement.scene import Overfull, scene_of


def losses_of(moment: Moment) -> Cluster:
    """The machines that are declared, each with the memory that it is placed with, and what hosts have for them.

    What others run is lost with its host, and takes room on those that are left. A host that takes nobody now takes
    nobody then.
    """
    scene = scene_of(moment, Overfull.BROKEN)
    hosts = tuple(_host(host, frozenset(scene.guests)) for host in scene.cluster.hosts)
    return Cluster(hosts)


def _host(host: ClusterHost, ours: frozenset[str]) -> ClusterHost:
    vms = tuple(replace(vm, minimum=vm.needs) for vm in host.vms if vm.name in ours)
    others = sum(vm.needs for vm in host.vms if vm.name not in ours)
    return replace(host, memory=max(host.memory - others, 0), free=None, vms=vms, closed=host.closed or host.cordoned)
