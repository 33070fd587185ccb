"""A pool at one moment: its machines, and the memory that they take wherever they are and may be."""

from dataclasses import dataclass
from functools import cached_property

from xcp_reconciler.plan.placement.eligible import Eligible
from xcp_reconciler.plan.placement.guests import Guest, guests_of
from xcp_reconciler.plan.placement.hosts import Room
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import host_ref


@dataclass(frozen=True)
class Moment:
    """What placement knows. `ours` are the backend uuids of what is declared."""

    pool: str
    world: World
    sight: Sight
    guests: tuple[Guest, ...]
    ours: frozenset[str]

    @cached_property
    def eligible(self) -> Eligible:
        """Which machines the hosts are for."""
        declared = self.world.declared
        return Eligible({host: declared.desired[host_ref(host)] for host in declared.hosts.get(self.pool, ())})

    def has_to_leave(self, guest: Guest) -> bool:
        """Whether a machine has to leave the host that it runs on, for a maintenance or for a taint."""
        host = guest.runs_on
        return host is not None and (self.world.leaves(host) or self.eligible.has_to_leave(host, guest.spec))

    @cached_property
    def room(self) -> Room:
        """The memory of the hosts, everybody counted: who is on its way at both ends, others' machines where they run.

        Counted when it is first asked for: mostly everybody is at home, and nobody asks.
        """
        room = Room(self.pool, self.world, self.sight)
        for guest in self.guests:
            for host in guest.places:
                room.take(host, guest.need)
        for uuid, copies in self.sight.vms.items():
            if uuid not in self.ours:
                for copy in copies:
                    if is_active(copy) and copy.live is not None:
                        room.take(copy.host, copy.live.memory_size)
        return room


def moment_of(pool: str, world: World) -> Moment | None:
    """A pool as the world shows it now; None while nobody has looked at it."""
    sight = world.sights.get(pool)
    if sight is None:
        return None
    guests = tuple(guests_of(pool, world, sight))
    return Moment(pool, world, sight, guests, frozenset(guest.seen.uuid for guest in guests if guest.seen is not None))
