"""The tables answer for every path that a plan can ask about."""

import pytest

from xcp_drivers.libvirt import driver
from xcp_drivers.sim.impacts import TABLE as SIM
from xcp_drivers.xapi.impacts import TABLE as XAPI
from xcp_reconciler.model.impact import Direction, Impact, ImpactTable, Power, Unsupported
from xcp_reconciler.refs import Kind

VM = Kind.VIRTUAL_MACHINE
ASKED = [
    *((VM, path) for path in ("exists", "state", "host", "restartedAt", "runStrategy", "memory.size", "memory.max")),
    *((VM, path) for path in ("memory.min", "cpu.cores", "cpu.maxCores", "boot", "serial", "disks", "interfaces")),
    *((VM, path) for path in ("description", "adopt", "labels", "policies", "poolRef")),
    *((VM, path) for path in ("placement.tolerations", "placement.nodeSelector")),
    *((Kind.VOLUME, path) for path in ("exists", "size", "format", "backing", "source", "storageRef")),
    *((Kind.STORAGE_REPOSITORY, path) for path in ("exists", "state", "path", "shared")),
    *((Kind.NETWORK, path) for path in ("exists", "state", "subnet")),
    *((Kind.HOST, path) for path in ("exists", "uri", "poolRef", "taints")),
]


@pytest.mark.parametrize("table", driver.dialects(), ids=lambda table: table.hypervisor)
@pytest.mark.parametrize(("kind", "path"), ASKED)
def test_every_path_has_a_row(table: ImpactTable, kind: Kind, path: str) -> None:
    for power in Power:
        for direction in Direction:
            assert table.row(kind, path, power, direction).reason


def test_no_two_rows_say_the_same_thing_twice() -> None:
    for table in driver.dialects():
        keys = [(row.kind, row.path, row.power, row.direction) for row in table.rows]
        assert len(keys) == len(set(keys)), table.hypervisor


def test_the_hypervisors_differ() -> None:
    qemu, xen, test = (driver.impacts(name) for name in ("QEMU", "Xen", "TEST"))
    size = (Kind.VOLUME, "size", Power.RUNNING, Direction.GROW)
    assert qemu.row(*size).impact is Impact.LIVE
    assert isinstance(xen.row(*size).impact, Unsupported)
    assert isinstance(test.row(*size).impact, Unsupported)
    assert isinstance(test.row(VM, "host", Power.RUNNING).impact, Unsupported)
    assert driver.impacts("bhyve") is qemu


def test_where_machines_may_be_costs_a_migration() -> None:
    paths = [(VM, "placement.tolerations"), (VM, "placement.nodeSelector"), (Kind.HOST, "taints")]
    for table in (*driver.dialects(), SIM, XAPI):
        assert {table.row(kind, path, Power.RUNNING).impact for kind, path in paths} == {Impact.MIGRATE}


def test_a_volume_never_shrinks() -> None:
    for table in driver.dialects():
        for power in Power:
            assert isinstance(table.row(Kind.VOLUME, "size", power, Direction.SHRINK).impact, Unsupported)


def test_a_halted_machine_costs_little() -> None:
    row = driver.impacts("QEMU").row(VM, "memory.size", Power.HALTED)
    assert row.impact is Impact.LIVE
