"""Load is spread over two real hosts by live migration, and left alone where somebody else moves machines."""

from pathlib import Path
from typing import Any

from tests.lab.host import eventually
from tests.lab.lab import Lab
from tests.real.estate import HOSTS, Estate

NAMES = ("one", "two", "three", "four")
# Two looks, ten seconds apart, are enough here.
QUICK = {"threshold": 20, "holdRounds": 2}


def test_load_is_spread_by_live_migration_until_somebody_else_moves_machines(lab: Lab, tmp_path: Path) -> None:
    estate = crowded(lab, tmp_path, mode="Auto", cooldown="0s")
    with estate.site.running("--resync", "2s"):
        eventually("two have gone to the other host", lambda: counts(estate) == (2, 2), seconds=120)
        eventually("it says so", lambda: condition(estate, "Balanced") == "Even", seconds=60)
        for name, host in homes(estate).items():
            if host == "host-b":
                lab.host(2).virsh("migrate", "--live", "--persistent", "--undefinesource", name, lab.uri(1))
        eventually("it notices", lambda: condition(estate, "StandsDown") == "AnotherBalancer", seconds=60)
        eventually("it says what it would do", lambda: len(recommended(estate)) == 2, seconds=60)
        assert counts(estate) == (4, 0)
    assert set(recommended(estate)) == {HOSTS}
    assert [estate.boots(name) for name in NAMES] == [1, 1, 1, 1]


def recommended(estate: Estate) -> list[tuple[str, str]]:
    """From where to where machines would be moved."""
    return [(move["from"], move["to"]) for move in estate.status("Rebalance", "load").get("moves", [])]


def crowded(lab: Lab, folder: Path, **rebalance: Any) -> Estate:  # noqa: ANN401 - manifests are data
    """Four machines on the first of two hosts of 1 GiB."""
    estate = Estate.on(lab, folder / "site")
    for host in HOSTS:
        estate.edit(f"Host/{host}", capacity={"memory": "1Gi"})
    for name in NAMES:
        estate.machine(name)
    estate.apply()
    for name in NAMES:
        estate.up(name)
    assert counts(estate) == (4, 0)
    estate.declare("Rebalance", "load", poolRef={"name": "lab"}, **QUICK, **rebalance)
    return estate


def homes(estate: Estate) -> dict[str, str]:
    """Where each machine runs, and nothing else; one that is on its way may be missing or seen at its new host."""
    found: dict[str, str] = {}
    for host, called in zip(estate.lab.hosts, HOSTS, strict=True):
        found.update((name, called) for name in host.virsh("list", "--name", "--state-running").split())
    return found


def counts(estate: Estate) -> tuple[int, ...]:
    """How many run on each host."""
    found = list(homes(estate).values())
    return tuple(found.count(host) for host in HOSTS)


def condition(estate: Estate, kind: str) -> str | None:
    """The reason of a condition of the Rebalance; None while it has none."""
    conditions = estate.status("Rebalance", "load")["conditions"]
    return next((one["reason"] for one in conditions if one["type"] == kind), None)
