"""What is not ours: names that are taken, copies of our machines, and a memory that was lost."""

import json
import shutil
from pathlib import Path

from tests.lab.lab import Lab
from tests.real.estate import Estate

CLONE = "11111111-2222-4333-8444-555555555555"


def test_a_name_that_a_stranger_has(lab: Lab, tmp_path: Path) -> None:
    host = lab.host(1)
    by_hand = tmp_path / "by-hand.xml"
    by_hand.write_text(lab.machine("web-1").xml(), encoding="utf-8")
    host.virsh("define", str(by_hand))
    before = host.virsh("dumpxml", "web-1")
    estate = Estate.on(lab, tmp_path / "site")
    estate.machine("web-1", placement={"host": "host-a"})
    estate.machine("web-2", placement={"host": "host-a"})
    result = estate.site.apply("--timeout", "60s")
    assert result.code == 1, result.text
    assert "host-a has another machine of this name" in result.out
    assert "adopt" in result.out
    assert host.virsh("dumpxml", "web-1") == before
    assert estate.copies("web-2") == [("host-a", "running")]
    assert estate.copies("web-1") == [("host-a", "shut off")]


def test_a_copy_of_our_machine_is_a_stranger(lab: Lab, tmp_path: Path) -> None:
    here, there = lab.hosts
    estate = Estate.on(lab, tmp_path / "site")
    estate.machine("web-1", placement={"host": "host-a"}, runStrategy="Halted")
    estate.apply()
    text = here.virsh("dumpxml", "--inactive", "web-1")
    copied = text.replace(estate.uuid("web-1"), CLONE, 1).replace("<name>web-1</name>", "<name>copy</name>", 1)
    assert "xcp:stamp" in copied
    clone = tmp_path / "clone.xml"
    clone.write_text(copied, encoding="utf-8")
    for host in lab.hosts:
        host.virsh("define", str(clone))
    there.virsh("start", "copy")
    before = [host.virsh("dumpxml", "--inactive", "copy") for host in lab.hosts]

    estate.settled()
    assert "Nothing to do" in estate.apply().out
    deleted = estate.site.run("delete", "VirtualMachine", "web-1", "-f", ".", "--auto-approve")
    assert deleted.code == 0, deleted.text
    assert estate.copies("web-1") == []
    assert estate.copies("copy") == [("host-a", "shut off"), ("host-b", "running")]
    assert [host.virsh("dumpxml", "--inactive", "copy") for host in lab.hosts] == before


def test_the_database_is_deleted(lab: Lab, tmp_path: Path) -> None:
    estate = Estate.on(lab, tmp_path / "site")
    estate.nat()
    estate.volume("root")
    estate.machine(
        "web-1",
        disks=[{"name": "root", "volumeRef": {"name": "root"}}],
        interfaces=[{"name": "eth0", "networkRef": {"name": "nat"}}],
    )
    estate.apply()
    estate.up("web-1")
    uid, uuid, files = _uid(estate), estate.uuid("web-1"), estate.files()
    shutil.rmtree(estate.site.state.parent)

    estate.settled()
    estate.apply()
    estate.settled()
    assert _uid(estate) == uid
    assert (estate.uuid("web-1"), estate.files()) == (uuid, files)
    assert estate.boots("web-1") == 1
    assert len(estate.copies("web-1")) == 1


def _uid(estate: Estate) -> str:
    result = estate.site.run("get", "vm", "web-1", "-o", "json")
    assert result.code == 0, result.text
    (item,) = json.loads(result.out)["items"]
    return str(item["metadata"]["uid"])
