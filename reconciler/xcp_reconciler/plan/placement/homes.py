"""The home of one machine where that needs no comparison of hosts: pinned, running somewhere, or on its way."""

from collections.abc import Mapping
from dataclasses import replace

from xcp_reconciler.model.observed import ObservedVm
from xcp_reconciler.model.placement import Assigned, Assignment, Unplaced
from xcp_reconciler.plan.placement.guests import Guest, goes_back_to, local_volumes, origin_of
from xcp_reconciler.plan.placement.hosts import Room
from xcp_reconciler.plan.placement.moment import Moment
from xcp_reconciler.plan.placement.rules import breaks_a_rule
from xcp_reconciler.plan.sight import is_active
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref


def home_of(guest: Guest, moment: Moment, decided: Mapping[Ref, Assignment]) -> Assignment | None:
    """Where a machine may be now, itself not counted in the moment's room; None: a host has to be found for it.

    `decided` is what was decided of others in the same turn.
    """
    room, world = moment.room, moment.world
    if guest.spec.host is not None:
        return _pinned(guest, guest.spec.host, room, world)
    if guest.seen is not None:
        return _on_its_way(guest, guest.seen, moment) or _stay_or_move(guest, guest.seen, moment, decided)
    current = guest.current
    # A volume on local storage may already be on its way to where the machine was going to be.
    if (
        isinstance(current, Assigned)
        and not world.fenced(current.host)
        and not (_is_unwelcome(guest, current.host, moment) and moment.sight.answers(current.host))
        and (room.lack(current.host, guest.need) is None or any(True for _ in local_volumes(guest.spec, world)))
    ):
        return current
    return None


def _is_unwelcome(guest: Guest, host: str, moment: Moment) -> bool:
    return moment.world.leaves(host) or moment.eligible.refusal(host, guest.spec) is not None


def _pinned(guest: Guest, host: str, room: Room, world: World) -> Assignment:
    current, seen = guest.current, guest.seen
    if seen is not None and seen.host == host and is_active(seen):
        return Assigned(host)
    if guest.need and world.leaves(host):
        refusal: str | None = f"{host} is in maintenance"
    else:
        at_home = (isinstance(current, Assigned) and current.host == host) or (seen is not None and seen.host == host)
        refusal = room.lack(host, guest.need) if at_home else room.refusal(host, guest.need)
    if refusal is None:
        return Assigned(host)
    if seen is None or seen.host == host:
        return Unplaced((refusal,))
    stays = is_active(seen) or not guest.need or room.refusal(seen.host, guest.need) is None
    return Assigned(seen.host, (refusal,)) if stays else Unplaced((refusal,))


def _on_its_way(guest: Guest, seen: ObservedVm, moment: Moment) -> Assignment | None:
    """What was sent from one host to another has arrived, or keeps its permission while it has not."""
    current = guest.current
    if not isinstance(current, Assigned) or current.leaving is None:
        return None
    if seen.host == current.host:
        # For a moment both hosts show it, and until its move is over it can still turn out to be in vain.
        over = seen.uuid not in moment.sight.jobs and seen.uuid not in moment.sight.active.get(current.leaving, {})
        return Assigned(current.host, origin=goes_back_to(guest, current.host)) if over else current
    if seen.host == current.leaving:
        under_way = bool(moment.world.history(guest.ref).intents) or seen.uuid in moment.sight.jobs
        called_off = current.leaving == current.origin and not moment.world.leaves(current.leaving)
        suits = moment.eligible.refusal(current.host, guest.spec) is None
        may_go = is_active(seen) and not called_off and suits and moment.room.refusal(current.host, guest.need) is None
        if under_way or may_go:
            return current
    # Somebody took it elsewhere, it is off, it may stay after all, or its new host does not take it any more.
    return None


def _stay_or_move(
    guest: Guest, seen: ObservedVm, moment: Moment, decided: Mapping[Ref, Assignment]
) -> Assignment | None:
    current = guest.current
    if is_active(seen) or not guest.need or _takes(guest, seen.host, moment, decided):
        return Assigned(seen.host, origin=goes_back_to(guest, seen.host))
    if not isinstance(current, Assigned) or current.host in {seen.host, current.leaving}:
        return None
    # A host that does not answer is waited for: it may be there already.
    silent = not moment.sight.answers(current.host) and not moment.world.fenced(current.host)
    waits = silent and not _is_unwelcome(guest, current.host, moment)
    if waits or _takes(guest, current.host, moment, decided):
        return replace(current, origin=origin_of(guest, moment.world))
    return None


def _takes(guest: Guest, host: str, moment: Moment, decided: Mapping[Ref, Assignment]) -> bool:
    """Whether a machine may start on a host, beside all others as they are and are to be."""
    refusal = moment.room.refusal(host, guest.need) or moment.eligible.refusal(host, guest.spec)
    return refusal is None and not breaks_a_rule(guest, host, moment, decided)
