"""Whether a lab can run here; tests skip with the reason."""

import os
import shutil
import subprocess
import sys

COMMANDS = {
    "libvirtd": "libvirt-daemon",
    "virsh": "libvirt-clients",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "ip": "iproute2",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "apt-get": "apt",
    "unshare": "util-linux",
    "setpriv": "util-linux",
}


def missing() -> str | None:
    """Give the reason why no lab can run here, or None."""
    if sys.platform != "linux":
        return "the lab needs Linux"
    if os.geteuid() != 0:
        return "the lab of real libvirt hosts needs root (namespaces, bridges)"
    absent = [f"{command} ({package})" for command, package in COMMANDS.items() if shutil.which(command) is None]
    if absent:
        return f"the lab needs {', '.join(absent)}; `make env` installs them"
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "ip", "link"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if tried.returncode != 0:
        return f"no namespaces here: {tried.stderr.strip()}"
    return None
