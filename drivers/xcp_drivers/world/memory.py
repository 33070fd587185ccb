"""How much memory guests hold, and hosts have left. KiB and unix seconds."""

from xcp_drivers.world import balloon
from xcp_drivers.world.change import Change
from xcp_drivers.world.encoding import config_of
from xcp_drivers.world.habits import Habit
from xcp_drivers.world.rows import GuestRow, HostRow


def held(guest: GuestRow, now: float, speed: int) -> int:
    """What a guest holds now: 0 when nothing runs."""
    if guest.live is None:
        return 0
    return balloon.position(Habit(guest.habit), guest.left_from, guest.goal, speed, (guest.left_at, now))


def asked(guest: GuestRow, now: float, speed: int) -> GuestRow:
    """A running guest after its balloon was given the target that its live configuration names."""
    if guest.live is None:
        return guest
    live, habit = config_of(guest.live), Habit(guest.habit)
    start, at = held(guest, now, speed), max(now, guest.booted_at)
    end = balloon.goal(habit, start, live.memory_target, live.memory_size)
    still = balloon.arrival(habit, start, end, speed, at)
    return guest._replace(left_at=at, left_from=start, goal=end, still_at=still)


def frozen(guest: GuestRow, now: float, speed: int) -> GuestRow:
    """A guest whose balloon stops where it is."""
    here = held(guest, now, speed)
    return guest._replace(left_at=now, left_from=here, goal=here, still_at=now)


def free(change: Change, host: HostRow) -> int:
    """What a host could still give now: what nobody holds, and no incoming machine has been promised."""
    speed = change.pace.balloon_kib_s
    moving = change.guests("host = ? AND goal > 0 AND still_at > ?", host.name, change.now)
    still_to_move = sum(held(guest, change.now, speed) - guest.goal for guest in moving)
    incoming = sum(job.memory for job in change.jobs("target = ?", host.name))
    return host.memory - host.claimed - still_to_move - incoming
