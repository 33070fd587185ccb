"""Hostile strings in every field that reaches libvirt's XML: refused in words, or read back as they were written.

Names, uuids and addresses have patterns that leave no room; free text and paths are what is tried here, all the way:
manifest, model, definition, libvirt's mock hypervisor, its answer, our reader.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.libvirt.samples import CONFIG, DEFINE, stamp
from tests.unit.loader.texts import bare, loaded, vm
from xcp_drivers.libvirt.api import Connection, load
from xcp_drivers.libvirt.flags import Define, DomainXml
from xcp_drivers.libvirt.xml.define import domain_xml
from xcp_drivers.libvirt.xml.document import parse
from xcp_drivers.libvirt.xml.edit import edited
from xcp_drivers.libvirt.xml.machine import Machine, VirtType
from xcp_drivers.libvirt.xml.network import network_xml, read_network
from xcp_drivers.libvirt.xml.read import vm_config
from xcp_drivers.libvirt.xml.stamp import read_stamp
from xcp_drivers.libvirt.xml.storage import pool_xml, read_pool, read_volume, volume_xml
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.owner import read_owner
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import BootSpec, StorageSpec, VmSpec, VolumeFormat
from xcp_reconciler.model.errors import RejectedError
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.refs import Kind, ref_of
from xcp_reconciler.report.yaml_text import yaml_text

pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")

MOCK = Machine(VirtType.TEST, "i686")
PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            "&",
            "'",
            '"',
            "]]>",
            "<![CDATA[",
            "<!--",
            "-->",
            "<?xml?>",
            "&amp;",
            "&#10;",
            "&#0;",
            "&x;",
            "</domain>",
        ),
        *(
            " ",
            "  ",
            "\t",
            "\n",
            "\r",
            "\r\n",
            "\x00",
            "\x01",
            "\x1b[2J",
            "\x7f",
            "\x85",
            "\xa0",
            "\u2028",
            "\ufeff",
            "\ufffe",
        ),
        *(
            "\U0001f600",
            "\U0010ffff",
            "e\u0301",
            "\u202e\u05d0",
            "\u200b",
            "\ud800",
            "%s%n",
            "$(id)",
            "`id`",
            ",",
            ";",
            "\\",
            "{{",
        ),
        *("a", "console=ttyS0", "/", "//", ".", "é", "y" * 5000),
    ]
)
HOSTILE = st.lists(PIECES | st.text(max_size=3), min_size=1, max_size=5).map("".join)
UNPRINTABLE = {code: None for code in (*range(32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF) if chr(code) not in "\t\n\r"}
NAMES = ("name", "pool", "disk", "volume", "card", "network", "host", "mac", "owner")
FIELDS = ("description", "cmdline", "kernel", "initrd", "serial", "disk")


def machine(field: str, text: str) -> str:
    """A manifest with the text in one field."""
    path = f"/{text}"
    specs: dict[str, dict[str, Any]] = {
        "description": {"description": text},
        "cmdline": {"boot": {"kernel": "/k", "cmdline": text}},
        "kernel": {"boot": {"kernel": path}},
        "initrd": {"boot": {"kernel": "/k", "initrd": path}},
        "serial": {"serial": {"file": path}},
    }
    return vm(yaml_text(specs[field]))


def declared(field: str, text: str) -> VmConfig | None:
    """The configuration with the text as it comes out of a manifest; None where the manifest is refused, in words."""
    manifest = bare("StorageRepository", "XX") if field == "disk" else machine(field, text)
    if field == "disk":
        spec = yaml_text({"spec": {"poolRef": {"name": "lab"}, "type": "Dir", "path": f"/{text}"}})
        manifest = manifest.replace("spec: {XX}\n", spec)
    run = loaded(manifest.encode(errors="surrogatepass"))
    if not run.ok:
        assert all(diagnostic.message and diagnostic.place.line for diagnostic in run.diagnostics)
        return None
    (one,) = declare_all(run.documents, "me").values()
    match one.spec:
        case VmSpec() as found:
            assert text in {found.description, *(_boots(found.boot)), (found.serial or "")[1:]}
            return replace(CONFIG, description=found.description, boot=found.boot, serial=found.serial)
        case StorageSpec() as found:
            assert found.path == f"/{text}"
            return replace(CONFIG, disks=(replace(CONFIG.disks[0], path=f"{found.path}/a.qcow2"),))
        case _:
            raise AssertionError(one)


def _boots(boot: BootSpec | None) -> Iterator[str]:
    if boot is not None:
        yield from (boot.cmdline, boot.kernel[1:], (boot.initrd or "")[1:])


@contextmanager
def defined(connection: Connection, document: str) -> Generator[str]:
    """What libvirt makes of a definition."""
    domain = connection.defineXMLFlags(document, Define.VALIDATE)
    try:
        yield domain.XMLDesc(DomainXml.INACTIVE)
    finally:
        connection.lookupByUUIDString(DEFINE.uuid).undefineFlags(0)


@pytest.fixture(scope="module")
def mock() -> Connection:
    return load().open("test:///default")


@given(st.sampled_from(FIELDS), HOSTILE)
@settings(max_examples=150, deadline=None)
@example("serial", "a\tb")
@example("disk", "a\tb")
@example("serial", "a\nb")
@example("kernel", "a\nb")
@example("description", "a\r\nb")
@example("cmdline", "a\rb")
@example("description", " \u2028 \x85\ufeff\x7f ")
def test_what_a_manifest_may_say_libvirt_gives_back(mock: Connection, field: str, text: str) -> None:
    """Whole or not at all, and with everything beside it."""
    config = declared(field, text)
    if config is None:
        return
    with defined(mock, domain_xml(replace(DEFINE, config=config), MOCK)) as answer:
        root = parse(answer)
        assert vm_config(root) == config
        assert read_stamp(root) == DEFINE.stamp
        assert root.findtext("name") == DEFINE.name


@given(st.sampled_from(FIELDS), HOSTILE)
@settings(max_examples=80, deadline=None)
def test_an_edit_changes_its_field_alone(mock: Connection, field: str, text: str) -> None:
    """The text is put into a definition that is there, beside what others have written into it."""
    config = declared(field, text)
    if config is None:
        return
    with defined(mock, domain_xml(DEFINE, MOCK)) as before:
        setting: ops.Setting
        match field:
            case "description":
                setting = ops.Description(config.description)
            case "serial":
                setting = ops.Serial(config.serial)
            case "disk":
                setting = ops.Disks(config.disks)
            case _:
                setting = ops.Boot(config.boot)
        mock.defineXMLFlags(edited(before, (setting,)), 0)
        root = parse(mock.lookupByUUIDString(DEFINE.uuid).XMLDesc(DomainXml.INACTIVE))
        was = {"description": CONFIG.description, "boot": CONFIG.boot, "serial": CONFIG.serial, "disks": CONFIG.disks}
        part = field if field in was else "disks" if field == "disk" else "boot"
        expected = replace(CONFIG, **{part: getattr(config, part)})
        assert vm_config(root) == expected
        assert read_stamp(root) == DEFINE.stamp


@given(st.sampled_from(NAMES), HOSTILE | st.sampled_from(["a", "a-b", "a\n", "\na", "a" * 64, "52:54:00:00:00:01\n"]))
@settings(max_examples=100, deadline=None)
def test_names_have_no_room_for_more(which: str, text: str) -> None:
    """What is a name for a manifest needs no escaping anywhere."""
    said = {name: text if which == name else "a" for name in NAMES}
    mac = text if which == "mac" else "52:54:00:00:00:01"
    spec = {
        "disks": [{"name": said["disk"], "volumeRef": {"name": said["volume"]}}],
        "interfaces": [{"name": said["card"], "networkRef": {"name": said["network"]}, "mac": mac}],
        "placement": {"host": said["host"]},
        "poolRef": {"name": said["pool"]},
        "memory": {"size": "1Gi"},
    }
    head = {"apiVersion": "xcp.dev/v1alpha1", "kind": "VirtualMachine", "metadata": {"name": said["name"]}}
    run = loaded(yaml_text({**head, "spec": spec}).encode(errors="surrogatepass"))
    project = yaml_text({"owner": said["owner"]}).encode(errors="surrogatepass")
    if run.ok and read_owner(Input("xcp.yaml", project)).id is not None:
        assert re.fullmatch("[a-z0-9-]{1,63}|[0-9a-f:]{17}", text)


@given(HOSTILE)
@settings(max_examples=100, deadline=None)
@example("\x01")
def test_xml_of_every_kind_keeps_a_text_or_refuses_it(text: str) -> None:
    """Also where no model stands before it: a name that another version of the model lets through breaks nothing."""
    network = ref_of(Kind.NETWORK, "nat")
    with_text = replace(stamp(network), owner=text)
    try:
        pool = pool_xml(ops.DefineStorage(ref_of(Kind.STORAGE_REPOSITORY, "s"), "a", DEFINE.uuid, text, f"/{text}"))
        volume = volume_xml(text, VolumeFormat.QCOW2, 1, backing=(f"/{text}", VolumeFormat.RAW))
        net = network_xml(ops.DefineNetwork(network, "a", DEFINE.uuid, text, "10.78.0.0/24", with_text))
    except RejectedError:
        assert text.translate(UNPRINTABLE) != text
        return
    read, _ = read_pool(pool, "a", active=True)
    assert (read.name, read.path) == (text, f"/{text}")
    found = read_volume(volume, "a", "s")
    assert found is not None
    assert (found.file, found.backing_path) == (text, f"/{text}")
    seen = read_network(net, "a", active=True)
    assert (seen.name, seen.stamp) == (text, with_text)
