"""Memory moves between real guests as they need it, and is freed for one that starts. The long one is a bench."""

import re
from pathlib import Path
from typing import Final

from tests.lab.host import Host, LabError, eventually
from tests.lab.lab import Lab
from tests.real.estate import MIB, Estate

CAPACITY: Final = 640 * MIB
RESERVE: Final = 32 * MIB
NAMES: Final = ("calm", "busy", "late")
# A minute is short: everything that is slow on purpose is quick here.
QUICK: Final = {
    "hysteresis": {"low": 5, "high": 10, "hold": "2s"},
    "step": {"maxPercent": 100, "minDelta": "4Mi"},
}


def test_guests_have_what_they_need_and_make_room_for_one_more(lab: Lab, tmp_path: Path) -> None:
    estate = declared(lab, tmp_path)
    host = lab.host(1)
    with estate.site.running():
        for name in ("calm", "busy"):
            estate.up(name)
            # The guests of others tell every ten seconds.
            host.virsh("dommemstat", name, "--period", "1", "--live")
        # 608 MiB are there, and the two hold 512: a third one of 256 has to wait for them.
        estate.machine("late", mib=256, memory=memory(256), placement={"host": "host-a"})
        eventually("there is room for the third", lambda: kept(host) and estate.boots("late") == 1, seconds=90)
        eventually("the busy one has what it uses", lambda: kept(host) and satisfied(host), seconds=90)
    assert kept(host)
    policy = estate.status("MemoryPolicy", "balanced")
    assert [(one["host"], one["guests"]) for one in policy["balance"]] == [("host-a", 3)]


def test_a_guest_that_does_not_follow_is_left_alone_and_says_so(lab: Lab, tmp_path: Path) -> None:
    estate = declared(lab, tmp_path, uncooperativeAfter="3s")
    host = lab.host(1)
    # Of an interrupt that nobody can explain its kernel dies, and with it its balloon.
    boot = estate.manifests["VirtualMachine/busy"]["boot"]
    estate.edit("VirtualMachine/busy", boot={**boot, "cmdline": "console=ttyS0 quiet unknown_nmi_panic=1"})
    with estate.site.running():
        for name in ("calm", "busy"):
            estate.up(name)
            host.virsh("dommemstat", name, "--period", "1", "--live")
        host.virsh("inject-nmi", "busy")
        eventually(
            "its kernel has died", lambda: any("Kernel panic" in line for line in estate.lines("busy")), seconds=20
        )
        estate.machine("late", mib=192, memory=memory(192), placement={"host": "host-a"})
        eventually("the calm one alone makes room", lambda: kept(host) and estate.boots("late") == 1, seconds=90)
        eventually("the dead one is found out", lambda: cooperative(estate, "busy") == "False", seconds=60)
        assert cooperative(estate, "calm") != "False"
    policy = estate.status("MemoryPolicy", "balanced")
    assert [one["message"] for one in policy["conditions"] if one["type"] == "UncooperativeGuests"] == [
        "busy on host-a"
    ]


def cooperative(estate: Estate, name: str) -> str | None:
    """What a machine's condition BalloonCooperative says; None while it has none."""
    conditions = estate.status("VirtualMachine", name)["conditions"]
    return next((one["status"] for one in conditions if one["type"] == "BalloonCooperative"), None)


def declared(lab: Lab, folder: Path, **policy: str) -> Estate:
    """A host of 640 MiB, two guests, of which one comes to use 110 MiB, and a policy."""
    estate = Estate.on(lab, folder / "site")
    estate.edit("Host/host-a", capacity={"memory": f"{CAPACITY // MIB}Mi"})
    estate.declare(
        "MemoryPolicy",
        "balanced",
        poolRef={"name": "lab"},
        mode="Direct",
        hostReserve=f"{RESERVE // MIB}Mi",
        overcommitRatio=2.0,
        **QUICK,
        **policy,
    )
    boot = {"kernel": str(lab.guest.kernel), "initrd": str(lab.guest.initrd)}
    for name, use in (("calm", ""), ("busy", " use=4:20,110:9999")):
        line = {"cmdline": f"console=ttyS0 quiet{use}"}
        here = {"host": "host-a"}
        estate.machine(name, mib=256, memory=memory(256), boot={**boot, **line}, placement=here)
    return estate


def memory(mib: int) -> dict[str, str]:
    """A size, and a minimum that the tiny guest still runs with."""
    return {"size": f"{mib}Mi", "min": "80Mi"}


def kept(host: Host) -> bool:
    """Insist that what the guests hold together leaves the host its reserve."""
    # They are asked one after the other: where one gives back and another starts in between, one order adds up two
    # moments, and the other one does not.
    both = [{name: stats["actual"] for name in names if (stats := told(host, name))} for names in (NAMES, NAMES[::-1])]
    held = min(both, key=lambda one: sum(one.values()))
    assert sum(held.values()) <= CAPACITY - RESERVE, held
    return True


def satisfied(host: Host) -> bool:
    """Whether the busy guest uses what it is to use, and still has some left."""
    stats = told(host, "busy")
    used = stats.get("available", 0) - stats.get("usable", 0)
    return used >= 110 * MIB and stats["actual"] >= 1.1 * used


def told(host: Host, name: str) -> dict[str, int]:
    """What QEMU and the guest say, KiB; nothing of a guest that does not run."""
    try:
        text = host.virsh("dommemstat", name)
    except LabError:
        return {}
    return {key: int(value) for key, value in re.findall(r"^(\S+) (\d+)$", text, re.MULTILINE)}
