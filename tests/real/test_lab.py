"""The lab itself: what other tests on real hypervisors rely on."""

import dataclasses
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.lab.guest import qcow2
from tests.lab.host import Host, eventually, lives
from tests.lab.lab import Lab
from tests.lab.slot import take_slot

KIB_128M = 128 * 1024


def define(lab: Lab, host: Host, name: str, *disks: Path) -> Path:
    machine = dataclasses.replace(lab.machine(name), disks=disks)
    description = lab.shared / f"{name}.xml"
    description.write_text(machine.xml(), encoding="utf-8")
    host.virsh("define", str(description))
    return machine.serial


def says(serial: Path, word: str) -> None:
    eventually(f"the guest says {word}", lambda: serial.exists() and word in serial.read_text(errors="replace"))


def state(host: Host, name: str) -> str:
    return host.virsh("domstate", name).strip()


def answers(host: Host) -> bool:
    try:
        socket.create_connection((host.address, 16509), timeout=0.5).close()
    except OSError:
        return False
    return True


def test_a_guest_lives_balloons_migrates_and_obeys_the_button(lab: Lab) -> None:
    here, there = lab.hosts
    serial = define(lab, here, "web-1")
    here.virsh("start", "web-1")
    says(serial, "GUEST-UP")
    time.sleep(1)  # the balloon driver's first report
    here.virsh("setmem", "web-1", "128M", "--live")
    eventually("the balloon grew", lambda: f"actual {KIB_128M}" in here.virsh("dommemstat", "web-1").split("\n"))
    here.virsh("migrate", "--live", "--p2p", "--persistent", "--undefinesource", "web-1", there.uri)
    assert here.virsh("list", "--all", "--name").split() == []
    assert state(there, "web-1") == "running"
    there.virsh("shutdown", "web-1")
    eventually("the guest went down", lambda: state(there, "web-1") == "shut off")
    assert "GUEST-DOWN" in serial.read_text(errors="replace")


def test_guests_outlive_libvirtd(lab: Lab) -> None:
    host = lab.host(1)
    define(lab, host, "web-1")
    host.virsh("start", "web-1")
    qemu = host.processes("qemu")
    lab.restart_libvirtd(1)
    assert host.processes("qemu") == qemu
    assert state(host, "web-1") == "running"


def test_a_killed_host_is_silent_and_comes_back_without_its_guests(lab: Lab) -> None:
    host = lab.host(2)
    define(lab, host, "web-1")
    host.virsh("start", "web-1")
    assert answers(host)
    lab.kill(2)
    assert not answers(host)
    lab.revive(2)
    assert answers(host)
    assert state(host, "web-1") == "shut off"


def test_a_cut_host_is_silent_and_keeps_its_guests(lab: Lab) -> None:
    host = lab.host(2)
    define(lab, host, "web-1")
    host.virsh("start", "web-1")
    lab.cut(2)
    assert not answers(host)
    assert state(host, "web-1") == "running"  # by the socket, which is no network
    lab.revive(2)
    eventually("it answers", lambda: answers(host))


def test_each_host_has_its_own_disks_at_the_same_path(lab: Lab) -> None:
    here, there = lab.hosts
    for host in lab.hosts:
        host.virsh("pool-define-as", "local", "dir", "--target", str(lab.local))
        host.virsh("pool-start", "local")
    here.virsh("vol-create-as", "local", "only-here.qcow2", "10M", "--format", "qcow2")
    assert (here.local / "only-here.qcow2").exists()
    assert list(there.local.iterdir()) == []
    disk = qcow2(lab.shared / "both.qcow2", 10)
    serial = define(lab, there, "web-1", disk)
    there.virsh("start", "web-1")
    says(serial, "GUEST-UP")


def test_two_labs_side_by_side(lab: Lab) -> None:
    with Lab(1) as other:
        assert other.slot.number != lab.slot.number
        assert answers(other.host(1))
        assert answers(lab.host(1))
    assert answers(lab.host(1))
    assert not Path(f"/sys/class/net/{other.slot.bridge}").exists()


def test_nothing_runs_on_when_the_tests_are_killed(lab: Lab) -> None:
    assert lab.hosts
    with subprocess.Popen([sys.executable, "-c", LONELY], stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        number, *pids = [int(word) for word in victim.stdout.readline().split()]
        assert all(lives(pid) for pid in pids)
        victim.kill()
    eventually("libvirtd dies with the tests", lambda: not any(lives(pid) for pid in pids))
    bridge = Path(f"/sys/class/net/xcplab{number}")
    assert bridge.exists()  # names stay, until somebody takes the slot again
    with take_slot("10.77") as slot:
        assert slot.number <= number
        assert slot.number < number or not bridge.exists()


LONELY = """
import signal
from tests.lab.lab import Lab
with Lab(1) as lab:
    print(lab.slot.number, *lab.host(1).processes("libvirtd"), flush=True)
    signal.pause()
"""
