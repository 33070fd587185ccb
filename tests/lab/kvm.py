"""Whether KVM really runs a guest here.

That /dev/kvm can be opened says little: under a nested one a stock kernel may hang early.
"""

import subprocess
import tempfile
from pathlib import Path

from tests.lab.guest import Guest

BOOT_SECONDS = 12
"""With working KVM the guest is up after one."""


def kvm_works(guest: Guest) -> bool:
    """Boot the guest with KVM and look for its greeting; takes up to BOOT_SECONDS where KVM hangs."""
    if not Path("/dev/kvm").exists():
        return False
    with tempfile.TemporaryDirectory() as folder:
        serial = Path(folder) / "serial"
        command = ["qemu-system-x86_64", "-accel", "kvm", "-m", "256", "-display", "none", "-no-reboot", "-nodefaults"]
        command += ["-kernel", str(guest.kernel), "-initrd", str(guest.initrd), "-append", "console=ttyS0 quiet"]
        with subprocess.Popen(
            [*command, "-serial", f"file:{serial}"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as qemu:
            try:
                for _ in range(BOOT_SECONDS * 4):
                    if serial.exists() and b"GUEST-UP" in serial.read_bytes():
                        return True
                    try:
                        qemu.wait(0.25)
                    except subprocess.TimeoutExpired:
                        continue
                    return False
            finally:
                qemu.kill()
    return False
