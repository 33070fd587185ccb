"""Whether a pool survives the loss of hosts, and the set of hosts that shows it. Memory in KiB.

Any number of hosts, up to a given one, is lost at once. Their machines restart at their minimum, each on one host that
is left; all others stay where they are, at their minimum too, whether their balloons answer or not. The reserve of
each host stays free. Nothing is added to what the pool says, and of its rules only memory and closed hosts count.
"""

from array import array
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from math import comb, inf, lgamma, log
from typing import Final

from xcp_kernels.failures import Figure, Ground, Verdict, restart, tolerates
from xcp_reconciler.model.cluster import Cluster, ClusterHost

__all__ = ["Ground", "Proof", "Restart", "Room", "Survival", "survives", "survives_loss"]

# Sets of more hosts than this are not made smaller in search of what is to blame.
_MOST_TO_BLAME: Final = 32
_MOST_SETS: Final = 63 * log(2)


@dataclass(frozen=True, slots=True)
class Restart:
    """A machine of a lost host: how much it needs and where it restarts; `target` is None where it has no place."""

    vm: str
    source: str
    size: int
    target: str | None


@dataclass(frozen=True, slots=True)
class Room:
    """A host that is left: what is free of it before machines restart there, and after."""

    host: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Proof:
    """How a NO is known: the ground, and the figures that it speaks of (see `Ground`)."""

    ground: Ground
    size: int
    need: int
    have: int
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Survival:
    """What was found, and the set of lost hosts that shows it.

    `tolerates` is None if time ran out. `lost` is then a set that nothing is known of, empty if no set was reached.
    False: it is a set that has no plan, and no part of it was found to have none. True: the set that was hardest to
    plan for. `restarts` and `rooms` tell of that set; of a set without a plan they tell how far the simplest one
    comes. `sets` is how many sets there are, None for more than 2^63; `packed` were planned for one by one, `searched`
    among them needed more than the simplest plan, and the rest is known by sums over all sets at once.
    """

    tolerates: bool | None
    failures: int
    lost: tuple[str, ...]
    restarts: tuple[Restart, ...]
    rooms: tuple[Room, ...]
    proof: Proof | None
    sets: int | None
    packed: int
    searched: int


def survives(cluster: Cluster, failures: int, deadline: float = inf) -> Survival:
    """Whether every machine restarts, whichever `failures` hosts or fewer are lost at once.

    Args:
        cluster: the pool.
        failures: how many hosts, 0 or more.
        deadline: a time of `time.monotonic` after which it is given up.

    Returns:
        What was found.

    Raises:
        ValueError: `failures` is negative, or the pool is too large to be added up exactly.
    """
    pool = _Arrays(cluster)
    count = min(failures, len(cluster.hosts))
    lost = array("q", bytes(8 * len(cluster.hosts)))
    figures = array("q", bytes(8 * len(Figure)))
    verdict = Verdict(tolerates(pool.offsets, pool.sizes, pool.room, count, -1, deadline, lost, figures))
    found = _Found(verdict, figures)
    if verdict is Verdict.NO and found.ground is not Ground.OVERFULL and 1 < sum(lost) <= _MOST_TO_BLAME:
        found = _blame(pool, lost, found, deadline)
    # What was found to be possible once is found again; of all else the simplest plan shows how far it comes.
    shown = _restarted(pool, lost, work=-1 if verdict is Verdict.YES else 0)
    return replace(_survival(pool, lost, found, shown), failures=count, sets=_sets(len(cluster.hosts), count))


def survives_loss(cluster: Cluster, hosts: Collection[str], deadline: float = inf) -> Survival:
    """Whether every machine restarts when just these hosts are lost; all of them are of the pool.

    Raises:
        ValueError: the pool is too large to be added up exactly.
    """
    pool = _Arrays(cluster)
    lost = array("q", [int(host.name in hosts) for host in cluster.hosts])
    found = _restarted(pool, lost, deadline=deadline)
    return _survival(pool, lost, found, found)


