"""The program while its database is full, unwritable, gone, or somebody else's: it says so, and loses nothing."""

import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.pool_site import Site, documents, machine, pool, volume

NAMES = ("web-1", "web-2", "web-3", "web-4")
SLOW = "sim:world.db?latency=20ms&jitter=200ms"


def declare(site: Site) -> None:
    """Four machines, each with a disk."""
    parts: list[str] = []
    for name in NAMES:
        disk = f"  disks: [{{name: root, volumeRef: {{name: {name}-root}}, bootable: true}}]\n"
        parts += [volume(f"{name}-root"), machine(name, memory="256Mi", extra=disk)]
    site.write("web.yaml", documents(*parts))


def each_once(site: Site) -> None:
    """Insist that there is one of each, and that nothing is left to do."""
    machines = site.machines()
    assert sorted(machines) == list(NAMES)
    assert all(len(copies) == 1 for copies in machines.values()), machines
    site.plan_is_empty()


def identities(site: Site) -> Any:  # noqa: ANN401 - a world as data
    """All that makes the world's objects these and no others."""
    hosts = site.world()["hosts"]
    return [
        (host["name"], sorted((vm["name"], vm["uuid"], vm["state"]) for vm in host["vms"]), len(host["volumes"]))
        for host in hosts
    ]


@pytest.fixture
def small(site: Site) -> Generator[Path]:
    """The folder of the store, on a disk of 1 MiB."""
    if os.geteuid() != 0:
        pytest.skip("a small tmpfs needs root")
    folder = site.state.parent
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607 - the system's umount


def fill(folder: Path) -> Path:
    """Leave no byte free."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return ballast
    raise AssertionError("it is not full")


def test_the_disk_of_the_store_fills_up_in_the_middle(site: Site, small: Path) -> None:
    site.write("lab.yaml", pool(endpoint=SLOW))
    declare(site)
    with (site.folder / "progress.log").open("w+") as log:
        process = site.start("apply", "-f", ".", "--auto-approve", stdout=subprocess.DEVNULL, stderr=log)
        try:
            site.wait_for(lambda: " done " in told(site))
            ballast = fill(small)
            site.wait_for(lambda: "is full, nothing of this commit was written: make room" in told(site))
            other = site.apply()
            assert other.code == 1
            assert "is full" in other.err
            assert "Traceback" not in told(site) + other.err
            assert process.poll() is None
            assert all(len(copies) == 1 for copies in site.machines().values())
            # Nobody needs to start anything anew: it goes on by itself.
            ballast.unlink()
            assert process.wait(60) == 0, told(site)
        finally:
            process.kill()
            process.wait()
    assert "Nothing to do" in site.apply().out
    each_once(site)


def told(site: Site) -> str:
    """Give what an apply has said of its progress so far."""
    return (site.folder / "progress.log").read_text()


def test_the_disk_of_the_store_becomes_read_only(site: Site, small: Path) -> None:
    declare(site)
    assert site.apply().code == 0
    before = identities(site)
    remount(small, "ro")
    for command in (("apply", "-f", ".", "--auto-approve"), ("get", "vm")):
        refused = site.run(*command)
        assert refused.code == 1, refused.text
        assert "cannot be opened" in refused.err
        assert "check owner, mode and mount" in refused.err
    assert identities(site) == before
    remount(small, "rw")
    assert "Nothing to do" in site.apply().out
    each_once(site)


def remount(folder: Path, how: str) -> None:
    """Mount a disk anew."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)  # noqa: S607 - the system's mount


@pytest.mark.parametrize("gone", ["state.db*", "state.db.lock"])
def test_the_store_is_deleted_under_who_acts(site: Site, gone: str) -> None:
    declare(site)
    with site.running() as process:
        site.wait_for(lambda: site.run("plan", "-f", ".", "--detailed-exitcode").code == 0)
        before = identities(site)
        for file in site.state.parent.glob(gone):
            file.unlink()
        # It could go on wanting what is declared no more, beside somebody who acts on what is declared now.
        assert process.wait(30) == 1, site.log()
    assert re.search("deleted, moved or replaced|removed or replaced", site.log())
    assert "restart xcp" in site.log()
    assert "Traceback" not in site.log()

    last = site.apply()
    assert last.code == 0, last.text
    assert identities(site) == before
    each_once(site)


def garbage(path: Path) -> None:
    """No database at all."""
    path.write_bytes(os.urandom(20_000))


def another_programs(path: Path) -> None:
    """A database with somebody else's table."""
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()


def a_newer_ones(path: Path) -> None:
    """A database of a version that is not out yet."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def half(path: Path) -> None:
    """The first half of what it was."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


REPLACEMENTS = {
    garbage: "not a database of xcp",
    another_programs: "a database of another program",
    a_newer_ones: "version 99",
    half: "damaged",
}


def test_a_store_that_is_no_store_is_left_alone_and_can_be_done_without(site: Site) -> None:
    declare(site)
    assert site.apply().code == 0
    before, whole = identities(site), site.state.read_bytes()
    for replace, words in REPLACEMENTS.items():
        site.state.write_bytes(whole)
        replace(site.state)
        found = site.state.read_bytes()
        for command in (("apply", "-f", ".", "--auto-approve"), ("plan", "-f", "."), ("get", "vm"), ("run", "-f", ".")):
            refused = site.run(*command)
            assert refused.code == 1, refused.text
            assert words in refused.err
            assert "Traceback" not in refused.err
        assert site.state.read_bytes() == found
    assert identities(site) == before

    for file in site.state.parent.iterdir():
        file.unlink()
    last = site.apply()
    assert last.code == 0, last.text
    assert "0 objects changed" in last.out
    assert identities(site) == before
    each_once(site)


@pytest.mark.parametrize("part", [0.0, 0.5])
def test_a_kill_and_a_torn_journal(site: Site, part: float) -> None:
    site.write("lab.yaml", pool(endpoint=SLOW))
    declare(site)
    with (site.folder / "progress.log").open("w+") as log:
        process = site.start("apply", "-f", ".", "--auto-approve", stdout=subprocess.DEVNULL, stderr=log)
        site.wait_for(lambda: " done " in told(site) or process.poll() is not None)
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        process.wait()
    journal = site.state.with_name("state.db-wal")
    text = journal.read_bytes()
    journal.write_bytes(text[: int(len(text) * part)])
    site.state.with_name("state.db-shm").unlink()

    last = site.apply("--timeout", "90s")
    assert last.code == 0, last.text
    each_once(site)
