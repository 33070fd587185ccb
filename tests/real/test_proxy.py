"""The counting proxy, in front of a real libvirt."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.host import LabError, run
from tests.lab.lab import Lab
from tests.lab.ledger import Effect, Entry, Fault, Ledger, Moment
from tests.lab.proxy import Proxy, TcpEnd, UnixEnd
from tests.lab.rpc import Procedure

Virsh = Callable[..., str]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def proxy(lab: Lab, ledger: Ledger, tmp_path: Path) -> Iterator[Proxy]:
    with Proxy("h1", UnixEnd(tmp_path / "sock"), UnixEnd(lab.host(1).socket), ledger) as running:
        yield running


@pytest.fixture
def description(lab: Lab) -> str:
    path = lab.shared / "web-1.xml"
    path.write_text(lab.machine("web-1").xml(), encoding="utf-8")
    return str(path)


def through(proxy: Proxy, *words: str, seconds: float = 20) -> str:
    return run("virsh", "-q", "-c", proxy.uri, *words, seconds=seconds)


def domains(lab: Lab) -> list[str]:
    return lab.host(1).virsh("list", "--all", "--name").split()


def test_counts_what_changes_something_and_nothing_else(
    lab: Lab, proxy: Proxy, ledger: Ledger, description: str
) -> None:
    through(proxy, "list", "--all")
    assert not ledger.procedures
    through(proxy, "define", description)
    through(proxy, "start", "web-1")
    through(proxy, "setmem", "web-1", "200M", "--config")
    through(proxy, "setvcpus", "web-1", "2", "--config")
    through(proxy, "destroy", "web-1")
    through(proxy, "undefine", "web-1", "--nvram")
    through(proxy, "pool-define-as", "p", "dir", "--target", str(lab.local))
    through(proxy, "pool-build", "p")
    through(proxy, "pool-start", "p")
    through(proxy, "pool-autostart", "p")
    through(proxy, "vol-create-as", "p", "a.qcow2", "10M", "--format", "qcow2")
    through(proxy, "vol-upload", "a.qcow2", __file__, "p")
    through(proxy, "vol-resize", "a.qcow2", "20M", "p")
    through(proxy, "vol-delete", "a.qcow2", "p")
    through(proxy, "pool-destroy", "p")
    through(proxy, "pool-undefine", "p")
    assert ledger.entries[0] == Entry("h1", Procedure.DOMAIN_DEFINE_XML)
    assert ledger.procedures == (
        Procedure.DOMAIN_DEFINE_XML,
        Procedure.DOMAIN_CREATE,
        Procedure.DOMAIN_SET_MEMORY_FLAGS,
        Procedure.DOMAIN_SET_VCPUS_FLAGS,
        Procedure.DOMAIN_DESTROY,
        Procedure.DOMAIN_UNDEFINE_FLAGS,
        Procedure.STORAGE_POOL_DEFINE_XML,
        Procedure.STORAGE_POOL_BUILD,
        Procedure.STORAGE_POOL_CREATE,
        Procedure.STORAGE_POOL_SET_AUTOSTART,
        Procedure.STORAGE_VOL_CREATE_XML,
        Procedure.STORAGE_VOL_UPLOAD,
        Procedure.STORAGE_VOL_RESIZE,
        Procedure.STORAGE_VOL_DELETE,
        Procedure.STORAGE_POOL_DESTROY,
        Procedure.STORAGE_POOL_UNDEFINE,
    )


def test_kills_the_caller_before_the_call(lab: Lab, proxy: Proxy, ledger: Ledger, description: str) -> None:
    ledger.reset(Fault(1, Moment.BEFORE_CALL, Effect.KILL_CALLER))
    assert killed(ledger, proxy, "define", description)
    assert domains(lab) == []


def test_kills_the_caller_after_the_call(lab: Lab, proxy: Proxy, ledger: Ledger, description: str) -> None:
    ledger.reset(Fault(1, Moment.AFTER_CALL, Effect.KILL_CALLER, Procedure.DOMAIN_DEFINE_XML))
    assert killed(ledger, proxy, "define", description)
    assert domains(lab) == ["web-1"]


def killed(ledger: Ledger, proxy: Proxy, *words: str) -> bool:
    # A shell that becomes virsh once its pid is known: the fault must not strike before there is a victim.
    with subprocess.Popen(
        ["bash", "-c", 'read -r; exec virsh -q -c "$@"', "caller", proxy.uri, *words], stdin=subprocess.PIPE
    ) as caller:
        ledger.victim = caller.pid
        assert caller.stdin is not None
        caller.stdin.write(b"\n")
        caller.stdin.flush()
        assert ledger.wait_for_fault(20)
        return caller.wait(20) == -9


def test_cuts_the_connection_when_the_call_is_done(lab: Lab, proxy: Proxy, ledger: Ledger, description: str) -> None:
    ledger.reset(Fault(1, Moment.AFTER_CALL, Effect.CUT))
    with pytest.raises(LabError):
        through(proxy, "define", description)
    assert domains(lab) == ["web-1"]
    assert through(proxy, "list", "--all", "--name").split() == ["web-1"]


def test_a_swallowed_answer_never_comes(lab: Lab, proxy: Proxy, ledger: Ledger, description: str) -> None:
    ledger.reset(Fault(2, Moment.AFTER_CALL, Effect.SWALLOW))
    through(proxy, "define", description)
    began = time.monotonic()
    with pytest.raises(LabError, match="no end after"):
        through(proxy, "define", description, seconds=2)
    assert time.monotonic() - began >= 2
    assert domains(lab) == ["web-1"]


def test_one_ledger_counts_over_two_hosts_and_migrations_pass(lab: Lab, ledger: Ledger, tmp_path: Path) -> None:
    here, there = lab.hosts
    description = lab.shared / "web-1.xml"
    description.write_text(lab.machine("web-1").xml(), encoding="utf-8")
    with (
        Proxy("h1", UnixEnd(tmp_path / "sock"), UnixEnd(here.socket), ledger) as first,
        Proxy("h2", TcpEnd(lab.slot.gateway, 16601), TcpEnd(there.address), ledger) as second,
    ):
        through(first, "define", str(description))
        through(first, "start", "web-1")
        through(first, "migrate", "--live", "--p2p", "--persistent", "--undefinesource", "web-1", there.uri)
        through(second, "destroy", "web-1")
    assert ledger.entries == (
        Entry("h1", Procedure.DOMAIN_DEFINE_XML),
        Entry("h1", Procedure.DOMAIN_CREATE),
        Entry("h1", Procedure.DOMAIN_MIGRATE_PERFORM3_PARAMS),
        Entry("h2", Procedure.DOMAIN_DESTROY),
    )
