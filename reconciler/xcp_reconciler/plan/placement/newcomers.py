"""Hosts for the machines that have none, all compared together by the kernel."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from xcp_reconciler.model.cluster import Cluster, ClusterGroup, ClusterVm, GroupScope
from xcp_reconciler.model.desired import Strategy, VmSpec
from xcp_reconciler.model.placement import Assigned, Assignment, Unplaced
from xcp_reconciler.plan.placement.guests import origin_of
from xcp_reconciler.plan.placement.hosts import closed
from xcp_reconciler.plan.placement.moment import Moment
from xcp_reconciler.plan.placement.rules import policy_of
from xcp_reconciler.plan.placement.scene import Overfull, Scene, name_of, scene_of
from xcp_reconciler.plan.rebalance.batch import Placed, place_batch
from xcp_reconciler.refs import Ref


def hosts_for(homeless: AbstractSet[Ref], moment: Moment) -> dict[Ref, Assignment]:
    """A host for each of these machines, which `moment.room` does not count, or a reason for each host that refuses.

    Without a policy hosts are filled in the order of their names: who wants load to be spread says so.
    """
    placed = _placed(homeless, moment)
    made: dict[Ref, Assignment] = {}
    origins = {guest.ref: origin_of(guest, moment.world) for guest in moment.guests if guest.ref in homeless}
    for ref in sorted(homeless):
        host, origin = placed.hosts.get(name_of(ref)), origins.get(ref)
        if host is None:
            made[ref] = Unplaced(_reasons(ref, placed, moment))
        else:
            made[ref] = Assigned(host, origin=origin if origin != host else None)
    return made


def why_nowhere(ref: Ref, moment: Moment) -> tuple[str, ...]:
    """Why no host takes a machine, which `moment.room` counts; empty when one does."""
    placed = _placed({ref}, moment)
    return _reasons(ref, placed, moment) if name_of(ref) not in placed.hosts else ()


def _placed(homeless: AbstractSet[Ref], moment: Moment) -> Placed:
    guests = tuple(
        replace(guest, current=None, seen=None) if guest.ref in homeless else guest for guest in moment.guests
    )
    policy = policy_of(moment.pool, moment.world)
    scene = scene_of(replace(moment, guests=guests), Overfull.ACCEPTED)
    spread = policy is not None and policy.strategy is Strategy.SPREAD
    return place_batch(_beside_leavers(scene), spread=spread, failures=policy.failures if policy is not None else 0)


def _beside_leavers(scene: Scene) -> Cluster:
    """The pool with everybody who is on its way at both ends: nobody comes beside it who may not be there."""
    left: defaultdict[str, list[ClusterVm]] = defaultdict(list)
    twins: defaultdict[str, list[str]] = defaultdict(list)
    for name, guest in scene.guests.items():
        for host in sorted(guest.places - {guest.home}) if guest.home is not None else ():
            twin = f"{name} leaves {host}"
            twins[name].append(twin)
            # Its memory is counted there as nobody's.
            left[host].append(ClusterVm(twin, memory=0, stays="it leaves"))
    if not left:
        return scene.cluster
    hosts = tuple(replace(host, vms=(*host.vms, *left[host.name])) for host in scene.cluster.hosts)
    return replace(scene.cluster, hosts=hosts, groups=tuple(_with(twins, group) for group in scene.cluster.groups))


def _with(twins: Mapping[str, list[str]], group: ClusterGroup) -> ClusterGroup:
    if group.scope is GroupScope.TOGETHER:
        return group
    return replace(group, vms=(*group.vms, *(twin for name in group.vms for twin in twins.get(name, ()))))


def _reasons(ref: Ref, placed: Placed, moment: Moment) -> tuple[str, ...]:
    if placed.flaws:
        return placed.flaws
    refused = zip(moment.room.hosts, placed.refused.get(name_of(ref), ()), strict=False)
    reasons = (closed(host, moment.world, moment.sight) or _unsuited(ref, host, moment) or why for host, why in refused)
    return tuple(reasons) or ("the pool has no hosts",)


def _unsuited(ref: Ref, host: str, moment: Moment) -> str | None:
    spec = moment.world.declared.desired[ref].spec
    return moment.eligible.refusal(host, spec) if isinstance(spec, VmSpec) else None
