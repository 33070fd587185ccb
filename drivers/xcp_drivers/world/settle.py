"""Time passing: what had to happen by now happens, in the order of its moments."""

import sqlite3

from xcp_drivers.world.arrival import arrive
from xcp_drivers.world.change import Change
from xcp_drivers.world.halting import halt
from xcp_reconciler.model.observed import HaltReason


def settle(change: Change) -> None:
    """Carry out every shutdown and migration that was to end by the change's moment.

    The result does not depend on how often anybody looked: each event happens at its own time, not when it is noticed.
    """
    while (moment := next_moment(change.db)) is not None and moment <= change.now:
        leaving = change.guests("off_at <= ?", change.now)
        ending = change.jobs("ends <= ?", change.now)
        first_off = min(leaving, key=lambda guest: (guest.off_at or 0.0, guest.uuid), default=None)
        first_end = ending[0] if ending else None
        if first_end is not None and (first_off is None or first_end.ends < (first_off.off_at or 0.0)):
            arrive(change, first_end)
        elif first_off is not None:
            halt(change, first_off, HaltReason.SHUT_DOWN, first_off.off_at or 0.0)


def next_moment(db: sqlite3.Connection) -> float | None:
    """When the next thing happens by itself, in unix seconds."""
    found: float | None = db.execute(
        "SELECT min(moment) FROM (SELECT min(off_at) AS moment FROM guests WHERE off_at IS NOT NULL"
        " UNION ALL SELECT min(ends) FROM jobs)"
    ).fetchone()[0]
    return found
