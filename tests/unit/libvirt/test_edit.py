"""Settings applied to definitions that others wrote: what is not meant stays."""

from dataclasses import replace

import pytest

from tests.unit.libvirt.samples import CONFIG, GOLDEN
from xcp_drivers.libvirt.xml.document import parse
from xcp_drivers.libvirt.xml.edit import edited
from xcp_drivers.libvirt.xml.read import vm_config
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import BootSpec, DiskBus, DiskMode, VolumeFormat
from xcp_reconciler.model.observed import DiskConfig, InterfaceConfig, VmConfig

FOREIGN = (GOLDEN / "foreign.xml").read_text(encoding="utf-8")
READ = VmConfig(
    cores=2,
    max_cores=4,
    memory_size=2097152,
    memory_target=1048576,
    disks=(
        DiskConfig("vda", "/srv/old.qcow2", VolumeFormat.QCOW2),
        DiskConfig("sdb", "/dev/vg/data", VolumeFormat.RAW, DiskBus.SCSI, DiskMode.RO),
    ),
    interfaces=(InterfaceConfig("net0", "bridge:br0", "52:54:00:aa:bb:cc", ""),),
    description="made by hand",
)


def after(*settings: ops.Setting) -> VmConfig:
    return vm_config(parse(edited(FOREIGN, settings)))


def test_a_foreign_definition_reads() -> None:
    assert vm_config(parse(FOREIGN)) == READ


def test_no_setting_changes_no_byte() -> None:
    assert edited(FOREIGN, ()) == FOREIGN.rstrip("\n")


@pytest.mark.parametrize(
    ("setting", "change"),
    [
        (ops.MaxCores(8, 3), {"max_cores": 8, "cores": 3}),
        (ops.MaxCores(8, 8), {"max_cores": 8, "cores": 8}),
        (ops.MemorySize(4194304, 3145728), {"memory_size": 4194304, "memory_target": 3145728}),
        (ops.Boot(BootSpec("/k", "/i", "c")), {"boot": BootSpec("/k", "/i", "c")}),
        (ops.Boot(None), {}),
        (ops.Serial("/var/log/x"), {"serial": "/var/log/x"}),
        (ops.Serial(None), {}),
        (ops.Description("new"), {"description": "new"}),
        (ops.Description(""), {"description": ""}),
        (ops.Interfaces(()), {"interfaces": ()}),
        (ops.Interfaces(CONFIG.interfaces), {"interfaces": CONFIG.interfaces}),
        (ops.Disks(()), {"disks": ()}),
        (ops.Disks(CONFIG.disks), {"disks": CONFIG.disks}),
        (ops.Disks(READ.disks), {}),
    ],
)
def test_a_setting_changes_its_field_alone(setting: ops.Setting, change: dict[str, object]) -> None:
    assert after(setting) == replace(READ, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "setting",
    [
        ops.MaxCores(8, 3),
        ops.MemorySize(4194304, 3145728),
        ops.Boot(BootSpec("/k")),
        ops.Serial("/var/log/x"),
        ops.Description("new"),
        ops.Interfaces(READ.interfaces),
        ops.Disks(READ.disks),
    ],
)
def test_what_we_have_no_word_for_is_kept(setting: ops.Setting) -> None:
    text = edited(FOREIGN, (setting,))
    for kept in (
        "<!-- ask Ada before touching this -->",
        'xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"',
        "<qemu:arg",
        '<app:owner xmlns:app="https://example.org/app">Ada</app:owner>',
        'cache="none"',
        "<tune><inner>7</inner></tune>",
        '<source file="/srv/cd.iso"',
        '<bandwidth><inbound average="1000"',
        "<hyperv",
    ):
        assert kept in text, kept


def test_a_disk_that_stays_keeps_its_settings_and_its_letter() -> None:
    more = DiskConfig("extra", "/srv/extra.raw", VolumeFormat.RAW)
    text = edited(FOREIGN, (ops.Disks((*READ.disks, more)),))
    assert 'cache="none"' in text
    assert vm_config(parse(text)).disks == (*READ.disks, more)
    assert '<target dev="vdd" bus="virtio"' in text


def test_a_boot_order_displaces_boot_devices() -> None:
    first = replace(READ.disks[0], bootable=True)
    root = parse(edited(FOREIGN, (ops.Disks((first, READ.disks[1])),)))
    assert root.find("os/boot") is None
    assert [boot.get("order") for boot in root.iterfind("devices/*/boot")] == ["1"]


def test_the_console_follows_the_serial_port() -> None:
    root = parse(edited(FOREIGN, (ops.Serial("/var/log/x"),)))
    sources = [source.get("path") for source in root.iterfind("devices/*/source") if source.get("append")]
    assert sources == ["/var/log/x", "/var/log/x"]
    assert len(root.findall("devices/serial")) == 1
