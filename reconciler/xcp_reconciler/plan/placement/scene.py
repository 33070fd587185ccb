"""A pool as it is now, in the form that the placement kernels and the offline commands compute with."""

from dataclasses import dataclass
from enum import Enum, auto

from xcp_reconciler.model.cluster import MOST_KIB, Cluster, ClusterHost, ClusterVm
from xcp_reconciler.plan.placement.guests import Guest, bound_to, why_it_stays
from xcp_reconciler.plan.placement.hosts import closed
from xcp_reconciler.plan.placement.moment import Moment
from xcp_reconciler.plan.placement.rules import domain_of, groups_of, policy_of
from xcp_reconciler.refs import DEFAULT_NAMESPACE, Ref


class Overfull(Enum):
    """What a host counts as that holds more than it should."""

    BROKEN = auto()
    """Something has to leave it."""
    ACCEPTED = auto()
    """It is full: nothing comes, and nothing has to leave for that."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A pool, and which machine of ours is meant by which name in it."""

    cluster: Cluster
    guests: dict[str, Guest]


def name_of(ref: Ref) -> str:
    """What a machine is called in a pool's description."""
    return ref.name if ref.namespace == DEFAULT_NAMESPACE else f"{ref.namespace}/{ref.name}"


def scene_of(moment: Moment, overfull: Overfull, resting: frozenset[Ref] = frozenset()) -> Scene:
    """Describe a pool. A machine without a host waits for one; one that has a home and takes no memory is left out.

    `resting` are machines that are not to be moved for now.
    """
    names: dict[str, Guest] = {}
    there: dict[str, list[ClusterVm]] = {host: [] for host in moment.room.hosts}
    waiting: list[ClusterVm] = []
    for guest in moment.guests:
        name, home = name_of(guest.ref), guest.home or guest.runs_on
        if home is not None and not guest.need:
            continue
        names[name] = guest
        if home is None:
            bound = bound_to(guest.spec, moment.world, moment.sight)
            reach = moment.eligible.reach(guest.spec)
            within = reach.hosts if bound is None else _both(bound, reach.hosts)
            vcpus = guest.spec.cores if guest.need else 0
            waiting.append(ClusterVm(name, memory=guest.need, vcpus=vcpus, tolerates=reach.tolerates, hosts=within))
        elif home in there:
            stays = why_it_stays(guest, moment.world, moment.sight)
            stays = stays or ("it was moved a short while ago" if guest.ref in resting else "")
            actual = (guest.seen.memory_actual if guest.seen is not None else None) or 0
            reach = moment.eligible.reach(guest.spec, home)
            there[home].append(
                ClusterVm(
                    name,
                    actual,
                    memory=guest.need,
                    vcpus=guest.spec.cores,
                    tolerates=reach.tolerates,
                    hosts=reach.hosts,
                    stays=stays,
                )
            )
    for host in there:
        there[host] += _strangers(host, moment)
    policy = policy_of(moment.pool, moment.world)
    hosts = tuple(_host(host, tuple(vms), moment, overfull) for host, vms in there.items())
    return Scene(Cluster(hosts, groups_of(policy, names), tuple(waiting)), names)


def _both(bound: frozenset[str], hosts: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(sorted(bound if hosts is None else bound.intersection(hosts)))


def _strangers(host: str, moment: Moment) -> list[ClusterVm]:
    """Machines that nobody declared. No ref has a name with a colon."""
    return [
        ClusterVm(f"{host}:{vm.name}", memory=vm.live.memory_size, vcpus=vm.live.cores, stays="it is not declared")
        for uuid, vm in moment.sight.active.get(host, {}).items()
        if uuid not in moment.ours and vm.live is not None
    ]


def _host(host: str, vms: tuple[ClusterVm, ...], moment: Moment, overfull: Overfull) -> ClusterHost:
    world, room = moment.world, moment.room
    spec, view = world.host_spec(host), moment.sight.hosts.get(host)
    policy = policy_of(moment.pool, world)
    total = room.total[host]
    memory = total if total is not None else MOST_KIB
    cpus = (spec.cpus if spec is not None else None) or (view.cpus if view is not None else 0)
    ratio = policy.cpu_ratio if policy is not None else None
    if overfull is Overfull.ACCEPTED:
        memory = max(memory, room.taken[host])
        ratio = max(ratio, sum(vm.vcpus for vm in vms) / cpus) if ratio is not None and cpus else ratio
    return ClusterHost(
        host,
        max(memory, 0),
        vms=vms,
        free=max(memory, 0) - room.taken[host],
        cpus=cpus,
        vcpu_ratio=ratio,
        domain=domain_of(host, policy, world),
        taints=moment.eligible.taints(host),
        closed=world.leaves(host),
        cordoned=closed(host, world, moment.sight) is not None,
    )
