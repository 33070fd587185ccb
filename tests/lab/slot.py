"""A slot: the names and addresses of one lab, so that several labs run side by side on one machine."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.guest import cache

SLOTS = range(1, 100)


@dataclass(frozen=True, slots=True)
class Slot:
    """Everything on the machine that carries a name is derived from the slot's number."""

    number: int
    directory: Path
    network: str = "10.77"
    """The first two parts of the addresses; the third is the slot's number."""

    @property
    def bridge(self) -> str:
        """Name the bridge that the hosts hang on."""
        return f"xcplab{self.number}"

    @property
    def gateway(self) -> str:
        """Give the address of this machine on the bridge."""
        return f"{self.network}.{self.number}.254"

    def address(self, host: int) -> str:
        """Give the address of a host."""
        return f"{self.network}.{self.number}.{host}"

    def netns(self, host: int) -> str:
        """Name the network namespace of a host."""
        return f"{self.bridge}h{host}"

    @property
    def cable_prefix(self) -> str:
        """Give what the names of the hosts' cables begin with."""
        return f"xl{self.number}h"

    def cable(self, host: int) -> str:
        """Name the bridge's end of a host's cable."""
        return f"{self.cable_prefix}{host}"


@contextlib.contextmanager
def take_slot(network: str) -> Generator[Slot]:
    """Hold the first free slot.

    The lock dies with its holder: whatever a slot holds from before is a dead run's. Raises RuntimeError when all are
    taken.
    """
    for number in SLOTS:
        directory = cache() / "slots" / str(number)
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            slot = Slot(number, directory, network)
            clear(slot)
            try:
                yield slot
            finally:
                clear(slot)
            return
    message = f"all {len(SLOTS)} slots of {cache() / 'slots'} are taken"
    raise RuntimeError(message)


def clear(slot: Slot) -> None:
    """Kill and remove whatever of this slot is on the machine.

    What libvirt learned about QEMU stays: it takes 4 s a host to learn again.
    """
    # Cables by name too: the kernel takes its time to remove those of a namespace that is gone.
    for cable in Path("/sys/class/net").glob(f"{slot.cable_prefix}*"):
        _ip("link", "del", cable.name)
    for namespace in _namespaces(slot):
        for pid in _ip("netns", "pids", namespace).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        _ip("netns", "del", namespace)
    if Path(f"/sys/class/net/{slot.bridge}").exists():
        _ip("link", "del", slot.bridge)
    for left in slot.directory.iterdir():
        if left.name.startswith("h") and left.is_dir():
            for part in left.iterdir():
                if part.name != "cache":
                    _remove(part)
        elif left.name != "lock":
            _remove(left)


def _namespaces(slot: Slot) -> list[str]:
    known = Path("/run/netns")
    return sorted(path.name for path in known.glob(f"{slot.bridge}h*")) if known.is_dir() else []


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=False, timeout=30).stdout
