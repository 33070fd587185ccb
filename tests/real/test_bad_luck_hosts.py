"""Hosts that die, and a libvirtd that is restarted under our hands."""

from pathlib import Path

from tests.cli.pool_site import ended
from tests.lab.host import eventually
from tests.lab.lab import Lab
from tests.lab.rpc import Procedure
from tests.real.estate import Estate
from tests.real.gate import gate

RUNNING_HERE = [("host-a", "running")]
RUNNING_THERE = [("host-b", "running")]


def test_a_dead_host_keeps_its_machines_until_it_is_fenced(lab: Lab, tmp_path: Path) -> None:
    estate = Estate.on(lab, tmp_path / "site")
    estate.volume("free")
    estate.machine("pinned", placement={"host": "host-b"})
    estate.machine("free", placement={"host": "host-b"}, disks=[{"name": "root", "volumeRef": {"name": "free"}}])
    estate.apply()
    # Without its pin it stays where it is.
    estate.edit("VirtualMachine/free", placement={"host": None})
    estate.apply()
    estate.settled()
    for name in ("pinned", "free"):
        assert estate.copies(name) == RUNNING_THERE
        estate.up(name)
    lab.kill(2)

    # Others go on; what was there may still run there, as far as anybody knows.
    estate.machine("new")
    result = estate.site.apply("--timeout", "20s")
    assert result.code == 1, result.text
    assert "host-b" in result.out
    assert "xcp fence host-b" in result.out
    assert estate.copies("new") == RUNNING_HERE
    assert estate.copies("free") == estate.copies("pinned") == []
    for name in ("free", "pinned"):
        assert f"VirtualMachine/{name}  waits: it could be on host-b, which does not answer" in result.out

    # Somebody gives their word that it is off: what is bound to nothing there may start elsewhere.
    fenced = estate.site.run("fence", "host-b", "--until", "1h", "--auto-approve")
    assert fenced.code == 0, fenced.text
    result = estate.site.apply("--timeout", "30s")
    assert result.code == 1, result.text
    assert estate.copies("free") == RUNNING_HERE
    assert estate.copies("pinned") == []
    assert "VirtualMachine/pinned  waits: host-b does not answer and is fenced" in result.out
    estate.up("free", boots=2)

    # It comes back with an old definition of what has moved on.
    lab.revive(2)
    assert ("host-b", "shut off") in estate.copies("free")
    lifted = estate.site.run("fence", "host-b", "--lift")
    assert lifted.code == 0, lifted.text
    estate.apply()
    estate.settled()
    assert estate.copies("free") == RUNNING_HERE
    assert estate.copies("pinned") == RUNNING_THERE
    assert estate.boots("free") == 2


def test_libvirtd_is_restarted_in_the_middle(lab: Lab, tmp_path: Path) -> None:
    with gate(lab, tmp_path) as opened:
        estate = opened.estate
        names = ("web-1", "web-2", "web-3")
        for name in names:
            estate.volume(name)
            estate.machine(name, placement={"host": "host-a"}, disks=[{"name": "root", "volumeRef": {"name": name}}])
        process = estate.site.start("apply", "-f", ".", "--auto-approve", "--timeout", "90s")
        eventually("a machine is being defined", lambda: Procedure.DOMAIN_DEFINE_XML_FLAGS in opened.ledger.procedures)
        lab.restart_libvirtd(1)
        result = ended(process)
        assert result.code == 0, result.text
        estate.settled()
        for name in names:
            assert estate.copies(name) == RUNNING_HERE
            estate.up(name)
