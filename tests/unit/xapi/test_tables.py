"""The tables for XAPI: every path has a row, and the calls keep XAPI's own order rules."""

import pytest

from tests.unit.libvirt.samples import CONFIG, DEFINE, WEB
from tests.unit.libvirt.test_impacts import ASKED
from xcp_drivers.xapi.calls import calls
from xcp_drivers.xapi.impacts import TABLE
from xcp_reconciler.model import ops
from xcp_reconciler.model.impact import Direction, Impact, Power, Unsupported
from xcp_reconciler.model.observed import ObservedVm, PowerState
from xcp_reconciler.refs import Kind

UUID = DEFINE.uuid
RUNNING = ObservedVm("host-a", UUID, "web-1", PowerState.RUNNING, CONFIG, CONFIG)
HALTED = ObservedVm("host-a", UUID, "web-1", PowerState.HALTED, CONFIG)


def methods(op: ops.Op, *copies: ObservedVm) -> list[str]:
    return [call.method for call in calls(op, copies)]


@pytest.mark.parametrize(("kind", "path"), ASKED)
def test_every_path_has_a_row(kind: Kind, path: str) -> None:
    for power in Power:
        for direction in Direction:
            assert TABLE.row(kind, path, power, direction).reason


def test_what_xapi_takes_only_from_halted_machines_is_a_power_cycle() -> None:
    for path in ("memory.size", "cpu.maxCores", "disks", "interfaces"):
        assert TABLE.row(Kind.VIRTUAL_MACHINE, path, Power.RUNNING).impact is Impact.POWER_CYCLE
        assert TABLE.row(Kind.VIRTUAL_MACHINE, path, Power.HALTED).impact is Impact.LIVE
    assert TABLE.row(Kind.VIRTUAL_MACHINE, "cpu.cores", Power.RUNNING).impact is Impact.DEFERRED
    assert isinstance(TABLE.row(Kind.NETWORK, "exists", Power.ANY).impact, Unsupported)


def test_the_stamp_is_in_the_record_that_creates() -> None:
    made = calls(DEFINE, ())
    assert [call.method for call in made] == ["VM.create", "VBD.create", "VBD.create", "VBD.create", "VIF.create"]
    assert "xcp.dev/uid=<uid>" in made[0].arguments
    assert calls(DEFINE, (HALTED,)) == ()


def test_the_maximum_goes_up_first_and_down_last() -> None:
    up, down = (ops.ReconfigureVm(WEB, "host-a", UUID, (ops.MaxCores(most, 1),)) for most in (8, 1))
    assert methods(up, HALTED) == ["VM.set_VCPUs_max", "VM.set_VCPUs_at_startup"]
    assert methods(down, HALTED) == ["VM.set_VCPUs_at_startup", "VM.set_VCPUs_max"]


def test_every_start_names_its_host() -> None:
    start = ops.StartVm(WEB, "host-a", UUID)
    assert str(calls(start, (HALTED,))[0]) == "Async.VM.start_on(<ref of VM/web-1>, <ref of Host/host-a>) on host-a"
    assert methods(start, RUNNING) == []


def test_a_migration_names_its_target() -> None:
    op = ops.MigrateVm(WEB, "host-a", "host-b", UUID, ops.MigrationMode.LIVE, ops.DiskTransfer.SHARED)
    assert calls(op, (RUNNING,))[0].arguments == ("<ref of VM/web-1>", "<ref of Host/host-b>", "live=true")


def test_a_stamp_replaces_key_by_key() -> None:
    op = ops.StampVm(WEB, "host-a", UUID, DEFINE.stamp)
    assert methods(op, HALTED) == ["VM.remove_from_other_config", "VM.add_to_other_config"] * 4
