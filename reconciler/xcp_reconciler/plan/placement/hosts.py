"""What hosts offer to machines: how much memory, and whether they take anybody at all."""

from xcp_reconciler.plan.policies import reserve_of
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import World
from xcp_reconciler.units import format_kib


def installed(host: str, world: World, sight: Sight) -> int | None:
    """The memory that a host has, in KiB, as declared or else as it says; None where nobody knows."""
    spec = world.host_spec(host)
    view = sight.hosts.get(host)
    return (spec.memory_kib if spec is not None else None) or (view.memory if view is not None else 0) or None


def capacity(host: str, world: World, sight: Sight) -> int | None:
    """The memory that a host has for machines, in KiB; None where nobody knows."""
    total = installed(host, world, sight)
    return total - reserve_of(host, total, world) if total is not None else None


def closed(host: str, world: World, sight: Sight) -> str | None:
    """Why a host takes nobody, however much room it has; None when it takes machines."""
    spec = world.host_spec(host)
    if world.fenced(host):
        return f"{host} is fenced"
    if not sight.answers(host):
        return f"{host} does not answer"
    if world.leaves(host):
        return f"{host} is in maintenance"
    if spec is not None and not spec.schedulable:
        return f"{host} is not schedulable"
    return None


class Room:
    """The memory of each host of a pool, in KiB: what there is, and what is taken."""

    def __init__(self, pool: str, world: World, sight: Sight) -> None:
        self.hosts = world.declared.hosts.get(pool, ())
        self._world = world
        self._sight = sight
        self.total: dict[str, int | None] = {host: capacity(host, world, sight) for host in self.hosts}
        self.taken: dict[str, int] = dict.fromkeys(self.hosts, 0)

    def take(self, host: str, need: int) -> None:
        """Count memory as taken on a host of the pool."""
        if host in self.taken:
            self.taken[host] += need

    def free(self, host: str) -> int | None:
        """What is left of a host's memory for machines; None where nobody knows."""
        total = self.total.get(host)
        return max(total - self.taken[host], 0) if total is not None else None

    def refusal(self, host: str, need: int) -> str | None:
        """Why a host cannot take `need` KiB more; None when it can."""
        if host not in self.taken:
            return f"{host} is not a declared host of this pool"
        return closed(host, self._world, self._sight) or self.lack(host, need)

    def lack(self, host: str, need: int) -> str | None:
        """Why the memory of a host is not enough for `need` KiB more; None when it is, or when nobody can say."""
        total = self.total.get(host)
        if total is None or not self._sight.answers(host):
            return None
        free = total - self.taken[host]
        if need and need > free:
            return f"{host} has {format_kib(max(free, 0))} free and {format_kib(need)} is needed"
        return None
