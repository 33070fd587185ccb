"""`xcp top` and `xcp balance POOL`: how memory stands, and what a policy would do, without doing it."""

import time
from pathlib import Path

import pytest

from tests.cli.pool_site import Site, documents

POLICY = """
apiVersion: xcp.dev/v1alpha1
kind: MemoryPolicy
metadata: {name: balanced}
spec: {poolRef: {name: lab}, mode: Direct, hostReserve: 512Mi}
"""
GUEST = """
apiVersion: xcp.dev/v1alpha1
kind: VirtualMachine
metadata: {name: web-1}
spec: {poolRef: {name: lab}, memory: {size: 1Gi, min: 256Mi}, placement: {host: host-a}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A guest that needs 400 MiB and is up, under a policy."""
    made = Site.at(tmp_path)
    made.write("all.yaml", documents(GUEST, POLICY))
    assert made.apply().code == 0
    made.tamper("demand", "web-1", "400Mi")
    made.tamper("stranger", "theirs", "--host", "host-a")
    made.wait_for(lambda: _machine(made)["usesKiB"] is not None)
    return made


def _machine(site: Site) -> dict[str, object]:
    shown = site.run("top", "lab", "-o", "json")
    assert shown.code == 0, shown.text
    (lab,) = shown.json["pools"]
    host = next(one for one in lab["hosts"] if one["name"] == "host-a")
    found: dict[str, object] = next(one for one in host["vms"] if one["name"] == "web-1")
    return found


def test_who_uses_what(site: Site) -> None:
    assert _machine(site) == {
        "name": "web-1",
        "declared": True,
        "usesKiB": 409_600,
        "demandKiB": 471_039,
        "targetKiB": None,
        "actualKiB": 1_048_576,
        "satisfactionPercent": 100.0,
    }
    shown = site.run("top", "--once")
    assert shown.code == 0, shown.text
    lines = shown.out.splitlines()
    assert lines[0].split() == ["HOST", "MEMORY", "HELD", "FREE", "RESERVE", "RUNNING", "SATISFIED"]
    (theirs,) = (line for line in lines if line.startswith("(theirs)"))
    assert "512 MiB" in theirs


def test_what_a_policy_would_do_and_does_not(site: Site) -> None:
    before = site.world()
    time.sleep(0.1)
    shown = site.run("balance", "lab", "--explain")
    assert shown.code == 0, shown.text
    assert "web-1: 1 GiB" in shown.out
    static = site.run("balance", "lab", "--mode", "static", "-o", "json")
    assert static.code == 0, static.text
    (host,) = static.json["hosts"]
    assert [(one["name"], one["goalKiB"]) for one in host["vms"]] == [("web-1", 1_048_576)]
    assert host["othersKiB"] == 524_288
    assert site.world() == before


def test_without_a_policy_or_a_pool_it_is_said_in_words(site: Site) -> None:
    for words in (("balance",), ("balance", "lab", "--cluster", "x")):
        both = site.run(*words)
        assert both.code == 1
        assert "either a POOL or a --cluster FILE" in both.err
    nowhere = site.run("top", "nowhere")
    assert nowhere.code == 1
    assert "there is no pool nowhere" in nowhere.err
    site.write("all.yaml", documents(GUEST, POLICY.replace("Direct", "Delegate")))
    assert site.apply().code == 0
    idle = site.run("balance", "lab")
    assert idle.code == 1
    assert "no MemoryPolicy sets targets in pool lab" in idle.err
