"""Hosts that keep failing are left alone for a while, so that they do not hold up the rest."""

from dataclasses import dataclass
from typing import Final

from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.runtime.backoff import delay

_TOLERATED: Final = 3


@dataclass(slots=True)
class _Record:
    failures: int = 0
    since: float = 0.0
    until: float = 0.0


class Breakers:
    """One breaker a host: open after three failures in a row, each further failure keeps it open for longer."""

    def __init__(self, clock: Clock, rng: Rng) -> None:
        self._clock = clock
        self._rng = rng
        self._hosts: dict[str, _Record] = {}

    def failed(self, host: str) -> None:
        """Count a failure that the host is to blame for."""
        record = self._hosts.setdefault(host, _Record())
        record.failures += 1
        if record.failures >= _TOLERATED:
            record.since = self._clock.now()
            record.until = record.since + delay(record.failures - _TOLERATED + 1, self._rng.fraction(), base=2.0)

    def worked(self, host: str) -> None:
        """The host answers again."""
        self._hosts.pop(host, None)

    def tripped(self, host: str) -> bool:
        """Whether the host has used up its credit, even if the time for another attempt has come."""
        record = self._hosts.get(host)
        return record is not None and record.failures >= _TOLERATED

    def open_until(self, host: str) -> float | None:
        """When the next attempt is due, in unix seconds; None where attempts may be made now."""
        record = self._hosts.get(host)
        # A time that has not begun yet is from before the clock was set back.
        if record is None or not record.since <= self._clock.now() < record.until:
            return None
        return record.until
