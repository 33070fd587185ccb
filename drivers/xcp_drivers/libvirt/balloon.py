"""What a running guest holds, and whether it can give memory back."""

from typing import Final

from xcp_drivers.libvirt.api import Domain, Stats
from xcp_drivers.libvirt.errors import Code
from xcp_drivers.libvirt.work import Work
from xcp_drivers.libvirt.xml.document import Element
from xcp_drivers.libvirt.xml.memory import has_balloon, read_memory
from xcp_reconciler.model.observed import Balloon

# Only a QEMU that could be asked without waiting shows this; one with a job under way shows cached numbers alone.
_ASKED: Final = "balloon.rss"
_ANSWERED: Final = ("balloon.unused", "balloon.available", "balloon.usable")
_NOT_NOW: Final = frozenset(
    {int(Code.NO_SUPPORT), int(Code.OPERATION_INVALID), int(Code.OPERATION_TIMEOUT), int(Code.OPERATION_UNSUPPORTED)}
)


def driver_of(live: Element, stats: Stats) -> Balloon:
    """Whether the guest has a balloon driver: its statistics prove one, their absence proves nothing."""
    if not has_balloon(live):
        return Balloon.ABSENT
    if stats.get("balloon.last-update", 0) or any(key in stats for key in _ANSWERED):
        return Balloon.PRESENT
    size, held = read_memory(live)
    # Nobody but a driver can have taken memory away from a running guest.
    return Balloon.PRESENT if held < size and stats.get("balloon.current", size) < size else Balloon.UNKNOWN


def of_halted(stored: Element) -> Balloon:
    """What can be said of a machine that does not run."""
    return Balloon.UNKNOWN if has_balloon(stored) else Balloon.ABSENT


def held_memory(work: Work, domain: Domain, live: Element, stats: Stats, *, expected: int) -> int:
    """The KiB that a guest holds now.

    libvirt's own note of it lags behind, and was seen wrong after a migration: QEMU itself is asked, unless it is
    busy, or the note already says what is expected.
    """
    noted = int(stats.get("balloon.current", read_memory(live)[1]))
    if noted == expected or (stats and _ASKED not in stats and "balloon.current" in stats):
        return noted
    answer = work.unless(_NOT_NOW, domain.memoryStats)
    return noted if answer is None else int(answer.get("actual", noted))
