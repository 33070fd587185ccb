"""The pieces: lives with kills, damaged journals, full disks. Each says how often it struck, and what was wrong."""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from tests.proof.stores.child import child
from tests.proof.stores.tale import Tale, wrong_with
from tests.proof.stores.writer import write_on, write_until_full
from tests.unit.store.surroundings import opened

KILLS: Final = 3
"""In one life, on one file."""
DAMAGES: Final = 4
"""Of one journal, each on a copy of its own."""
_HEADER: Final = 32
_FRAME: Final = 24 + 4096


@dataclass(slots=True)
class Found:
    """What a piece came to."""

    struck: int = 0
    wrong: str | None = None


def killed(seed: int, folder: Path) -> Found:
    """A writer that dies by SIGKILL at drawn instants, several times on one file: what it told is there, whole."""
    chance = random.Random(f"killed {seed}")  # noqa: S311 - to be had again
    tale, path, found, there = Tale(seed), folder / "db", Found(), 0
    for _ in range(KILLS):
        with child(write_on, path, tale) as writer:
            for _ in range(chance.choice((0, 0, 1, 2, 5, 20))):
                writer.listen(30)
            time.sleep(chance.uniform(0, 0.004) if writer.told else chance.uniform(0, 0.05))
            writer.process.kill()
            code = writer.end()
            told = max(writer.told, default=there)
        if code != -signal.SIGKILL:
            return Found(found.struck, f"the writer ended with {code} by itself")
        found.struck += 1
        # One more may be durable that it did not live to tell; and one was made by the last check.
        there, found.wrong = asyncio.run(wrong_with(path, tale, least=told, most=told + 1))
        if found.wrong:
            return found
    return found


def full(seed: int, folder: Path) -> Found:
    """No file may grow beyond a drawn size: a refused commit leaves no trace, and with room again all goes on."""
    chance = random.Random(f"full {seed}")  # noqa: S311 - to be had again
    tale, path = Tale(seed), folder / "db"
    asyncio.run(_begin(path, tale, chance.randint(0, 10)))
    with child(write_until_full, path, tale, path.stat().st_size + chance.randint(0, 400_000)) as writer:
        code = writer.end()
        told = writer.told
    if code != 0 or told.count(0) != 1:
        return Found(0, f"the writer ended with {code} and had told {told}")
    if told[-1] == 0:
        return Found(1, "nothing was written after there was room again")
    _, wrong = asyncio.run(wrong_with(path, tale, least=told[-1], most=told[-1]))
    return Found(1, wrong)


class Damage(Enum):
    """What becomes of the end of a journal."""

    CUT = "cut"
    GARBAGE = "followed by garbage"
    ZEROS = "followed by zeros"
    FLIPPED = "a byte is another"


def torn(seed: int, folder: Path) -> Found:
    """A journal that ends anywhere: all commits that are whole before that are there, and none beside."""
    chance = random.Random(f"torn {seed}")  # noqa: S311 - to be had again
    tale, found = Tale(seed), Found()
    before, more = chance.choice((0, 0, 1, 6)), chance.randint(1, 10)
    kept = folder / "kept"
    kept.mkdir()
    ends = asyncio.run(journal(folder / "db", kept, tale, before, more))
    text = (kept / "db-wal").read_bytes()
    for number in range(DAMAGES):
        copy = folder / str(number)
        shutil.copytree(kept, copy)
        at = _place(chance, len(text))
        how = chance.choice(list(Damage))
        damaged = _damaged(text, at, how, chance)
        (copy / "db-wal").write_bytes(damaged)
        if chance.random() < 0.5:
            (copy / "db-shm").unlink()
        # A frame is whole or it is nothing, and so is what comes after it; without the journal's own head all is.
        same = _alike(text, damaged)
        whole = sum(end <= same for end in ends) if same >= _HEADER else 0
        found.struck += 1
        _, found.wrong = asyncio.run(wrong_with(copy / "db", tale, least=before + whole, most=before + whole))
        found.wrong = found.wrong or _unsound(copy / "db")
        if found.wrong:
            found.wrong = f"{how.value} at byte {at} of {len(text)}, commits end at {ends}: {found.wrong}"
            return found
        shutil.rmtree(copy)
    return found


async def _begin(path: Path, tale: Tale, count: int) -> None:
    async with opened(path) as store:
        await tale.tell(store, 1, count)


async def journal(path: Path, kept: Path, tale: Tale, before: int, more: int) -> list[int]:
    """Write `before` commits into the file itself and `more` into its journal, and keep all as a crash would leave it.

    Gives where in the journal each of the latter ends.
    """
    await _begin(path, tale, before)
    ends: list[int] = []
    async with opened(path) as store:
        for number in range(before + 1, before + more + 1):
            await store.commit(*tale.commit(number))
            ends.append(os.stat(f"{path}-wal").st_size)  # noqa: PTH116 - nobody else is on this loop
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            shutil.copy(path.with_name(name), kept)
    return ends


def _place(chance: random.Random, length: int) -> int:
    """Give an offset: any, or exactly where a frame ends."""
    if chance.random() < 0.5:
        return chance.randrange(length)
    return _HEADER + _FRAME * chance.randint(0, (length - _HEADER) // _FRAME - 1)


def _alike(one: bytes, other: bytes) -> int:
    """Give how many bytes are the same from the beginning: zeros over zeros are no damage."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _damaged(journal: bytes, at: int, how: Damage, chance: random.Random) -> bytes:
    match how:
        case Damage.CUT:
            return journal[:at]
        case Damage.GARBAGE:
            # Random bytes could be the right ones; the first is not.
            tail = chance.randbytes(chance.randint(1, 3 * _FRAME))
            return journal[:at] + bytes([journal[at] ^ 0xFF]) + tail
        case Damage.ZEROS:
            return journal[:at] + bytes(len(journal) - at)
        case Damage.FLIPPED:
            return journal[:at] + bytes([journal[at] ^ (1 << chance.randrange(8))]) + journal[at + 1 :]


def _unsound(path: Path) -> str | None:
    with _connected(path) as connection:
        (word,) = connection.execute("PRAGMA integrity_check").fetchone()
    return None if word == "ok" else f"SQLite finds {word}"


@contextmanager
def _connected(path: Path) -> Generator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    try:
        yield connection
    finally:
        connection.close()
