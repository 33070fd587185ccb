"""Trying again while another process holds the database, without stopping the loop."""

import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.store import StoreError
from xcp_reconciler.store.failures import explained, is_busy

T = TypeVar("T")

# Seconds. Transactions are short: who still waits after all this waits for a process that is stuck or stopped.
_FIRST_PAUSE: Final = 0.002
_LONGEST_PAUSE: Final = 0.25
_LONGEST_WAIT: Final = 15.0


async def patiently(action: Callable[[], T], *, clock: Clock, rng: Rng, label: str) -> T:
    """What `action` returns, once the database is free.

    Raises:
        StoreError: the action failed for another reason, or the database was never free.
    """
    pause, waited = _FIRST_PAUSE, 0.0
    while True:
        try:
            return action()
        except (sqlite3.Error, OSError) as error:
            if not is_busy(error):
                raise explained(error, label) from error
            if waited >= _LONGEST_WAIT:
                raise StoreError(
                    f"{label} was locked by another process for {waited:.0f} seconds, nothing of this commit was "
                    f"written: find out who holds it (fuser -v {label}) and end that, or try again"
                ) from error
        # Counted by what was asked for, not by the clock: that may be stepped.
        delay = pause * (0.5 + rng.fraction() / 2)
        await clock.sleep(delay)
        waited += delay
        pause = min(pause * 2, _LONGEST_PAUSE)
