"""The demand that targets are made for: it follows what a guest wants only when that has left its band for a while.

The band: demand within `(1 - high, 1 + low)` of the anchor (15 % below to 8 % above, by default), or within `min_delta`
of it, moves nothing; nor does demand outside for less than `hold`. The new anchor is then the highest demand since it
left the band, so a guest never gets less than it wanted at some moment of the hold.

A guest that was seen to come up is taken to need all that it has, until it has said otherwise for a hold: its programs
are only starting, and a kernel that is left without memory by then kills them, or itself.
"""

from dataclasses import replace

from xcp_reconciler.model.memory import GuestKnowledge, HostKnowledge
from xcp_reconciler.plan.memory.limits import FORGOTTEN_AFTER, TELLS_WITHIN
from xcp_reconciler.plan.memory.types import GuestMemory, HostMemory, Policy


def band(policy: Policy, anchor: int) -> tuple[int, int]:
    """The least and the most demand, KiB, that moves nothing."""
    down = max(int(anchor * policy.high), policy.min_delta)
    up = max(int(anchor * policy.low), policy.min_delta)
    return anchor - down, anchor + up


def settle(policy: Policy, guest: GuestMemory, known: GuestKnowledge, seen_at: float) -> GuestKnowledge:
    """The anchor after a look that began at `seen_at` and showed this guest."""
    if not guest.ballooning:
        return replace(known, driverless=True)
    if known.driverless:
        known = replace(
            known,
            driverless=False,
            up_since=seen_at,
            anchor=guest.actual,
            heard_at=seen_at,
            beyond_since=None,
            beyond_peak=0,
        )
    demand = guest.demand
    if demand is None:
        if not known.heard_at:
            # Remembered from before a restart: it is as good as heard now.
            return replace(known, heard_at=seen_at)
        if known.anchor is None or seen_at < _forgotten_at(known):
            return known
        return replace(known, anchor=None, beyond_since=None, beyond_peak=0, up_since=None)
    if known.up_since is not None and known.anchor is not None:
        known = replace(known, anchor=max(known.anchor, demand), up_since=None)
    known = replace(known, heard_at=seen_at)
    if known.anchor is None:
        return replace(known, anchor=demand, beyond_since=None, beyond_peak=0)
    least, most = band(policy, known.anchor)
    if least <= demand <= most:
        return replace(known, beyond_since=None, beyond_peak=0)
    other_side = known.beyond_since is not None and (demand > most) != (known.beyond_peak > most)
    if known.beyond_since is None or other_side:
        known = replace(known, beyond_since=seen_at, beyond_peak=demand)
    since, peak = known.beyond_since, max(known.beyond_peak, demand)
    if since is not None and seen_at >= since + policy.hold:
        return replace(known, anchor=peak, beyond_since=None, beyond_peak=0)
    return replace(known, beyond_peak=peak)


def _forgotten_at(known: GuestKnowledge) -> float:
    return known.heard_at + FORGOTTEN_AFTER if known.up_since is None else known.up_since + TELLS_WITHIN


def settle_others(policy: Policy, host: HostMemory, others: int, known: HostKnowledge) -> HostKnowledge:
    """The same for what others hold: more counts at once, less when it has been less for a hold."""
    known = replace(known, seen_at=host.seen_at)
    if known.others is None or others >= known.others:
        return replace(known, others=others, below_since=None, below_peak=0)
    # A time that is still to come is from before the clock was set back.
    since = host.seen_at if known.below_since is None else min(known.below_since, host.seen_at)
    peak = max(known.below_peak, others)
    if host.seen_at >= since + policy.hold:
        if known.others - peak < policy.min_delta:
            return replace(known, below_since=None, below_peak=0)
        return replace(known, others=peak, below_since=None, below_peak=0)
    return replace(known, below_since=since, below_peak=peak)
