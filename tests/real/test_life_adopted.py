"""A machine that somebody made by hand comes into the fold, and loses nothing by it."""

from pathlib import Path

from lxml import etree

from tests.lab.lab import Lab
from tests.real.estate import Estate
from xcp_drivers.libvirt.xml.document import XCP_NAMESPACE

# What people and other programs leave in domains: comments, metadata of their own, devices that xcp has no word for.
ODD = """<domain type='{virt}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <!-- made by hand, in a hurry -->
  <name>old-server</name>
  <title>The old server</title>
  <metadata>
    <app:owner xmlns:app="https://example.org/app/1.0" since="2019"><app:team>payroll &amp; taxes</app:team></app:owner>
    <bak:policy xmlns:bak="urn:backup">nightly</bak:policy>
  </metadata>
  <memory unit='KiB'>131072</memory>
  <currentMemory unit='KiB'>131072</currentMemory>
  <vcpu placement='static' cpuset='0'>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>{kernel}</kernel><initrd>{initrd}</initrd>
    <cmdline>console=ttyS0 quiet</cmdline></os>
  <features><acpi/><apic/><vmport state='off'/></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>
  <clock offset='variable' adjustment='3600' basis='utc'><timer name='rtc' tickpolicy='catchup'/></clock>
  <on_crash>preserve</on_crash>
  <devices>
    <!-- the second one is for the auditors -->
    <serial type='file'><source path='{serial}' append='on'/><target port='0'/></serial>
    <serial type='null'><target port='1'/></serial>
    <channel type='unix'><target type='virtio' name='org.example.audit'/></channel>
    <watchdog model='i6300esb' action='none'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend><rate bytes='1024' period='1000'/></rng>
    <memballoon model='virtio'><stats period='5'/></memballoon>
  </devices>
  <qemu:commandline><qemu:env name='AUDIT' value='on'/></qemu:commandline>
</domain>
"""


def without_stamp(text: str) -> str:
    """Give a definition in canonical form, without what xcp put there."""
    root = etree.fromstring(text, etree.XMLParser(remove_blank_text=True))
    for element in root.findall(f"metadata/{{{XCP_NAMESPACE}}}stamp"):
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
    etree.cleanup_namespaces(root)
    return etree.tostring(root, method="c14n", with_comments=True).decode()


def test_a_hand_made_machine_loses_nothing(lab: Lab, tmp_path: Path) -> None:
    host = lab.host(1)
    estate = Estate.on(lab, tmp_path / "site")
    estate.apply()
    odd = tmp_path / "odd.xml"
    serial = estate.serial("old-server")
    guest = lab.guest
    odd.write_text(ODD.format(virt=lab.virt_type, kernel=guest.kernel, initrd=guest.initrd, serial=serial))
    host.virsh("define", str(odd))
    host.virsh("start", "old-server")
    before = host.virsh("dumpxml", "--inactive", "old-server")
    assert "urn:backup" in before
    assert "watchdog" in before
    uuid = estate.uuid("old-server")
    estate.up("old-server")

    out = str(estate.site.folder / "old-server.yaml")
    result = estate.site.run("adopt", "vm", "old-server", "--out", out, "--apply", "--auto-approve")
    assert result.code == 0, result.text
    estate.settled()
    after = host.virsh("dumpxml", "--inactive", "old-server")
    assert XCP_NAMESPACE in after
    assert without_stamp(after) == without_stamp(before)

    # Also not by a change: only what was asked for is different.
    text = Path(out).read_text()
    Path(out).write_text(f"{text.rstrip()}\n  description: kept since 2019\n")
    estate.apply()
    estate.settled()
    changed = without_stamp(host.virsh("dumpxml", "--inactive", "old-server"))
    added = "<description>kept since 2019</description>"
    assert changed.replace(added, "") == without_stamp(before)
    assert added in changed
    assert estate.copies("old-server") == [("host-a", "running")]
    assert estate.uuid("old-server") == uuid
    assert estate.boots("old-server") == 1
