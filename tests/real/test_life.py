"""The gate: a machine's whole life on real QEMU, by the real command line, with an empty plan after each step."""

import hashlib
from pathlib import Path

from tests.lab.guest import qcow2
from tests.lab.host import eventually
from tests.lab.lab import Lab
from tests.real.estate import MIB, Estate


def held(estate: Estate, host: int) -> int:
    """Give the KiB that web-1 holds, as QEMU says."""
    stats = estate.lab.host(host).virsh("dommemstat", "web-1").split()
    return int(stats[stats.index("actual") + 1])


def test_a_whole_life(lab: Lab, tmp_path: Path) -> None:
    image = qcow2(tmp_path / "image.qcow2", 8)
    estate = Estate.on(lab, tmp_path / "site")
    estate.nat()
    estate.volume("base")
    estate.volume("root", backing={"volumeRef": {"name": "base"}}, size="32Mi")
    source = {"file": str(image), "sha256": hashlib.sha256(image.read_bytes()).hexdigest()}
    estate.volume("data", source=source)
    estate.machine(
        "web-1",
        mib=192,
        memory={"size": "192Mi", "min": "96Mi", "max": "128Mi"},
        cpu={"cores": 1, "maxCores": 2},
        disks=[{"name": "root", "volumeRef": {"name": "root"}}, {"name": "data", "volumeRef": {"name": "data"}}],
        interfaces=[{"name": "eth0", "networkRef": {"name": "nat"}}],
        placement={"host": "host-a"},
    )
    here, there = lab.hosts

    # Created, with all that it stands on.
    estate.apply()
    estate.settled()
    estate.up("web-1")
    assert estate.copies("web-1") == [("host-a", "running")]
    assert abs(held(estate, 1) - 128 * MIB) <= 4 * MIB
    files = estate.files()
    assert [name.partition("-")[0] for name in files] == ["base", "data", "root"]
    uuid = estate.uuid("web-1")

    # Memory grows and shrinks while it runs.
    for mib in (192, 96):
        estate.edit("VirtualMachine/web-1", memory={"max": f"{mib}Mi", "min": "96Mi"})
        estate.apply()
        estate.settled()
        assert abs(held(estate, 1) - mib * MIB) <= 4 * MIB

    # A volume grows while the guest has it open.
    estate.edit("Volume/root", size="64Mi")
    estate.apply()
    estate.settled()
    sizes = here.virsh("domblkinfo", "web-1", "vda").split()
    assert sizes[sizes.index("Capacity:") + 1] == str(64 << 20)

    # It moves, running, by an edit of one line.
    estate.edit("VirtualMachine/web-1", placement={"host": "host-b"})
    estate.apply()
    estate.settled()
    assert estate.copies("web-1") == [("host-b", "running")]
    assert abs(held(estate, 2) - 96 * MIB) <= 4 * MIB

    # What a running machine cannot be given waits for its power cycle ...
    estate.edit("VirtualMachine/web-1", cpu={"cores": 1, "maxCores": 3})
    assert "pending" in estate.apply().out
    (waiting,) = estate.settled(pending=1)["pending"]
    assert (waiting["path"], waiting["reason"]) == ("cpu.maxCores", "PowerCyclePending")
    assert estate.boots("web-1") == 1
    # ... which a new restartedAt asks for, once.
    estate.edit("VirtualMachine/web-1", restartedAt="2030-01-31T08:00:00Z")
    estate.apply()
    estate.settled()
    estate.up("web-1", boots=2)
    assert there.virsh("vcpucount", "web-1", "--maximum", "--live").strip() == "3"

    # It stops and starts.
    estate.edit("VirtualMachine/web-1", runStrategy="Halted")
    estate.apply()
    estate.settled()
    assert estate.copies("web-1") == [("host-b", "shut off")]
    estate.edit("VirtualMachine/web-1", runStrategy="Always")
    estate.apply()
    estate.settled()
    estate.up("web-1", boots=3)

    # Deleted, it leaves its volumes.
    result = estate.site.run("delete", "VirtualMachine", "web-1", "-f", ".", "--auto-approve")
    assert result.code == 0, result.text
    assert estate.copies("web-1") == []
    assert estate.files() == files

    # Brought back, it is the same machine on the same volumes.
    estate.apply()
    estate.settled()
    eventually("it is back", lambda: estate.copies("web-1") == [("host-b", "running")])
    assert estate.uuid("web-1") == uuid
    assert estate.files() == files
    estate.up("web-1", boots=4)
