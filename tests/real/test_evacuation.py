"""A real host is left for a maintenance and comes to life again, and machines that have to be apart are parted."""

from pathlib import Path

from tests.lab.host import eventually
from tests.lab.lab import Lab
from tests.real.estate import HOSTS, Estate

NAMES = ("one", "two")


def test_a_host_is_left_and_gone_back_to_without_a_boot(lab: Lab, tmp_path: Path) -> None:
    estate = with_two(lab, tmp_path)
    assert homes(estate) == {"one": "host-a", "two": "host-a"}
    estate.edit("Host/host-a", maintenance={"desired": True})
    planned = {entry["ref"]["name"]: entry["impact"] for entry in estate.plan()["changes"]}
    assert planned == dict.fromkeys(NAMES, "Migrate")
    estate.apply()
    assert homes(estate) == {"one": "host-b", "two": "host-b"}
    assert evacuated(estate) == "True"
    estate.settled()
    estate.edit("Host/host-a", maintenance={"desired": False})
    estate.apply()
    assert homes(estate) == {"one": "host-a", "two": "host-a"}
    estate.settled()
    assert [estate.boots(name) for name in NAMES] == [1, 1]


def test_what_somebody_brought_together_is_parted_again(lab: Lab, tmp_path: Path) -> None:
    estate = with_two(lab, tmp_path)
    rule = {"name": "pair", "matchLabels": dict[str, str](), "keep": "Apart"}
    estate.declare("PlacementPolicy", "lab", poolRef={"name": "lab"}, rules=[rule])
    estate.apply()
    assert set(homes(estate).values()) == set(HOSTS)
    away = next(name for name, host in homes(estate).items() if host == "host-b")
    with estate.site.running("--resync", "2s"):
        lab.host(2).virsh("migrate", "--live", "--persistent", "--undefinesource", away, lab.uri(1))
        eventually("they are apart again", lambda: set(homes(estate).values()) == set(HOSTS), seconds=90)
    estate.settled()
    assert [estate.boots(name) for name in NAMES] == [1, 1]


def with_two(lab: Lab, folder: Path) -> Estate:
    """Two machines that run on the first host."""
    estate = Estate.on(lab, folder / "site")
    for name in NAMES:
        estate.machine(name)
    estate.apply()
    for name in NAMES:
        estate.up(name)
    return estate


def homes(estate: Estate) -> dict[str, str]:
    """Where each machine runs."""
    found: dict[str, str] = {}
    for host, called in zip(estate.lab.hosts, HOSTS, strict=True):
        found.update((name, called) for name in host.virsh("list", "--name", "--state-running").split())
    return found


def evacuated(estate: Estate) -> str | None:
    """What the Host says of its evacuation."""
    conditions = estate.status("Host", "host-a")["conditions"]
    return next((one["status"] for one in conditions if one["type"] == "Evacuated"), None)
