"""What a guest needs of its memory, as its balloon's statistics tell.

The guest tells now and then, in numbers that do not know its kernel's own part: what the balloon says it has
(`available`) is less than what it was given (`actual`) by that. The difference never changes while the guest runs, but
the two numbers are of the same moment only where the balloon stands still; so it is learnt then, and kept.
"""

from dataclasses import dataclass
from typing import Final

from xcp_drivers.libvirt.api import Stats

# The guest is asked every ten seconds: what is much older it does not say any more.
_OLDEST_S: Final = 45.0
_LONG_AGO: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class _Reading:
    """The last look at one guest. KiB, seconds.

    `life` is the domain's id, another one for each boot. `told` is when the guest last told by its host's clock,
    `heard` when we first saw that by ours. `own` is its kernel's part, `swapped` what it has swapped in since its
    boot, and `lacked` how much of that in the last interval.
    """

    life: int
    told: int
    heard: float
    actual: int
    own: int | None = None
    swapped: int = 0
    lacked: int = 0


class WorkingSets:
    """One host's guests, from look to look; for one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[str, _Reading] = {}

    def of(self, uuid: str, life: int, stats: Stats, actual: int, at: float) -> int | None:
        """What a guest needs, KiB; None where it does not say, or not lately. `at` is now, unix seconds."""
        told, available = int(stats.get("balloon.last-update", 0)), int(stats.get("balloon.available", 0))
        if not told or not available or "balloon.usable" not in stats:
            return None
        usable = int(stats["balloon.usable"])
        known = self._known.get(uuid)
        if known is not None and known.life != life:
            known = None
        reading = self._known[uuid] = _next(known, _Reading(life, told, at, actual, swapped=_swapped(stats)), available)
        if at - reading.heard > _OLDEST_S:
            return None
        own = reading.own if reading.own is not None else max(0, actual - available)
        return max(0, available - usable) + own + reading.lacked

    def forget_others(self, uuids: frozenset[str]) -> None:
        """Only these are there."""
        for gone in self._known.keys() - uuids:
            del self._known[gone]


def _next(known: _Reading | None, now: _Reading, available: int) -> _Reading:
    if known is None:
        # Whose clock is wrong nobody can say: then the guest has to tell once more.
        heard = now.heard if abs(now.heard - now.told) <= _OLDEST_S else _LONG_AGO
        return _Reading(now.life, now.told, heard, now.actual, swapped=now.swapped)
    if known.told == now.told:
        return _Reading(now.life, now.told, known.heard, now.actual, known.own, known.swapped, known.lacked)
    stood_still = known.actual == now.actual and now.actual >= available
    own = now.actual - available if stood_still else known.own
    lacked = max(0, now.swapped - known.swapped)
    return _Reading(now.life, now.told, now.heard, now.actual, own, now.swapped, lacked)


def _swapped(stats: Stats) -> int:
    return int(stats.get("balloon.swap_in", 0))
