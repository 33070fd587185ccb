"""`xcp rebalance --cluster`: pools as JSON and as htools' text, in all modes."""

import json
from pathlib import Path

import pytest

from tests.cli.pool_site import Site
from tests.unit.loader.cluster_texts import SKEWED, htools, pool


@pytest.fixture
def text(site: Site) -> str:
    return str(site.write("pool.data", htools(SKEWED)))


def written(site: Site, data: object) -> str:
    return str(site.write("pool.json", json.dumps(data)))


@pytest.mark.parametrize("mode", ["descent", "improve", "constraints"])
def test_a_pool_of_htools_is_balanced_and_a_second_run_finds_nothing(site: Site, text: str, mode: str) -> None:
    out = str(site.folder / "after.data")
    first = site.run("rebalance", "--cluster", text, "--mode", mode, "-o", "json", "--write-cluster", out)
    assert first.code == 0, first.text
    plan = first.json
    assert set(plan["moves"][0] if plan["moves"] else {}) in ({"vm", "from", "to", "gain", "why"}, set())
    assert len(plan["moves"]) == (0 if mode == "constraints" else 6)
    gains = sum(move["gain"] for move in plan["moves"])
    assert plan["scoreBefore"] - gains == pytest.approx(plan["scoreAfter"])
    assert plan["elapsedSeconds"] >= 0
    second = site.run("rebalance", "--cluster", out, "--mode", mode, "-o", "json")
    assert second.json["moves"] == []
    assert second.json["scoreBefore"] == pytest.approx(plan["scoreAfter"])


def test_the_written_text_differs_in_homes_and_free_memory_only(site: Site, text: str) -> None:
    out = site.folder / "after.data"
    plan = site.run("rebalance", "--cluster", text, "-o", "json", "--write-cluster", str(out)).json
    machines = dict(SKEWED)
    for move in plan["moves"]:
        memory, vcpus, _ = machines[move["vm"]]
        machines[move["vm"]] = (memory, vcpus, move["to"])
    assert out.read_text() == htools(machines)


def test_max_moves_is_kept(site: Site, text: str) -> None:
    for most in range(4):
        plan = site.run("rebalance", "--cluster", text, "--max-moves", str(most), "-o", "json").json
        assert len(plan["moves"]) <= most


def test_json_is_moved_as_json_with_everything_else_kept(site: Site) -> None:
    data = pool(note="ours")
    data["hosts"][0]["freeKiB"] = 20 << 20
    data["hosts"][1]["freeKiB"] = 60 << 20
    out = site.folder / "after.json"
    done = site.run("rebalance", "--cluster", written(site, data), "--write-cluster", str(out), "-o", "json")
    assert done.code == 0, done.text
    assert "unknown key `note`" in done.err
    after = json.loads(out.read_text())
    moved = {move["vm"] for move in done.json["moves"]}
    assert len(moved) == 2
    assert {vm["name"] for vm in after["hosts"][1]["vms"]} == moved
    assert [host["freeKiB"] >> 20 for host in after["hosts"]] == [36, 44]
    assert after["note"] == "ours"


def test_a_closed_host_is_left(site: Site) -> None:
    data = pool()
    data["hosts"][0]["closed"] = True
    done = site.run("rebalance", "--cluster", written(site, data), "--mode", "constraints", "-o", "json")
    assert [(move["from"], move["to"]) for move in done.json["moves"]] == [("h1", "h2")] * 4
    assert done.json["moves"][0]["why"].startswith("vm-0 is on h1, which is closed")
    assert done.json["violationsAfter"] == []


def test_who_may_not_share_a_host_is_parted_with_one_move(site: Site) -> None:
    groups = [{"name": "db", "scope": "Host", "vms": ["vm-1", "vm-2"]}]
    done = site.run("rebalance", "--cluster", written(site, pool(groups=groups)), "--mode", "constraints", "--explain")
    assert done.out.splitlines()[0].split()[1] in {"vm-1", "vm-2"}
    assert "group db has 2 on h1, and 1 at most" in done.out
    assert "1 move; score" in done.out
    assert "1 of 1 violated constraints mended" in done.out


def test_who_has_to_stay_together_moves_as_one(site: Site) -> None:
    groups = [{"name": "pair", "scope": "Together", "vms": ["vm-0", "vm-3"]}]
    plan = site.run("rebalance", "--cluster", written(site, pool(groups=groups)), "-o", "json").json
    moved = {move["vm"] for move in plan["moves"]}
    assert moved in ({"vm-0", "vm-3"}, {"vm-1", "vm-2"})


def test_taints_reach_reserve_and_overcommit_are_kept(site: Site) -> None:
    data = pool()
    data["hosts"] += [
        {"name": "tainted", "memoryKiB": 64 << 20, "cpus": 16, "taints": ["gpu"]},
        {"name": "small", "memoryKiB": 64 << 20, "reserveKiB": 60 << 20, "cpus": 16},
        {"name": "busy", "memoryKiB": 64 << 20, "cpus": 1, "vcpuRatio": 1.0},
    ]
    data["hosts"][0]["vms"][0]["hosts"] = ["h1", "small"]
    plan = site.run("rebalance", "--cluster", written(site, data), "-o", "json", "--explain").json
    assert {move["to"] for move in plan["moves"]} == {"h2"}
    assert "vm-0" not in {move["vm"] for move in plan["moves"]}
    assert "1 for memory, 1 for reach, 1 for vCPUs" in plan["moves"][0]["why"]


def test_what_cannot_be_mended_is_said(site: Site) -> None:
    data = pool()
    data["hosts"][0]["closed"] = True
    data["hosts"][1]["reserveKiB"] = 40 << 20
    done = site.run("rebalance", "--cluster", written(site, data))
    assert done.code == 0
    assert "still violated: vm-3 is on h1, which is closed" in done.out


def test_a_contradiction_leaves_its_machines_where_they_are(site: Site) -> None:
    groups = [
        {"name": "one", "scope": "Together", "vms": ["vm-0", "vm-1"]},
        {"name": "two", "scope": "Host", "vms": ["vm-0", "vm-1"]},
    ]
    done = site.run("rebalance", "--cluster", written(site, pool(groups=groups)), "-o", "json")
    assert done.code == 0, done.text
    assert not {"vm-0", "vm-1"} & {move["vm"] for move in done.json["moves"]}


def test_a_machine_too_large_to_add_up_is_named(site: Site) -> None:
    data = pool()
    data["hosts"][0]["vms"][0]["memoryKiB"] = (1 << 46) - 1
    done = site.run("rebalance", "--cluster", written(site, data))
    assert done.code == 1
    assert "machine vm-0 is too large to be added up exactly" in done.err


def test_an_error_has_its_place_and_the_nearest_name(site: Site) -> None:
    path = site.write("pool.data", htools(SKEWED).replace("||rbd||", "||rdb||", 1))
    done = site.run("rebalance", "--cluster", str(path))
    assert done.code == 1
    assert "pool.data:7:" in done.err
    assert "did you mean `rbd`?" in done.err


def test_a_file_that_is_not_there(site: Site) -> None:
    done = site.run("rebalance", "--cluster", str(Path("nowhere.json")))
    assert done.code == 1
    assert "nowhere.json: No such file" in done.err
