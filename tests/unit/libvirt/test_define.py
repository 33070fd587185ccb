"""New definitions, against files that people can read and that libvirt has accepted."""

from dataclasses import replace

import pytest

from tests.unit.libvirt.samples import CONFIG, DEFINE, GOLDEN, IDENTITIES, stamp
from xcp_drivers.libvirt.xml.define import domain_xml
from xcp_drivers.libvirt.xml.document import parse
from xcp_drivers.libvirt.xml.machine import Machine, VirtType, from_capabilities, from_domain_capabilities
from xcp_drivers.libvirt.xml.network import network_xml, read_network
from xcp_drivers.libvirt.xml.read import vm_config
from xcp_drivers.libvirt.xml.stamp import read_stamp
from xcp_drivers.libvirt.xml.storage import pool_xml, read_pool, read_volume, volume_xml
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import VolumeFormat
from xcp_reconciler.model.errors import RejectedError
from xcp_reconciler.refs import Kind, ref_of

QEMU = Machine(VirtType.QEMU, "x86_64", "pc-q35-7.2")
NAT = ref_of(Kind.NETWORK, "nat")
SHARED = ref_of(Kind.STORAGE_REPOSITORY, "shared")


def golden(name: str, text: str) -> None:
    assert text == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "machine"),
    [
        ("domain-qemu.xml", QEMU),
        ("domain-kvm.xml", Machine(VirtType.KVM, "x86_64", "pc-q35-7.2")),
        ("domain-xen.xml", Machine(VirtType.XEN, "x86_64")),
        ("domain-test.xml", Machine(VirtType.TEST, "i686")),
    ],
)
def test_a_domain(name: str, machine: Machine) -> None:
    golden(name, domain_xml(DEFINE, machine))


def test_what_is_written_reads_back() -> None:
    root = parse(domain_xml(DEFINE, QEMU))
    assert vm_config(root) == CONFIG
    assert read_stamp(root) == DEFINE.stamp


def test_a_name_that_xml_cannot_carry_is_refused() -> None:
    with pytest.raises(RejectedError):
        domain_xml(replace(DEFINE, config=replace(CONFIG, description="bell \x07")), QEMU)


def test_a_device_name_that_libvirt_cannot_carry_is_refused() -> None:
    disk = replace(CONFIG.disks[0], name="a.b")
    with pytest.raises(RejectedError):
        domain_xml(replace(DEFINE, config=replace(CONFIG, disks=(disk,))), QEMU)


def test_a_network_reads_back() -> None:
    op = ops.DefineNetwork(NAT, "host-a", IDENTITIES.uuid(NAT), "nat", "10.78.0.0/24", stamp(NAT))
    text = network_xml(op)
    golden("network.xml", text)
    seen = read_network(text, "host-a", active=True)
    assert (seen.uuid, seen.name, seen.subnet, seen.stamp) == (op.uuid, "nat", "10.78.0.0/24", op.stamp)


@pytest.mark.parametrize("subnet", ["10.78.0.0/31", "10.78.0.1/24", "fd00::/64", "nonsense"])
def test_a_subnet_without_room_is_refused(subnet: str) -> None:
    with pytest.raises(RejectedError):
        network_xml(ops.DefineNetwork(NAT, "host-a", IDENTITIES.uuid(NAT), "nat", subnet, stamp(NAT)))


def test_a_pool_reads_back() -> None:
    text = pool_xml(ops.DefineStorage(SHARED, "host-a", IDENTITIES.uuid(SHARED), "shared", "/srv/a & b"))
    golden("pool.xml", text)
    seen, is_directory = read_pool(text, "host-a", active=False)
    assert (seen.uuid, seen.name, seen.path, is_directory) == (IDENTITIES.uuid(SHARED), "shared", "/srv/a & b", True)


def test_a_volume_states_its_formats() -> None:
    text = volume_xml("v.qcow2", VolumeFormat.QCOW2, 1 << 30, backing=("/srv/base.raw", VolumeFormat.RAW))
    golden("volume.xml", text)
    seen = read_volume(text, "host-a", "s")
    assert seen is not None
    assert (seen.format, seen.capacity_bytes, seen.backing_path) == (VolumeFormat.QCOW2, 1 << 30, "/srv/base.raw")


def test_a_format_without_a_word_is_no_volume() -> None:
    assert read_volume("<volume><name>x</name><target><format type='vmdk'/></target></volume>", "h", "s") is None
    assert read_volume("<volume type='dir'><name>x</name></volume>", "h", "s") is None


def test_kvm_only_where_the_host_offers_it() -> None:
    offer = (
        "<domainCapabilities><domain>{}</domain><machine>pc-q35-7.2</machine><arch>x86_64</arch></domainCapabilities>"
    )
    assert from_domain_capabilities(offer.format("qemu")) == QEMU
    assert from_domain_capabilities(offer.format("kvm")).virt is VirtType.KVM
    with pytest.raises(ValueError, match="vmware"):
        from_domain_capabilities(offer.format("vmware"))


def test_capabilities_without_the_finer_question() -> None:
    guest = "<guest><os_type>hvm</os_type><arch name='i686'><domain type='test'/></arch></guest>"
    assert from_capabilities(f"<capabilities>{guest}</capabilities>") == Machine(VirtType.TEST, "i686")
    with pytest.raises(ValueError, match="no guest"):
        from_capabilities("<capabilities/>")


def test_nothing_is_fetched_or_expanded() -> None:
    text = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><domain><name>&x;</name></domain>'
    assert "root:" not in "".join(str(part) for part in parse(text).itertext())
