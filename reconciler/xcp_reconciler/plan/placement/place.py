"""The assignments of a pool: who may be where.

Only what runs or shall run takes room, at `memory.max` or what a memory policy makes of it; a halted machine's
assignment is just its home. An assignment is the permission to be there now: a move is permitted once there is room
beside everything that is there already.
"""

from dataclasses import replace

from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.plan.placement.guests import Guest, at_home
from xcp_reconciler.plan.placement.homes import home_of
from xcp_reconciler.plan.placement.hosts import Room
from xcp_reconciler.plan.placement.moment import Moment, moment_of
from xcp_reconciler.plan.placement.moves import moves_of
from xcp_reconciler.plan.placement.newcomers import hosts_for
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref


def place(pool: str, world: World) -> dict[Ref, Assignment]:
    """The assignments of a pool's machines that change now."""
    moment = moment_of(pool, world)
    if moment is None:
        return {}
    changed = _homes(moment)
    if changed:
        moment = moment_of(pool, replace(world, assignments={**world.assignments, **changed})) or moment
    return {**changed, **moves_of(moment)}


def _homes(moment: Moment) -> dict[Ref, Assignment]:
    """Homes for those who are not at home."""
    away = [guest for guest in moment.guests if not guest.going and not at_home(guest)]
    if not away:
        return {}
    room, changed, homeless = moment.room, dict[Ref, Assignment](), list[Guest]()
    # Who has arrived leaves room behind for others.
    for guest in sorted(away, key=lambda one: not isinstance(one.current, Assigned) or one.current.leaving is None):
        # Where it is not yet, it is placed anew beside all others: others may have come, or come to light, since.
        _count(guest, -guest.need, room)
        assignment = home_of(guest, moment, changed)
        if assignment is None:
            homeless.append(guest)
            continue
        _count(replace(guest, current=assignment), guest.need, room)
        if assignment != guest.current:
            changed[guest.ref] = assignment
    if homeless:
        known = {guest.ref: guest.current for guest in homeless}
        settled = tuple(replace(guest, current=changed.get(guest.ref, guest.current)) for guest in moment.guests)
        found = hosts_for(frozenset(known), replace(moment, guests=settled))
        changed.update((ref, one) for ref, one in found.items() if one != known[ref])
    return changed


def _count(guest: Guest, need: int, room: Room) -> None:
    """Count memory at both ends of a machine; where it runs it is counted anyway."""
    for host in guest.places - {guest.runs_on}:
        room.take(host, need)
