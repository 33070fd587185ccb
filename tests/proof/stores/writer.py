"""A process that writes a tale until it is killed, or until its disk is full."""

import asyncio
import random
import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from tests.proof.stores.tale import Tale, content, last_of
from tests.unit.store.surroundings import opened
from xcp_reconciler.ports.store import StoreError


def write_on(path: Path, tale: Tale, told: Connection) -> None:
    """Go on with the tale for ever, saying each number when it is durable; now and then close and open again."""
    asyncio.run(_write_on(path, tale, told))


async def _write_on(path: Path, tale: Tale, told: Connection) -> None:
    chance = random.Random(f"writer {tale.seed}")  # noqa: S311 - to be had again
    while True:
        async with opened(path) as store:
            for _ in range(chance.randint(1, 12)):
                number = last_of(store) + 1
                await store.commit(*tale.commit(number))
                told.send_bytes(number.to_bytes(4))


def write_until_full(path: Path, tale: Tale, most_bytes: int, told: Connection) -> None:
    """Go on until no file may grow beyond `most_bytes`, see that nothing changed by that, go on with room again.

    Tells 0 when the disk was full, and each number when it is durable.
    """
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    asyncio.run(_write_until_full(path, tale, most_bytes, told))


async def _write_until_full(path: Path, tale: Tale, most_bytes: int, told: Connection) -> None:
    async with opened(path) as store:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
        while True:
            number = last_of(store) + 1
            try:
                await store.commit(*tale.commit(number))
            except StoreError:
                break
            told.send_bytes(number.to_bytes(4))
        full = content(store) == await tale.after(number - 1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        if not full:
            return
        told.send_bytes((0).to_bytes(4))
        for _ in range(3):
            number = last_of(store) + 1
            await store.commit(*tale.commit(number))
            told.send_bytes(number.to_bytes(4))
