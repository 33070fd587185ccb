"""A clock that a test turns, chance that a test chooses, and the ops that it sends."""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from xcp_drivers.sim import SimDriver
from xcp_drivers.sim.session import SimSession
from xcp_reconciler.ports.driver import Access, HostTarget, PoolTarget

T = TypeVar("T")

HOSTS = (HostTarget("a"), HostTarget("b", cpus=4, memory=8 * 2**20))


class Turned:
    """A clock whose time passes only when somebody sleeps."""

    def __init__(self, now: float = 1000.0) -> None:
        self.time = now

    def now(self) -> float:
        """The time that was turned to."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Turn on."""
        self.time += max(0.0, seconds)
        await asyncio.sleep(0)


class Loaded:
    """Chance that always falls on one number."""

    def __init__(self, number: float = 0.0) -> None:
        self.number = number

    def uid(self) -> str:
        """Always the same."""
        return "00000000-0000-4000-8000-000000000000"

    def fraction(self) -> float:
        """Always the same."""
        return self.number


def opened(
    target: PoolTarget,
    clock: Turned | None = None,
    access: Access = Access.WRITE,
    driver: SimDriver | None = None,
    chance: float = 0.0,
) -> AbstractAsyncContextManager[SimSession]:
    return (driver or SimDriver()).open(target, clock=clock or Turned(), rng=Loaded(chance), access=access)


def pool(endpoint: str | None, folder: object = ".", hosts: tuple[HostTarget, ...] = HOSTS) -> PoolTarget:
    return PoolTarget("lab", "scene", endpoint, str(folder), hosts)


def finish(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