class _Arrays:
    """A pool as the kernel reads it."""

    def __init__(self, cluster: Cluster) -> None:
        self.hosts = cluster.hosts
        self.offsets = array("q", [0])
        self.sizes = array("q")
        self.room = array("q", map(_room, cluster.hosts))
        for host in cluster.hosts:
            self.sizes.extend(vm.minimum for vm in host.vms)
            self.offsets.append(len(self.sizes))


def _room(host: ClusterHost) -> int:
    """What the machines of a host may have together, KiB.

    Where the file says what is free, what neither that nor the machines account for is the host's own. A closed host
    keeps what it has.
    """
    if host.closed:
        return sum(vm.minimum for vm in host.vms)
    own = 0 if host.free is None else max(0, host.memory - host.free - sum(vm.needs for vm in host.vms))
    return host.memory - host.reserve - own


@dataclass(frozen=True, slots=True)
class _Found:
    """What the kernel said; `where` is the host of each machine then, -1 for none."""

    verdict: Verdict
    figures: "array[int]"
    where: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def ground(self) -> Ground:
        return Ground(self.figures[Figure.GROUND])


def _restarted(pool: _Arrays, lost: "array[int]", *, work: int = -1, deadline: float = inf) -> _Found:
    where = array("q", bytes(8 * len(pool.sizes)))
    figures = array("q", bytes(8 * len(Figure)))
    verdict = restart(pool.offsets, pool.sizes, pool.room, lost, work, deadline, where, figures)
    return _Found(Verdict(verdict), figures, where)


def _blame(pool: _Arrays, lost: "array[int]", found: _Found, deadline: float) -> _Found:
    """Give hosts of a set back that has no plan, as long as it has none without them either."""
    counted = found.figures
    for host, gone in enumerate(lost):
        if not gone or sum(lost) == 1:
            continue
        lost[host] = 0
        without = _restarted(pool, lost, deadline=deadline)
        if without.verdict is Verdict.NO:
            found = without
        else:
            lost[host] = 1
    for figure in (Figure.PACKED, Figure.SEARCHED, Figure.STEPS):
        found.figures[figure] = counted[figure]
    return found


def _survival(pool: _Arrays, lost: "array[int]", found: _Found, shown: _Found) -> Survival:
    if found.verdict is Verdict.INVALID:
        raise ValueError(_invalid(found))
    names = [host.name for host in pool.hosts]
    restarts: list[Restart] = []
    before = [room - sum(vm.minimum for vm in host.vms) for room, host in zip(pool.room, pool.hosts, strict=True)]
    after = list(before)
    for number, host in enumerate(pool.hosts):
        if not lost[number]:
            continue
        for vm, target in zip(host.vms, shown.where[pool.offsets[number] :], strict=False):
            restarts.append(Restart(vm.name, host.name, vm.minimum, names[target] if target >= 0 else None))
            if target >= 0:
                after[target] -= vm.minimum
    return Survival(
        None if found.verdict is Verdict.UNKNOWN else found.verdict is Verdict.YES,
        sum(lost),
        tuple(name for name, gone in zip(names, lost, strict=True) if gone),
        tuple(sorted(restarts, key=lambda one: -one.size)),
        tuple(Room(name, before[n], after[n]) for n, name in enumerate(names) if not lost[n]),
        _proof(pool, found) if found.verdict is Verdict.NO else None,
        1,
        found.figures[Figure.PACKED],
        found.figures[Figure.SEARCHED],
    )


def _proof(pool: _Arrays, found: _Found) -> Proof:
    figures, ground = found.figures, found.ground
    host = pool.hosts[figures[Figure.HOST]].name if ground is Ground.OVERFULL else None
    return Proof(ground, figures[Figure.SIZE], figures[Figure.NEED], figures[Figure.HAVE], host)


def _sets(hosts: int, count: int) -> int | None:
    """How many sets of so many hosts there are."""
    if lgamma(hosts + 1) - lgamma(count + 1) - lgamma(hosts - count + 1) > _MOST_SETS:
        return None
    return comb(hosts, count)


def _invalid(found: _Found) -> str:
    if found.ground is Ground.NEGATIVE:
        return "the number of lost hosts is negative" if found.figures[Figure.NEED] < 0 else "a minimum is negative"
    return "the sizes of this pool are too large to be added up"
