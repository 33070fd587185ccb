"""The guests of the lab: a kernel that boots in seconds without hardware help, and the XML and disks around it."""

import fcntl
import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

MIB = 1024
"""KiB in a MiB: libvirt's default unit of memory is KiB."""


def cache() -> Path:
    """Give the folder that lasts between runs: guests, and what libvirt found out about QEMU."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("XCP_LABS") or base / "xcp-labs")


@dataclass(frozen=True, slots=True)
class Guest:
    """A kernel and an initrd: direct boot, no disk needed."""

    kernel: Path
    initrd: Path


def tiny_guest() -> Guest:
    """Give the tiny guest, built on first use (about 27 MB from the distribution's mirror).

    Raises subprocess.CalledProcessError where it cannot be built.
    """
    script = Path(__file__).with_name("guest.sh")
    # Keyed by the recipe, so that a changed recipe is never met by an old guest.
    home = cache() / "guest" / hashlib.sha256(script.read_bytes()).hexdigest()[:12]
    home.mkdir(parents=True, exist_ok=True)
    guest = Guest(home / "vmlinuz", home / "initrd.gz")
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not guest.initrd.exists():
            subprocess.run(["bash", str(script), str(home)], check=True, timeout=600)
    return guest


def qcow2(path: Path, size_mib: int) -> Path:
    """Make an empty disk of `size_mib` MiB (it takes 200 KiB); gives `path`."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(path), f"{size_mib}M"], check=True, timeout=60)
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A domain of the lab, as its XML needs it."""

    name: str
    guest: Guest
    serial: Path
    """The file that the serial line is written to, by whichever host runs it."""
    uuid: str | None = None
    memory_mib: int = 256
    vcpus: int = 1
    max_vcpus: int = 2
    disks: tuple[Path, ...] = ()
    deaf: bool = False
    """Ignores the power button."""
    virt_type: str = "qemu"

    def xml(self) -> str:
        """Give the domain's XML."""
        memory = self.memory_mib * MIB
        uuid = f"<uuid>{self.uuid}</uuid>" if self.uuid else ""
        disks = "".join(
            f"<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/>"
            f"<source file={quoteattr(str(path))}/><target dev='vd{letter}' bus='virtio'/></disk>"
            for letter, path in zip("abcdefgh", self.disks, strict=False)
        )
        command_line = "console=ttyS0 quiet deaf" if self.deaf else "console=ttyS0 quiet"
        # qemu64: live migration must find the same processor on the other side, whatever emulates it.
        return f"""<domain type='{self.virt_type}'>
  <name>{self.name}</name>{uuid}
  <memory>{memory}</memory><currentMemory>{memory}</currentMemory>
  <vcpu current='{self.vcpus}'>{self.max_vcpus}</vcpu>
  <cpu mode='custom' match='exact'><model>qemu64</model></cpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>{self.guest.kernel}</kernel>
    <initrd>{self.guest.initrd}</initrd><cmdline>{command_line}</cmdline></os>
  <features><acpi/><apic/></features>
  <devices>{disks}
    <serial type='file'><source path={quoteattr(str(self.serial))} append='on'/><target port='0'/></serial>
    <memballoon model='virtio'><stats period='2'/></memballoon>
  </devices>
</domain>
"""
