"""What a look teaches about a guest: whether it comes nearer to its target, how fast, and whether it listens at all."""

from dataclasses import replace

from xcp_reconciler.model.memory import GuestKnowledge
from xcp_reconciler.plan.memory.limits import PROGRESS, TOLERANCE, USEFUL_SPEED
from xcp_reconciler.plan.memory.types import GuestMemory, Policy

# Shorter than any look takes: what happened within is no speed.
_INSTANT = 1e-3


def way(actual: int, target: int) -> int:
    """Where a guest has to go to be at its target: -1 down, 1 up, 0 it is there."""
    gap = target - actual
    return 0 if abs(gap) <= TOLERANCE else 1 if gap > 0 else -1


def learn(policy: Policy, guest: GuestMemory, known: GuestKnowledge, seen_at: float, now: float) -> GuestKnowledge:
    """What is known after a look that began at `seen_at`; the same when it shows nothing new."""
    if known.actual is not None and seen_at <= known.seen_at:
        return known
    direction = way(guest.actual, guest.target)
    if known.way and direction != known.way:
        known = _ended(_nearer(guest, known, seen_at))
    elif not known.way and not direction and _ours(guest, known):
        # The whole way between two looks.
        known = _ended(_nearer(guest, _set_out(guest, known, seen_at), seen_at))
    if direction and direction != known.way:
        known = _set_out(guest, known, seen_at)
    known = replace(_nearer(guest, known, seen_at), actual=guest.actual, seen_at=seen_at)
    return _judged(policy, guest, known, now)


def mean_speed(known: GuestKnowledge) -> float:
    """KiB per second since it set out, pauses and all."""
    return abs(known.mark - known.off_from) / max(known.seen_at - known.off_since, _INSTANT)


def pace(known: GuestKnowledge) -> float | None:
    """What it gives back in a second, as far as anybody knows: the slower of what is remembered and what is seen."""
    if known.way < 0 and known.mark != known.off_from:
        seen = mean_speed(known)
        return seen if known.speed is None else min(seen, known.speed)
    return known.speed


def silence(known: GuestKnowledge) -> float:
    """For how many seconds it has been away from its target without coming nearer, as far as was seen."""
    return known.seen_at - known.moved_at if known.way else 0.0


def _ours(guest: GuestMemory, known: GuestKnowledge) -> bool:
    """Whether its target is one that we have sent since the last look."""
    return known.actual is not None and known.asked == guest.target and known.asked_at >= known.seen_at


def _set_out(guest: GuestMemory, known: GuestKnowledge, seen_at: float) -> GuestKnowledge:
    since, start = seen_at, guest.actual
    if _ours(guest, known) and known.actual is not None:
        since, start = known.asked_at, known.actual
    direction = way(start, guest.target)
    return replace(known, way=direction, off_since=since, off_from=start, mark=start, moved_at=since)


def _nearer(guest: GuestMemory, known: GuestKnowledge, seen_at: float) -> GuestKnowledge:
    if (guest.actual - known.mark) * known.way < PROGRESS:
        return known
    # It listens after all.
    return replace(known, mark=guest.actual, moved_at=seen_at, deaf_until=None)


def _ended(known: GuestKnowledge) -> GuestKnowledge:
    """It is at its target, or its target is elsewhere now."""
    speed = known.speed
    if known.way < 0 and known.mark != known.off_from:
        # What was seen is the least that it can: it may have been there long before the look.
        seen = abs(known.mark - known.off_from) / max(known.moved_at - known.off_since, _INSTANT)
        speed = seen if speed is None else (speed + seen) / 2
    return replace(known, way=0, speed=speed)


def _judged(policy: Policy, guest: GuestMemory, known: GuestKnowledge, now: float) -> GuestKnowledge:
    """Whether it counts as uncooperative from now on."""
    if not known.way or guest.migrating or not guest.ballooning:
        return known
    if known.deaf_until is not None and known.off_since < known.deaf_until:
        if now < known.deaf_until:
            return known
        # It is tried once more, and has as long for it as the first time.
        seen_at = known.seen_at
        return replace(known, off_since=seen_at, off_from=guest.actual, mark=guest.actual, moved_at=seen_at)
    off_for = known.seen_at - known.off_since
    useless = silence(known) >= policy.uncooperative_after or mean_speed(known) < USEFUL_SPEED
    if off_for < policy.uncooperative_after or not useless:
        return known
    return replace(known, deaf_until=now + policy.retry_after)
