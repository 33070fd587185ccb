"""A watched folder: read when it stirs, calmly, and never believed while it is broken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from xcp_reconciler.runtime.system import SystemClock
from xcp_reconciler.sources.directory import DirectorySource, Readable, Reading, Unreadable
from xcp_reconciler.sources.manifests import Manifests

POOL = "apiVersion: xcp.dev/v1alpha1\nkind: Pool\nmetadata: {{name: {name}}}\nspec: {{driver: libvirt}}\n"
_PATIENCE_S = 20.0


async def following(path: Path, do: Callable[[int], None], readings: int, resync_s: float = 60.0) -> list[Reading]:
    """The first readings of a folder; `do` is called after each with its number."""
    source = DirectorySource([str(path)], Manifests(), SystemClock(), resync_s=resync_s)
    found: list[Reading] = []
    async with asyncio.timeout(_PATIENCE_S), aclosing(source.readings()) as stream:
        async for reading in stream:
            found.append(reading)
            if len(found) == readings:
                break
            do(len(found))
    return found


def names(reading: Reading) -> list[str] | None:
    if isinstance(reading, Unreadable):
        return None
    return sorted(document.ref.name for document in reading.loaded.documents)


def test_what_changes_is_read_and_what_is_broken_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POOL.format(name="one"))

    def change(number: int) -> None:
        if number == 1:
            (tmp_path / "below").mkdir()
            (tmp_path / "below" / "b.yaml").write_text(POOL.format(name="two"))
        elif number == 2:
            (tmp_path / "a.yaml").write_text("kind: [")
        else:
            (tmp_path / "a.yaml").unlink()

    found = asyncio.run(following(tmp_path, change, 4))

    assert [names(reading) for reading in found] == [["one"], ["one", "two"], None, ["two"]]


def test_what_lies_beside_the_manifests_stirs_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POOL.format(name="one"))

    def change(_number: int) -> None:
        (tmp_path / "state.db-wal").write_text("x")
        (tmp_path / ".hidden").mkdir()
        (tmp_path / ".hidden" / "c.yaml").write_text("kind: [")

    with pytest.raises(TimeoutError):
        asyncio.run(_soon(following(tmp_path, change, 2)))


async def _soon(work: AsyncIterator[Reading] | object) -> object:
    async with asyncio.timeout(3.0):
        return await work  # type: ignore[misc]


def test_a_resync_gives_the_same_again(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POOL.format(name="one"))

    found = asyncio.run(following(tmp_path, lambda _number: None, 3, resync_s=1.0))

    assert [names(reading) for reading in found] == [["one"]] * 3


def test_a_link_that_is_turned_elsewhere(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(POOL.format(name=name))
    link = tmp_path / "current"
    link.symlink_to("one")

    def change(_number: int) -> None:
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").replace(link)

    found = asyncio.run(following(link, change, 2))

    assert [names(reading) for reading in found] == [["one"], ["two"]]


def test_a_folder_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "a.yaml").write_text(POOL.format(name="one"))

    def change(number: int) -> None:
        if number == 1:
            folder.rename(tmp_path / "away")
        else:
            (tmp_path / "away" / "b.yaml").write_text(POOL.format(name="two"))
            (tmp_path / "away").rename(folder)

    found = asyncio.run(following(folder, change, 3))

    assert isinstance(found[1], Unreadable)
    assert isinstance(found[2], Readable)
    assert names(found[2]) == ["one", "two"]


def test_one_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(POOL.format(name="one"))

    found = asyncio.run(following(file, lambda _number: _replace(file), 2))

    assert [names(reading) for reading in found] == [["one"], ["two"]]


def _replace(file: Path) -> None:
    """As editors do."""
    beside = file.with_suffix(".new")
    beside.write_text(POOL.format(name="two"))
    beside.replace(file)
