"""Journals that end too early, and the slice of the store's proof that every run of the tests has."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

from tests.proof.store import holds, run
from tests.proof.stores.pieces import journal
from tests.proof.stores.tale import Tale, wrong_with

HEADER, FRAME = 32, 24 + 4096


def test_a_slice_of_the_proof() -> None:
    result = run(range(8))
    assert result.done == 8
    assert holds(result), result.failures


def test_a_journal_torn_at_every_frame_and_beside_it(tmp_path: Path) -> None:
    tale, kept = Tale(7), tmp_path / "kept"
    kept.mkdir()
    ends = asyncio.run(journal(tmp_path / "db", kept, tale, 1, 3))
    text = (kept / "db-wal").read_bytes()
    frames = range(HEADER, len(text) + 1, FRAME)
    assert len(frames) > len(ends) + 1
    for at in (0, HEADER - 1, *frames, *(frame - 1 for frame in frames[1:])):
        copy = tmp_path / str(at)
        shutil.copytree(kept, copy)
        (copy / "db-wal").write_bytes(text[:at])
        (copy / "db-shm").unlink()
        there = 1 + sum(end <= at for end in ends)
        assert asyncio.run(wrong_with(copy / "db", tale, least=there, most=there)) == (there + 1, None), at


def test_it_would_see_a_commit_that_is_lost_and_one_that_is_halved(tmp_path: Path) -> None:
    tale, kept = Tale(7), tmp_path / "kept"
    kept.mkdir()
    asyncio.run(journal(tmp_path / "db", kept, tale, 3, 1))
    shutil.copytree(kept, tmp_path / "lost")
    (tmp_path / "lost" / "db-wal").write_bytes(b"")
    _, lost = asyncio.run(wrong_with(tmp_path / "lost" / "db", tale, least=4, most=4))
    assert lost == "3 commits are there, and 4 to 4 were durable"
    connection = sqlite3.connect(kept / "db")
    connection.execute("DELETE FROM desired WHERE key = (SELECT max(key) FROM desired)")
    connection.commit()
    connection.close()
    _, halved = asyncio.run(wrong_with(kept / "db", tale, least=4, most=4))
    assert halved == "what is there is not what commit 4 left"
