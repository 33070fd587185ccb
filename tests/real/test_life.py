"""The gate: a machine's whole life on real QEMU, by the real command line, with an empty plan after each step."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from tests.lab.guest import qcow2
from tests.lab.host import Host, eventually
from tests.lab.lab import Lab
from tests.real.estate import MIB, Estate

WEB = "VirtualMachine/web-1"


def test_a_whole_life(lab: Lab, tmp_path: Path) -> None:
    estate = declared(lab, tmp_path)
    here, there = lab.hosts
    for stage in (
        created(estate, here),
        resized(estate, here),
        moved(estate, there),
        power_cycled(estate, there),
        stopped_and_started(estate),
        deleted_and_brought_back(estate),
    ):
        for _ in stage:
            estate.settled()


def declared(lab: Lab, folder: Path) -> Estate:
    """Declare a machine with everything that a machine can stand on."""
    image = qcow2(folder / "image.qcow2", 8)
    estate = Estate.on(lab, folder / "site")
    estate.nat()
    estate.volume("base")
    estate.volume("root", backing={"volumeRef": {"name": "base"}}, size="32Mi")
    estate.volume("data", source={"file": str(image), "sha256": hashlib.sha256(image.read_bytes()).hexdigest()})
    estate.machine(
        "web-1",
        memory={"size": "192Mi", "min": "96Mi", "max": "128Mi"},
        cpu={"cores": 1, "maxCores": 2},
        disks=[{"name": "root", "volumeRef": {"name": "root"}}, {"name": "data", "volumeRef": {"name": "data"}}],
        interfaces=[{"name": "eth0", "networkRef": {"name": "nat"}}],
        placement={"host": "host-a"},
    )
    return estate


# Each stage yields where nothing may be left to do.


def created(estate: Estate, host: Host) -> Iterator[None]:
    estate.apply()
    yield
    estate.up("web-1")
    assert estate.copies("web-1") == [("host-a", "running")]
    assert abs(held(host) - 128 * MIB) <= 4 * MIB
    assert [name.partition("-")[0] for name in estate.files()] == ["base", "data", "root"]


def resized(estate: Estate, host: Host) -> Iterator[None]:
    """Memory grows and shrinks, and a disk grows, while it runs."""
    for mib in (192, 96):
        estate.edit(WEB, memory={"max": f"{mib}Mi"})
        estate.apply()
        yield
        assert abs(held(host) - mib * MIB) <= 4 * MIB
    estate.edit("Volume/root", size="64Mi")
    estate.apply()
    yield
    sizes = host.virsh("domblkinfo", "web-1", "vda").split()
    assert sizes[sizes.index("Capacity:") + 1] == str(64 << 20)


def moved(estate: Estate, target: Host) -> Iterator[None]:
    """It moves, running, by an edit of one line."""
    estate.edit(WEB, placement={"host": "host-b"})
    estate.apply()
    yield
    assert estate.copies("web-1") == [("host-b", "running")]
    assert abs(held(target) - 96 * MIB) <= 4 * MIB
    assert estate.boots("web-1") == 1


def power_cycled(estate: Estate, host: Host) -> Iterator[None]:
    """What a running machine cannot be given waits for its power cycle, which a new restartedAt asks for, once."""
    estate.edit(WEB, cpu={"maxCores": 3})
    assert "pending" in estate.apply().out
    (waiting,) = estate.settled(pending=1)["pending"]
    assert (waiting["path"], waiting["reason"]) == ("cpu.maxCores", "PowerCyclePending")
    assert estate.boots("web-1") == 1
    estate.edit(WEB, restartedAt="2030-01-31T08:00:00Z")
    estate.apply()
    yield
    estate.up("web-1", boots=2)
    assert host.virsh("vcpucount", "web-1", "--maximum", "--live").strip() == "3"


def stopped_and_started(estate: Estate) -> Iterator[None]:
    estate.edit(WEB, runStrategy="Halted")
    estate.apply()
    yield
    assert estate.copies("web-1") == [("host-b", "shut off")]
    estate.edit(WEB, runStrategy="Always")
    estate.apply()
    yield
    estate.up("web-1", boots=3)


def deleted_and_brought_back(estate: Estate) -> Iterator[None]:
    """Deleted, it leaves its volumes; brought back, it is the same machine on the same volumes."""
    uuid, files = estate.uuid("web-1"), estate.files()
    spec = estate.manifests[WEB]
    estate.drop(WEB)
    estate.apply("--prune")
    yield
    assert estate.copies("web-1") == []
    assert estate.files() == files
    estate.declare("VirtualMachine", "web-1", **spec)
    estate.apply()
    yield
    eventually("it is back", lambda: estate.copies("web-1") == [("host-b", "running")])
    assert estate.uuid("web-1") == uuid
    assert estate.files() == files
    estate.up("web-1", boots=4)


def held(host: Host) -> int:
    """Give the KiB that web-1 holds, as QEMU says."""
    stats = host.virsh("dommemstat", "web-1").split()
    return int(stats[stats.index("actual") + 1])
