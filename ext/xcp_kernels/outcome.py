"""What a kernel says beside its numbers: one status for each host, one reason for each guest."""

from enum import IntEnum


class Status(IntEnum):
    """How a host came out; a call returns the gravest of its hosts."""

    PLENTY = 0
    """Every guest has its demand (in other modes: its ceiling), and what is left is spread."""
    SCARCE = 1
    """There is less than the guests could use; the budget is shared out to the last KiB."""
    SHORT = 2
    """Not even the floors fit: every guest is at its floor, and the sum is above the budget."""
    INVALID = 3
    """Refused: the targets are what the guests hold, so nothing moves; the reasons say which guests are to blame."""


class Reason(IntEnum):
    """Why a guest's target is what it is."""

    SHARE = 0
    """Less than its demand: its share at the level that all guests of the host have in common."""
    FLOOR = 1
    """Its floor."""
    CEILING = 2
    """Its ceiling."""
    DEMAND = 3
    """Its whole demand, and no more."""
    SPREAD = 4
    """Its demand, and a part of what is left."""
    INACTIVE = 5
    """It takes no part: the target is what it holds."""
    HELD = 6
    """As before: the goal is within the band in which its balloon is left alone."""
    CROSSED = 7
    """Its floor, which is above its ceiling."""
    REFUSED = 8
    """Nothing is wrong with it, but its host was refused."""
    NEGATIVE = 9
    """One of its sizes is negative."""
    TOO_LARGE = 10
    """One of its sizes, or a sum that it is part of, is larger than what can be computed exactly."""
    BAD_WEIGHT = 11
    """Its weight is negative, infinite or no number."""
