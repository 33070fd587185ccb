"""Where the demo runs: two libvirt hosts in network namespaces as root, one session-mode host otherwise."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.guest import Guest, tiny_guest
from tests.lab.lab import Lab
from tests.lab.readiness import missing

QUICKSTART = Path(__file__).parent.parent / "quickstart"
# What the manifests say of a machine that the demo replaces with what it has built.
_FOLDER = "/var/lib/xcp-lab"
_ADDRESSES = ("10.77.0.1", "10.77.0.2")


@dataclass(frozen=True, slots=True)
class Ground:
    """The manifests' folder, and how each host is reached from a shell. `hosts` maps names to URIs."""

    folder: Path
    hosts: dict[str, str]
    words: str


@contextlib.contextmanager
def ground(folder: Path) -> Generator[Ground]:
    """Prepare hosts and a copy of the quickstart that names them; everything is gone afterwards."""
    reason = missing()
    if reason is None:
        with Lab(2) as lab:
            yield _two_hosts(lab, folder)
        return
    if os.geteuid() == 0:
        # libvirt starts no session-mode host for root.
        raise SystemExit(f"the demo cannot run here: {reason}")
    with _session_host(folder, reason) as made:
        yield made


def _two_hosts(lab: Lab, folder: Path) -> Ground:
    _lay_out(lab.guest, lab.shared)
    for manifest in _copied(folder):
        text = manifest.read_text(encoding="utf-8").replace(_FOLDER, str(lab.shared))
        for number, address in enumerate(_ADDRESSES, start=1):
            text = text.replace(address, lab.host(number).address)
        manifest.write_text(text, encoding="utf-8")
    words = f"two libvirt hosts in network namespaces, guests run by {lab.virt_type.upper()}"
    return Ground(folder, {"host-a": lab.uri(1), "host-b": lab.uri(2)}, words)


@contextlib.contextmanager
def _session_host(folder: Path, reason: str) -> Generator[Ground]:
    """One host without root: no networks, no second host to move to."""
    uri = "qemu:///session"
    shared = folder.parent / "lab"
    _lay_out(tiny_guest(), shared)
    for manifest in _copied(folder):
        if manifest.name == "network.yaml":
            manifest.unlink()
            continue
        kept = [part for part in manifest.read_text(encoding="utf-8").split("\n---\n") if "name: host-b" not in part]
        lines = [
            line
            for line in "\n---\n".join(kept).replace(_FOLDER, str(shared)).splitlines()
            if "interfaces:" not in line and "networkRef" not in line
        ]
        text = "\n".join(lines).replace(f"qemu+tcp://{_ADDRESSES[0]}/system", uri) + "\n"
        manifest.write_text(text, encoding="utf-8")
    try:
        yield Ground(folder, {"host-a": uri}, f"one libvirt host in session mode, for {reason}")
    finally:
        for name in ("web-1", "web-2", "tiny", "stranger"):
            subprocess.run(["virsh", "-q", "-c", uri, "destroy", name], capture_output=True, check=False)
            subprocess.run(["virsh", "-q", "-c", uri, "undefine", name], capture_output=True, check=False)
        for name in ("shared",):
            subprocess.run(["virsh", "-q", "-c", uri, "pool-destroy", name], capture_output=True, check=False)
            subprocess.run(["virsh", "-q", "-c", uri, "pool-undefine", name], capture_output=True, check=False)


def _copied(folder: Path) -> list[Path]:
    shutil.copytree(QUICKSTART, folder)
    return sorted(path for path in folder.glob("*.yaml") if path.name != "xcp.yaml")


def _lay_out(guest: Guest, shared: Path) -> None:
    """Put the guest's kernel where the manifests look for it."""
    shared.mkdir(parents=True, exist_ok=True)
    for source, name in ((guest.kernel, "vmlinuz"), (guest.initrd, "initrd.gz")):
        target = shared / name
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another file system
            shutil.copy(source, target)
