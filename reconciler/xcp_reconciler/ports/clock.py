"""Time and chance."""

from typing import Protocol


class Clock(Protocol):
    """Wall time in unix seconds, and waiting."""

    def now(self) -> float:
        """The time now, in unix seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; a negative or zero time only yields."""
        ...


class Rng(Protocol):
    """Chance: for uids and for the jitter of retries, for nothing else."""

    def uid(self) -> str:
        """A new random uuid as text."""
        ...

    def fraction(self) -> float:
        """A number from 0 up to, not including, 1."""
        ...
