"""The machine's own time and chance: the real counterparts of two ports."""

import asyncio
import random
import time
import uuid


class SystemClock:
    """Wall time, and the event loop's timers."""

    def now(self) -> float:
        """The time now, in unix seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait; a negative or zero time only yields."""
        await asyncio.sleep(max(0.0, seconds))


class SystemRng:
    """The operating system's randomness for names, an ordinary generator for jitter."""

    def uid(self) -> str:
        """A new random uuid as text."""
        return str(uuid.uuid4())

    def fraction(self) -> float:
        """A number from 0 up to, not including, 1."""
        return random.random()  # noqa: S311 - jitter keeps no secret
