"""Files that are not what they should be, and disks that do not do what they should."""

import errno
import os
import sqlite3
import stat
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.unit.store.surroundings import opened, run, vm, vm_ref
from xcp_reconciler.model.status import Status
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutDesired, PutStatus, StoreError
from xcp_reconciler.store.failures import explained, is_busy

A = vm_ref("a")


async def fill(path: Path, count: int = 50) -> None:
    async with opened(path) as store:
        await store.commit(*(PutDesired(vm(f"vm-{number}")) for number in range(count)))


async def read(path: Path, access: Access = Access.READ) -> int:
    async with opened(path, access) as store:
        return len(list(store.state.desired.values()))


def refused(path: Path, words: str, access: Access = Access.READ) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        run(read(path, access))
    assert str(path) in str(caught.value)


def test_reading_an_absent_store_makes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state" / "db"

    async def scenario() -> None:
        async with opened(path, Access.READ) as store:
            assert not store.state.desired
            assert store.path is None
            with pytest.raises(StoreError, match="reading only"):
                await store.commit(PutDesired(vm("a")))

    run(scenario())
    assert list(tmp_path.iterdir()) == []


def test_writing_makes_a_private_file_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "state" / "db"
    old = os.umask(0)
    try:
        run(fill(path))
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_empty_file_is_an_empty_store(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.touch()
    assert run(read(path)) == 0
    assert path.stat().st_size == 0
    run(fill(path, 2))
    assert run(read(path)) == 2


def test_two_names_of_one_store_share_its_lease(tmp_path: Path) -> None:
    async def scenario() -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "real" / "db")
        async with opened(tmp_path / "real" / "db") as one, opened(tmp_path / "link") as other, one.lease() as acting:
            assert acting
            async with other.lease() as second:
                assert not second

    run(scenario())


@pytest.mark.parametrize("access", Access)
def test_other_peoples_files_are_left_alone(tmp_path: Path, access: Access) -> None:
    text, database, loop = tmp_path / "text", tmp_path / "other", tmp_path / "loop"
    text.write_text("apiVersion: v1\n" * 100, encoding="utf-8")
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    loop.symlink_to(loop)
    before = text.read_bytes(), database.read_bytes()
    refused(text, "not a database of xcp", access)
    refused(database, "another program", access)
    refused(loop, "leads to itself", access)
    refused(tmp_path, "not a regular file", access)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    refused(fifo, "not a regular file", access)
    assert (text.read_bytes(), database.read_bytes()) == before


@pytest.mark.parametrize("access", Access)
def test_a_newer_format_is_not_touched(tmp_path: Path, access: Access) -> None:
    path = tmp_path / "db"
    run(fill(path))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    refused(path, "version 99", access)


@pytest.mark.parametrize("access", Access)
def test_a_truncated_store_says_what_to_do(tmp_path: Path, access: Access) -> None:
    path = tmp_path / "db"
    run(fill(path, 500))
    whole = path.read_bytes()
    for size in (len(whole) // 2, 4096 * 3, 100):
        path.write_bytes(whole[:size])
        refused(path, "damaged|not a database", access)


def test_one_unreadable_record_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "db"
    run(fill(path, 3))
    connection = sqlite3.connect(path)
    for name, body in (("vm-0", '{"v":2}'), ("vm-1", "nonsense")):
        connection.execute("UPDATE desired SET body = ? WHERE key = ?", (body, vm_ref(name).path))
    connection.commit()
    connection.close()

    async def scenario() -> None:
        async with opened(path, Access.READ) as store:
            assert len(store.state.desired) == 3
            assert store.state.desired[vm_ref("vm-2")].spec == vm("vm-2").spec
            with pytest.raises(StoreError, match=r"desired of VirtualMachine/vm-0 .* version 2"):
                store.state.desired[vm_ref("vm-0")]
            with pytest.raises(StoreError, match=r"vm-1 .* not JSON"):
                store.state.desired[vm_ref("vm-1")]

    run(scenario())


@pytest.mark.parametrize("replacement", [False, True])
def test_a_store_that_was_taken_away_is_noticed(tmp_path: Path, replacement: bool) -> None:  # noqa: FBT001 - a case
    async def scenario() -> None:
        path = tmp_path / "db"
        async with opened(path) as store:
            await store.commit(PutDesired(vm("a")))
            path.rename(tmp_path / "elsewhere")
            if replacement:
                (tmp_path / "db-wal").unlink()
                (tmp_path / "db-shm").unlink()
                await fill(path)
            with pytest.raises(StoreError, match="deleted, moved or replaced"):
                await store.commit(PutStatus(A, Status(1)))
            with pytest.raises(StoreError, match="deleted, moved or replaced"):
                await store.refresh()
            assert A not in store.state.statuses

    run(scenario())


def test_a_lease_that_was_taken_away_is_noticed(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "db"
        async with opened(path) as store, store.lease() as acting:
            assert acting
            (tmp_path / "db.lock").unlink()
            with pytest.raises(StoreError, match="another process may be acting"):
                await store.commit(PutStatus(A, Status(1)))

    run(scenario())


def test_a_file_without_write_permission_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everything; the read-only mount below is for root")
    path = tmp_path / "db"
    run(fill(path))
    path.chmod(0o400)
    refused(path, "cannot be written", Access.WRITE)


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    if os.geteuid() != 0:
        pytest.skip("a small tmpfs needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603 - our own list
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607 - the system's umount


def test_a_full_disk_loses_nothing_and_heals(small_disk: Path) -> None:
    async def scenario() -> None:
        path = small_disk / "db"
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * 400_000)
        done = 0
        async with opened(path) as store:
            try:
                while done < 20_000:
                    await store.commit(*(PutDesired(vm(f"{done + part}")) for part in range(20)))
                    done += 20
            except StoreError as error:
                assert "full" in str(error)  # noqa: PT017 - how many commits fit is the disk's affair
            assert 0 < done < 20_000
            assert done == len(store.state.desired)
            with pytest.raises(StoreError, match="full"):
                await store.commit(*(PutDesired(vm(f"again-{part}")) for part in range(500)))
            assert len(store.state.desired) == done
            # A crash now: what was told durable is there, and nothing else.
            store.abandon()
        ballast.unlink()
        async with opened(path) as store:
            assert len(list(store.state.desired.values())) == done
            await store.commit(PutDesired(vm("more")))
            assert len(store.state.desired) == done + 1

    run(scenario())


def test_a_disk_mounted_read_only_is_refused_to_writers(small_disk: Path) -> None:
    path = small_disk / "db"
    run(fill(path, 3))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: S603, S607 - the system's mount
    refused(path, "cannot be written", Access.WRITE)
    refused(small_disk / "new", "cannot be written", Access.WRITE)


def test_unknown_failures_still_name_the_file() -> None:
    assert "db failed (OperationalError: odd)" in str(explained(sqlite3.OperationalError("odd"), "db"))
    assert "db cannot be used: odd" in str(explained(OSError(errno.ELOOP, "odd"), "db"))
    assert is_busy(BlockingIOError())
    assert not is_busy(sqlite3.OperationalError("odd"))
