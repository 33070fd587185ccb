"""When the calls of a step have ended: a look that began before may not show what they set."""

from collections.abc import Iterable
from dataclasses import replace

from xcp_reconciler.model.memory import Knowledge


def calls_ended(knowledge: Knowledge, keys: Iterable[str], at: float) -> Knowledge:
    """The knowledge after the calls for these guests have ended, whatever came of them; `at` in unix seconds.

    Until a look that began later, each of them counts with the most that it held or was promised.
    """
    guests = dict(knowledge.guests)
    for key in keys:
        if key in guests:
            guests[key] = replace(guests[key], asked_at=max(at, guests[key].asked_at))
    return replace(knowledge, guests=guests)
