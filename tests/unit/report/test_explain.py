"""What `xcp explain` knows."""

import pytest

from xcp_reconciler.refs import Kind
from xcp_reconciler.report.explain import Explained, ImpactLine, NotKnown, explain, kinds_explained

ROWS = (
    ImpactLine("libvirt", Kind.VIRTUAL_MACHINE, "memory.size", "Deferred"),
    ImpactLine("xapi", Kind.VIRTUAL_MACHINE, "memory.size", "PowerCycle"),
    ImpactLine("libvirt", Kind.VIRTUAL_MACHINE, "disks", "Live"),
    ImpactLine("libvirt", Kind.VIRTUAL_MACHINE, "host", "Migrate"),
    ImpactLine("libvirt", Kind.VOLUME, "size", "Live"),
)


def _explained(path: str) -> Explained:
    found = explain(path, ROWS)
    assert isinstance(found, Explained)
    return found


@pytest.mark.parametrize(
    "path", ["vm.spec.memory.size", "VirtualMachine.spec.memory.size", "vm.memory.size", "VM.Memory.Size"]
)
def test_a_field(path: str) -> None:
    found = _explained(path)
    assert (found.path, found.kind, found.type) == ("vm.spec.memory.size", Kind.VIRTUAL_MACHINE, "quantity")
    assert (found.required, found.default, found.example) == (True, None, "size: 512Mi")
    assert found.unit == "bytes, a whole number of KiB"
    assert {row.driver: row.text for row in found.impacts} == {"libvirt": "Deferred", "xapi": "PowerCycle"}


@pytest.mark.parametrize(
    ("path", "type_", "default"),
    [
        ("vm.spec.shutdown.timeout", "duration", "2m"),
        ("vm.spec.runStrategy", "one of Always, Halted, Manual, RerunOnFailure, Once", "Always"),
        ("vm.spec.disks[root].bus", "one of Virtio, Scsi, Sata", "Virtio"),
        ("vm.spec.disks", "list of objects", "[]"),
        ("host.spec.reserve.memory", "quantity", "0"),
        ("host.spec.schedulable", "true or false", "true"),
        ("vm.metadata.labels", "map of text", "{}"),
        ("vm.spec.cpu", "object", None),
        ("pool.credentials.command", "list of text", None),
        ("net.subnet", "IPv4 network", None),
        ("placepol.rules[db].keep", "one of Apart, Together", None),
        ("placepol.rules.scope", "one of Host, Domain", None),
        ("placepol.topologyKey", "label key", None),
        ("PlacementPolicy.strategy", "one of Pack, Spread", "Spread"),
        ("rebalance.cooldown", "duration", "30m"),
        ("rebalances.mode", "one of Off, Recommend, Auto", "Recommend"),
        ("host.maintenance", "object", None),
        ("host.maintenance.batchSize", "whole number", "2"),
        ("host.taints", "list of objects", "[]"),
        ("host.taints.effect", "one of NoSchedule, NoExecute", None),
        ("vm.placement.tolerations.operator", "one of Equal, Exists", "Equal"),
        ("vm.placement.nodeSelector", "map of text", "{}"),
    ],
)
def test_types_and_defaults(path: str, type_: str, default: str | None) -> None:
    found = _explained(path)
    assert (found.type, found.default) == (type_, default)


def test_parts_have_children_and_the_impacts_below_them() -> None:
    memory = _explained("vm.spec.memory")
    assert [child.name for child in memory.children] == ["size", "min", "max", "policyRef"]
    assert [child.required for child in memory.children] == [True, False, False, False]
    assert len(memory.impacts) == 2
    assert [child.name for child in _explained("vm").children] == ["apiVersion", "kind", "metadata", "spec"]
    assert _explained("vm.spec").children[0].name == "deletionPolicy"


def test_a_field_without_a_row_takes_that_of_the_part_above() -> None:
    assert [row.text for row in _explained("vm.spec.disks.mode").impacts] == ["Live"]
    assert [row.text for row in _explained("vm.spec.placement.host").impacts] == ["Migrate"]
    assert _explained("vm.metadata.name").impacts == ()


@pytest.mark.parametrize(
    ("path", "word", "after", "nearest"),
    [
        ("vmm", "vmm", "", "vm"),
        ("vm.spec.memroy", "memroy", "vm.spec", "memory"),
        ("vm.spec.memory.sze", "sze", "vm.spec.memory", "size"),
        ("vm.spec.memory.size.x", "x", "vm.spec.memory.size", None),
        ("", "", "", None),
        ("vm.zzz", "zzz", "vm.spec", None),
    ],
)
def test_what_is_not_known(path: str, word: str, after: str, nearest: str | None) -> None:
    found = explain(path)
    assert isinstance(found, NotKnown)
    assert (found.word, found.after, found.nearest) == (word, after, nearest)


def test_all_kinds() -> None:
    assert {found.kind for found in kinds_explained()} == set(Kind)
