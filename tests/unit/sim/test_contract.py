"""What the planner reads of the driver without opening anything."""

import subprocess
import sys

import pytest

from tests.unit.world.scene import create, define, disk, migrate, uuid, vm
from xcp_drivers.sim import driver
from xcp_reconciler.model import ops
from xcp_reconciler.model.impact import Direction, Impact, Power, Unsupported
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.refs import Kind

VM, VOLUME = Kind.VIRTUAL_MACHINE, Kind.VOLUME
RUNNING, HALTED = Power.RUNNING, Power.HALTED
GROW, SHRINK, ANY = Direction.GROW, Direction.SHRINK, Direction.ANY


@pytest.mark.parametrize(
    ("kind", "path", "power", "direction", "impact"),
    [
        (VM, "exists", HALTED, GROW, Impact.LIVE),
        (VM, "exists", RUNNING, SHRINK, Impact.POWER_CYCLE),
        (VM, "exists", HALTED, SHRINK, Impact.LIVE),
        (VM, "state", HALTED, GROW, Impact.LIVE),
        (VM, "state", RUNNING, GROW, Impact.LIVE),
        (VM, "state", RUNNING, SHRINK, Impact.POWER_CYCLE),
        (VM, "host", RUNNING, ANY, Impact.MIGRATE),
        (VM, "host", HALTED, ANY, Impact.MIGRATE),
        (VM, "memory.max", RUNNING, GROW, Impact.LIVE),
        (VM, "memory.max", RUNNING, SHRINK, Impact.GUEST_COOPERATION),
        (VM, "memory.max", HALTED, SHRINK, Impact.LIVE),
        (VM, "memory.size", RUNNING, GROW, Impact.DEFERRED),
        (VM, "memory.size", HALTED, GROW, Impact.LIVE),
        (VM, "cpu.cores", RUNNING, SHRINK, Impact.GUEST_COOPERATION),
        (VM, "cpu.maxCores", RUNNING, GROW, Impact.DEFERRED),
        (VM, "disks", RUNNING, ANY, Impact.DEFERRED),
        (VM, "description", RUNNING, ANY, Impact.METADATA),
        (VM, "adopt", RUNNING, ANY, Impact.METADATA),
        (VM, "restartedAt", RUNNING, ANY, Impact.POWER_CYCLE),
        (VOLUME, "exists", Power.ANY, GROW, Impact.LIVE),
        (VOLUME, "exists", HALTED, SHRINK, Impact.DATA_LOSS),
        (VOLUME, "size", RUNNING, GROW, Impact.LIVE),
        (VOLUME, "backing", Power.ANY, ANY, Impact.REPLACE),
        (Kind.NETWORK, "subnet", Power.ANY, ANY, Impact.REPLACE),
        (Kind.STORAGE_REPOSITORY, "path", Power.ANY, ANY, Impact.REPLACE),
    ],
)
def test_what_a_change_costs(kind: Kind, path: str, power: Power, direction: Direction, impact: Impact) -> None:
    assert driver.impacts("Sim").row(kind, path, power, direction).impact is impact


def test_a_volume_never_shrinks() -> None:
    assert isinstance(driver.impacts("").row(VOLUME, "size", Power.ANY, SHRINK).impact, Unsupported)


def test_calls_show_what_the_hypervisor_is_given_and_no_uid() -> None:
    op = define("web", config=VmConfig(1, 2, 2**20, 2**19, (disk("root"),)))
    (call,) = driver.calls(op, ())
    assert str(call) == (
        f"vm.define({uuid(vm('web'))}, name=web, cores=1, maxCores=2, memory=1Gi, target=512Mi,"
        " disks=root:/shared/root.qcow2:qcow2:Virtio:RW, uid=<uid>) on a"
    )
    assert "uid-web" not in str(call)


@pytest.mark.parametrize(
    ("op", "method"),
    [
        (migrate("web", "a", "b"), "vm.migrate"),
        (create("root"), "volume.create"),
        (ops.PowerOffVm(vm("web"), "a", "u"), "vm.destroy"),
        (ops.SetMemoryRange(vm("web"), "a", "u", 1024, 2048), "vm.setMemory"),
        (ops.ReconfigureVm(vm("web"), "a", "u", (ops.Boot(None), ops.Serial(None))), "vm.reconfigure"),
    ],
)
def test_methods_have_simple_names(op: ops.Op, method: str) -> None:
    (call,) = driver.calls(op, ())
    assert (call.method, call.host) == (method, "a")


def test_the_driver_is_light_until_it_is_opened() -> None:
    code = "import sys, xcp_drivers.sim; print(*sorted({'sqlite3', 'asyncio', 'typer', 'pydantic'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert found.stdout.split() == []
