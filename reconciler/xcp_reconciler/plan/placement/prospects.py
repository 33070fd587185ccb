"""Where each machine of a pool would be, and what that leaves free: to be known before anything is done."""

from collections.abc import Iterator
from dataclasses import dataclass

from xcp_reconciler.model.placement import Assigned, Assignment, Unplaced
from xcp_reconciler.plan.placement.guests import Guest
from xcp_reconciler.plan.placement.hosts import Room
from xcp_reconciler.plan.placement.moment import moment_of
from xcp_reconciler.plan.placement.place import place
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref


@dataclass(frozen=True, slots=True)
class Prospect:
    """Where a machine would be, sizes in KiB. `host` is None where nobody takes it; `reasons` say why, host by host.

    `is_new` is whether it has no host yet. For such a one `before` is what the host has free without it and those
    above it, and `after` what it leaves; None where nobody knows.
    """

    ref: Ref
    host: str | None
    need: int
    is_new: bool
    reasons: tuple[str, ...] = ()
    before: int | None = None
    after: int | None = None


def prospects(pool: str, world: World) -> list[Prospect]:
    """All machines of a pool that shall stay, by name; none while nobody has looked at it."""
    moment = moment_of(pool, world)
    if moment is None:
        return []
    found = {**world.assignments, **place(pool, world)}
    guests = sorted((guest for guest in moment.guests if not guest.going), key=lambda guest: guest.ref)
    return list(_prospects(guests, found, moment.room))


def _prospects(guests: list[Guest], found: dict[Ref, Assignment], room: Room) -> Iterator[Prospect]:
    for guest in guests:
        match found.get(guest.ref):
            case Assigned() as home if _is_new(guest):
                before = room.free(home.host)
                room.take(home.host, guest.need)
                yield Prospect(guest.ref, home.host, guest.need, is_new=True, before=before, after=room.free(home.host))
            case Assigned() as home:
                yield Prospect(guest.ref, home.host, guest.need, is_new=False, reasons=home.waiting)
            case Unplaced() as nowhere:
                yield Prospect(guest.ref, None, guest.need, is_new=_is_new(guest), reasons=nowhere.reasons)
            case None:
                host = guest.seen.host if guest.seen is not None else None
                yield Prospect(guest.ref, host, guest.need, is_new=host is None)


def _is_new(guest: Guest) -> bool:
    return guest.home is None and guest.seen is None
