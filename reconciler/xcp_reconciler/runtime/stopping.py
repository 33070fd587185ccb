"""Stopping in two stages: first finish the running steps, then drop everything."""

import asyncio
from enum import IntEnum


class StopLevel(IntEnum):
    """How urgent it is."""

    NONE = 0
    AFTER_STEPS = 1
    NOW = 2


class Stop:
    """A request that may be made twice; the second time it does not wait for anything."""

    def __init__(self) -> None:
        self._level = StopLevel.NONE
        self._asked = asyncio.Event()
        self._urged = asyncio.Event()

    @property
    def level(self) -> StopLevel:
        """What was asked for so far."""
        return self._level

    def ask(self) -> None:
        """Stop, more urgently at the second call."""
        if self._level is StopLevel.NONE:
            self._level = StopLevel.AFTER_STEPS
            self._asked.set()
        else:
            self._level = StopLevel.NOW
            self._urged.set()

    async def asked(self) -> None:
        """Return when the first request was made."""
        await self._asked.wait()

    async def urged(self) -> None:
        """Return when the second request was made."""
        await self._urged.wait()
