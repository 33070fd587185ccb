"""`xcp sim world FILE VERB`, as typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.unit.world.scene import Scene, disk
from xcp_drivers.sim.command import app
from xcp_drivers.world.world import World
from xcp_reconciler.model.observed import VmConfig

MIB = 1024


@pytest.fixture
def world(tmp_path: Path) -> Path:
    path = tmp_path / "world.db"
    scene = Scene(World.open(path))
    scene.run("web")
    scene.define("db", "b", VmConfig(1, 1, 64 * MIB, 64 * MIB, (disk("root"),)))
    scene.world.close()
    return path


def run(path: Path, *words: str, stdin: str | None = None) -> str:
    result = CliRunner().invoke(app, ["world", str(path), *words], input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def exported(path: Path) -> dict[str, dict[str, Any]]:
    document = json.loads(run(path, "export"))
    return {vm["name"]: {**vm, "host": host["name"]} for host in document["hosts"] for vm in host["vms"]}


def test_export_shows_hosts_and_what_is_on_them(world: Path) -> None:
    document = json.loads(run(world, "export"))
    assert [host["name"] for host in document["hosts"]] == ["a", "b", "c"]
    assert set(document["hosts"][0]) >= {"name", "vms", "volumes", "networks", "storages", "cpus", "memoryKiB"}
    vms = exported(world)
    assert (vms["web"]["state"], vms["web"]["memoryKiB"]) == ("running", 512 * MIB)
    assert (vms["db"]["state"], vms["db"]["host"]) == ("halted", "b")


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("destroy", "web"), "state", "halted"),
        (("crash", "web"), "haltReason", "crashed"),
        (("pause", "web"), "state", "paused"),
        (("suspend", "web"), "state", "suspended"),
        (("shrink", "web", "256Mi"), "memoryTargetKiB", 256 * MIB),
        (("behave", "web", "stuck"), "balloon", "stuck"),
        (("behave", "web", "deaf"), "shutdown", "deaf"),
        (("edit", "web", "--cores", "3", "--host", "a"), "powerCyclePending", True),
        (("kill-host", "a"), "state", "halted"),
        (("cut-host", "a"), "state", "running"),
    ],
)
def test_tampering(world: Path, words: tuple[str, ...], field: str, value: object) -> None:
    run(world, *words)
    assert exported(world)["web"][field] == value


def test_strangers_and_clones(world: Path) -> None:
    uuid = run(world, "stranger", "visitor", "--host", "b").strip()
    run(world, "clone", "web", "copy")
    vms = exported(world)
    assert (vms["visitor"]["uuid"], vms["visitor"]["state"], vms["visitor"]["stamp"]) == (uuid, "running", None)
    assert vms["copy"]["stamp"] == vms["web"]["stamp"]
    assert vms["copy"]["uuid"] != vms["web"]["uuid"]
    run(world, "undefine", "copy")
    run(world, "edit", "db", "--name", "database")
    assert set(exported(world)) == {"web", "visitor", "database"}


def test_a_host_dies_and_comes_back(world: Path) -> None:
    run(world, "kill-host", "a")
    assert "a  down" in run(world, "hosts")
    run(world, "revive-host", "a")
    run(world, "start", "web")
    assert exported(world)["web"]["state"] == "running"


def test_what_is_exported_can_be_imported(world: Path, tmp_path: Path) -> None:
    text = run(world, "export")
    other = tmp_path / "other.db"
    run(other, "import", stdin=text)
    assert {name: vm["uuid"] for name, vm in exported(other).items()} == {
        name: vm["uuid"] for name, vm in exported(world).items()
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("destroy", "nobody"), "no machine nobody"),
        (("kill-host", "nowhere"), "no host nowhere"),
        (("shrink", "web", "lots"), "not a quantity"),
        (("import", "/nonexistent.json"), "No such file"),
    ],
)
def test_mistakes_are_said_in_one_line(world: Path, words: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(app, ["world", str(world), *words])
    assert result.exit_code == 1
    assert message in result.output
    assert result.output.count("\n") == 1


def test_a_verb_makes_no_world(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["world", str(tmp_path / "world.db"), "export"])
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []
