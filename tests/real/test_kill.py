"""`xcp` dies at the worst moments of every kind of effect: one more run ends it, and nothing is there twice."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.guest import qcow2
from tests.lab.host import eventually
from tests.lab.lab import Lab
from tests.lab.ledger import Moment
from tests.lab.rpc import Procedure
from tests.real.estate import MIB, Estate
from tests.real.gate import Gate, gate

APPLY = ("apply", "-f", ".", "--auto-approve", "--timeout", "90s")
DELETE = ("delete", "VirtualMachine", "web-1", "-f", ".", "--auto-approve")
# One kill for each kind of effect, some before the call and some before its answer; XCP_EVERY_KILL has the other, too.
# Where the next command could not tell a call that is lost from one that is late, it waits until none can be late any
# more: the half that is always run has few of those.
HALVES = ("one", "other") if os.environ.get("XCP_EVERY_KILL") else ("one",)
EACH = pytest.mark.parametrize("half", HALVES)
# The network first: it is made beside the storage, and a later run could meet it made on both hosts.
CREATIONS = {
    Procedure.NETWORK_DEFINE_XML: Moment.AFTER_CALL,
    Procedure.STORAGE_POOL_DEFINE_XML: Moment.AFTER_CALL,
    Procedure.STORAGE_POOL_BUILD: Moment.BEFORE_CALL,
    Procedure.STORAGE_VOL_CREATE_XML: Moment.AFTER_CALL,
    Procedure.STORAGE_VOL_UPLOAD: Moment.BEFORE_CALL,
    Procedure.DOMAIN_DEFINE_XML_FLAGS: Moment.AFTER_CALL,
    Procedure.DOMAIN_CREATE_WITH_FLAGS: Moment.BEFORE_CALL,
}
CHANGES = {
    Procedure.DOMAIN_SET_MEMORY_FLAGS: Moment.AFTER_CALL,
    Procedure.DOMAIN_BLOCK_RESIZE: Moment.BEFORE_CALL,
    Procedure.DOMAIN_MIGRATE_PERFORM3_PARAMS: Moment.AFTER_CALL,
}
REMOVALS = {
    Procedure.DOMAIN_SHUTDOWN_FLAGS: Moment.BEFORE_CALL,
    Procedure.DOMAIN_DESTROY_FLAGS: Moment.AFTER_CALL,
    Procedure.DOMAIN_UNDEFINE_FLAGS: Moment.BEFORE_CALL,
    Procedure.STORAGE_VOL_DELETE: Moment.AFTER_CALL,
}
TURNED = {Moment.BEFORE_CALL: Moment.AFTER_CALL, Moment.AFTER_CALL: Moment.BEFORE_CALL}


def kill(through: Gate, half: str, kinds: dict[Procedure, Moment], procedure: Procedure, *words: str) -> None:
    """Run a command that dies at its first call of this kind."""
    moment = kinds[procedure]
    through.killed(moment if half == "one" else TURNED[moment], procedure, *words)
    assert len(through.estate.copies("web-1")) <= 1 or procedure is Procedure.DOMAIN_MIGRATE_PERFORM3_PARAMS


@pytest.fixture
def through(lab: Lab, tmp_path: Path) -> Iterator[Gate]:
    with gate(lab, tmp_path) as opened:
        yield opened


def whole(estate: Estate) -> None:
    """Declare a machine with a disk over an image, and a network."""
    image = qcow2(estate.site.folder / "image.qcow2", 16)
    estate.nat()
    estate.volume("base", source={"file": image.name, "sha256": hashlib.sha256(image.read_bytes()).hexdigest()})
    estate.volume("root", backing={"volumeRef": {"name": "base"}})
    estate.machine(
        "web-1",
        mib=128,
        memory={"size": "128Mi", "min": "96Mi", "max": "128Mi"},
        disks=[{"name": "root", "volumeRef": {"name": "root"}}],
        interfaces=[{"name": "eth0", "networkRef": {"name": "nat"}}],
        placement={"host": "host-a"},
    )


def each_once(estate: Estate, home: str = "host-a") -> None:
    """Insist that every object is there exactly once, and that the hosts hold nothing else."""
    assert estate.copies("web-1") == [(home, "running")]
    assert [name.partition("-")[0] for name in estate.files()] == ["base", "root"]
    for host, name in zip(estate.lab.hosts, ("host-a", "host-b"), strict=True):
        assert host.virsh("list", "--all", "--name").split() == (["web-1"] if name == home else [])
        assert host.virsh("net-list", "--all", "--name").split() == ["nat"]
        assert host.virsh("pool-list", "--all", "--name").split() == ["shared"]


def one_at_a_time(estate: Estate, boots: int) -> None:
    """Insist that the guest ticks like one: two copies would tick the same numbers twice."""
    estate.up("web-1", boots=boots)
    last = 0
    for line in estate.lines("web-1"):
        if "GUEST-UP" in line:
            last = 0
        elif line.startswith("tick "):
            number = int(line.split()[1])
            assert number > last, estate.lines("web-1")
            last = number


@EACH
def test_killed_at_each_kind_of_creation(through: Gate, half: str) -> None:
    estate = through.estate
    whole(estate)
    for procedure in CREATIONS:
        # That each run comes as far as the next kind shows that it has repaired what the last one left.
        kill(through, half, CREATIONS, procedure, *APPLY)
    estate.apply()
    each_once(estate)
    estate.settled()
    one_at_a_time(estate, 1)


@EACH
def test_killed_at_each_kind_of_change(through: Gate, half: str) -> None:
    estate = through.estate
    whole(estate)
    estate.apply()
    estate.up("web-1")

    estate.edit("VirtualMachine/web-1", memory={"max": "96Mi"})
    kill(through, half, CHANGES, Procedure.DOMAIN_SET_MEMORY_FLAGS, *APPLY)
    estate.apply()
    each_once(estate)
    stats = estate.lab.host(1).virsh("dommemstat", "web-1").split()
    assert abs(int(stats[stats.index("actual") + 1]) - 96 * MIB) <= 4 * MIB

    estate.edit("Volume/root", size="32Mi")
    kill(through, half, CHANGES, Procedure.DOMAIN_BLOCK_RESIZE, *APPLY)
    estate.apply()
    each_once(estate)
    sizes = estate.lab.host(1).virsh("domblkinfo", "web-1", "vda").split()
    assert sizes[sizes.index("Capacity:") + 1] == str(32 << 20)

    estate.edit("VirtualMachine/web-1", placement={"host": "host-b"})
    kill(through, half, CHANGES, Procedure.DOMAIN_MIGRATE_PERFORM3_PARAMS, *APPLY)
    estate.apply()
    each_once(estate, "host-b")
    estate.settled()
    one_at_a_time(estate, 1)


@EACH
def test_killed_at_each_kind_of_removal(through: Gate, half: str) -> None:
    estate = through.estate
    whole(estate)
    estate.edit("VirtualMachine/web-1", boot={"cmdline": "console=ttyS0 quiet deaf"}, shutdown={"timeout": "1s"})
    estate.edit("Volume/root", deletionPolicy="Delete")
    estate.edit("Volume/base", deletionPolicy="Delete")
    estate.apply()
    estate.up("web-1")

    for procedure in (Procedure.DOMAIN_SHUTDOWN_FLAGS, Procedure.DOMAIN_DESTROY_FLAGS, Procedure.DOMAIN_UNDEFINE_FLAGS):
        kill(through, half, REMOVALS, procedure, *DELETE)
    result = estate.site.run(*DELETE)
    assert result.code == 0, result.text
    eventually("it is gone", lambda: estate.copies("web-1") == [])
    assert estate.boots("web-1") == 1

    everything = ("delete", "-f", ".", "--auto-approve")
    kill(through, half, REMOVALS, Procedure.STORAGE_VOL_DELETE, *everything)
    result = estate.site.run(*everything)
    assert result.code == 0, result.text
    assert estate.files() == []
