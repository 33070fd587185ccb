"""A world in a file: several processes, sudden deaths, and files that are no worlds."""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.world.scene import HOSTS, Scene
from xcp_drivers.world.look import Look
from xcp_drivers.world.refusal import NoWorldError, WorldLockedError
from xcp_drivers.world.world import World

DEFINING = """
import sys, time
from tests.unit.world.scene import define
from xcp_drivers.world import machines
from xcp_drivers.world.refusal import WorldLockedError
from xcp_drivers.world.world import World
path, prefix, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
def opened():
    while True:
        try:
            return World.open(path)
        except WorldLockedError:
            time.sleep(0.001)
world = opened()
print("ready", flush=True)
for number in range(count):
    while True:
        try:
            with world.change(2000.0) as change:
                machines.define(change, define(f"{prefix}-{number}"))
            break
        except WorldLockedError:
            time.sleep(0.001)
    print(number, flush=True)
"""


def defining(path: Path, prefix: str, count: int) -> subprocess.Popen[str]:
    root = Path(__file__).parents[3]
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", DEFINING, str(path), prefix, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
    )


def names(path: Path) -> set[str]:
    world = World.open(path)
    found = {vm.name for view in Look(world).views(HOSTS, 3000.0, 3000.0).values() for vm in view.vms}
    world.close()
    return found


def test_several_processes_write_one_world(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    Scene(World.open(path)).world.close()
    writers = [defining(path, prefix, 100) for prefix in ("x", "y")]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    assert names(path) == {f"{prefix}-{number}" for prefix in ("x", "y") for number in range(100)}


def test_what_a_killed_process_had_written_is_there(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    Scene(World.open(path)).world.close()
    writer = defining(path, "x", 100_000)
    assert writer.stdout is not None
    while writer.stdout.readline() != "50\n":
        pass
    writer.send_signal(signal.SIGKILL)
    rest = writer.communicate(timeout=60)[0].split()
    last = max([50, *(int(number) for number in rest)])
    assert {f"x-{number}" for number in range(last + 1)} <= names(path)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_a_writer_is_never_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    first, second = World.open(path), World.open(path)
    before = time.monotonic()
    with first.change(1.0), pytest.raises(WorldLockedError), second.change(1.0):
        pass
    assert time.monotonic() - before < 0.5
    with second.change(1.0):
        pass
    first.close()
    second.close()


def test_a_copy_makes_no_file_and_no_change(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    scene = Scene(World.open(path))
    scene.run("web")
    scene.world.close()
    before = path.read_bytes()
    copy = World.copy_of(path)
    with copy.change(5000.0) as change:
        change.drop_guest(change.guests("1")[0])
    copy.close()
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["world.db"]


def test_a_file_that_is_about_to_become_a_world_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    path.touch()
    copy = World.copy_of(path)
    assert list(copy.host_names()) == []
    copy.close()
    assert path.read_bytes() == b""


@pytest.mark.parametrize("content", [b"kind: Pool\n" * 100, b"SQLite format 3\0" + b"\0" * 4096])
def test_what_is_no_world_is_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "world.db"
    path.write_bytes(content)
    for attempt in (World.open, World.copy_of):
        with pytest.raises(NoWorldError):
            attempt(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE photos (name TEXT)")
    db.commit()
    db.close()
    with pytest.raises(NoWorldError, match="no world"):
        World.open(path)


def test_a_folder_that_is_not_there_is_no_place_for_a_world(tmp_path: Path) -> None:
    with pytest.raises(NoWorldError):
        World.open(tmp_path / "nowhere" / "world.db")


def test_deletions_of_long_ago_are_forgotten_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xcp_drivers.world.world._REMEMBERED", 10)
    scene = Scene()
    look = Look(scene.world)
    for number in range(40):
        scene.define(f"vm-{number}")
        if number in {5, 35}:
            look.views(HOSTS, scene.now, scene.now)
        if number % 2:
            scene.do(lambda change, name=f"vm-{number}": change.drop_guest(change.guests("name = ?", name)[0]))  # type: ignore[misc]
    seen = {vm.name for vm in look.views(HOSTS, scene.now, scene.now)["a"].vms}
    assert seen == {f"vm-{number}" for number in range(0, 40, 2)}
    assert scene.world.db.execute("SELECT count(*) FROM gone").fetchone()[0] <= 20
