"""One libvirt host of a lab."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab.slot import Slot

START_SECONDS = 60
"""The first libvirtd of a host asks every QEMU binary what it can do."""
STOP_SECONDS = 10


class LabError(Exception):
    """A lab did not do what it was told."""


def eventually(what: str, check: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait until `check` is true, looking 20 times a second; LabError after `seconds`."""
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            message = f"{what}: not within {seconds} s"
            raise LabError(message)
        time.sleep(0.05)


def run(*words: str, seconds: float = 60) -> str:
    """Run a command and give its output; LabError with its complaint when it fails or takes longer than `seconds`."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired as stuck:
        message = f"{' '.join(words)}: no end after {seconds} s"
        raise LabError(message) from stuck
    if done.returncode != 0:
        message = f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}"
        raise LabError(message)
    return done.stdout


def lives(pid: int) -> bool:
    """Tell whether a process runs; one that is dead but not yet collected by the machine's init does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


class Host:
    """Made by Lab. Counts from 1."""

    def __init__(self, slot: Slot, number: int, *, keep_kvm: bool) -> None:
        self.slot = slot
        self.number = number
        self.keep_kvm = keep_kvm
        self.directory = slot.directory / f"h{number}"
        self.local = self.directory / "local"
        """This host's own folder as seen from outside; inside it is Lab.local."""
        self._root: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """Give the host name."""
        return f"lab-h{self.number}"

    @property
    def uuid(self) -> str:
        """Give the host's uuid, as libvirt reports it."""
        return f"00000000-0000-4000-8000-{self.slot.number:06d}{self.number:06d}"

    @property
    def address(self) -> str:
        """Give the IP address."""
        return self.slot.address(self.number)

    @property
    def uri(self) -> str:
        """Give libvirt's URI over TCP: what dies with the host's network."""
        return f"qemu+tcp://{self.address}/system"

    @property
    def socket(self) -> Path:
        """Give the path of libvirt's socket as seen from outside; it answers even while the network is cut."""
        return self.directory / "run/libvirt/libvirt-sock"

    @property
    def unix_uri(self) -> str:
        """Give libvirt's URI over the socket."""
        return f"qemu+unix:///system?socket={self.socket}"

    def plug_in(self) -> None:
        """Make the host and its cable, and start libvirtd.

        The host dies with the thread that calls this, so that nothing outlives the tests.
        """
        self._plug_cable()
        self._boot()
        self.start_libvirtd()

    def virsh(self, *words: str, seconds: float = 60) -> str:
        """Run virsh against this host; LabError when it fails."""
        return run("virsh", "-q", "-c", self.unix_uri, *words, seconds=seconds)

    def processes(self, command: str) -> list[int]:
        """Give the pids, as seen from outside, of this host's processes whose name begins with `command`."""
        found: list[int] = []
        for pid in self._pids():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").startswith(command):
                    found.append(pid)
        return found

    def start_libvirtd(self) -> None:
        """Start libvirtd and wait until it answers."""
        if self._root is None:
            message = f"{self.name} is off"
            raise LabError(message)
        inside = Path(f"/proc/{self._root.pid}/task/{self._root.pid}/children").read_text(encoding="ascii").split()[0]
        enter = ["nsenter", "--target", inside, "--mount", "--net", "--uts", "--pid"]
        daemon = ["libvirtd", "--daemon", "--listen", "--config", "/etc/libvirt/libvirtd.conf"]
        with (self.directory / "out").open("ab") as out:
            started = subprocess.run(
                [*enter, *daemon, "--pid-file", "/run/libvirtd.pid"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=False,
                timeout=START_SECONDS,
            )
        if started.returncode != 0:
            message = f"libvirtd of {self.name} did not start: {(self.directory / 'out').read_text(encoding='utf-8')}"
            raise LabError(message)
        self.virsh("version", seconds=START_SECONDS)

    def stop_libvirtd(self, sig: signal.Signals = signal.SIGTERM) -> None:
        """End libvirtd and wait for it; the guests go on."""
        for pid in self.processes("libvirtd"):
            os.kill(pid, sig)
        try:
            eventually(f"libvirtd of {self.name} ends", lambda: not self.processes("libvirtd"), seconds=STOP_SECONDS)
        except LabError:
            # One that is interrupted while it starts a guest may wait for itself for ever: systemd's next word, too.
            self._kill_libvirtd()

    def _kill_libvirtd(self) -> None:
        for pid in self.processes("libvirtd"):
            os.kill(pid, signal.SIGKILL)
        eventually(f"libvirtd of {self.name} is dead", lambda: not self.processes("libvirtd"))

    def kill_guest(self, name: str) -> None:
        """Kill a guest's QEMU as if it had crashed."""
        for pid in self.processes("qemu"):
            if f"guest={name}," in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8"):
                os.kill(pid, signal.SIGKILL)

    def cut(self) -> None:
        """Cut the network: the address stops answering, everything inside goes on."""
        run("ip", "link", "set", self.slot.cable(self.number), "down")

    def mend(self) -> None:
        """Undo `cut`."""
        run("ip", "link", "set", self.slot.cable(self.number), "up")

    def kill(self) -> None:
        """Take the power away: the address stops answering, guests and libvirtd are gone, what is on disk stays."""
        self.cut()
        if self._root is not None:
            pids = self._pids()
            self._root.kill()
            self._root.wait()
            self._root = None
            eventually(f"{self.name} is dead", lambda: not any(lives(pid) for pid in pids))

    def revive(self) -> None:
        """Give power and network back; does nothing to a host that has both."""
        self.mend()
        if self._root is None:
            self._boot()
            self.start_libvirtd()

    def wipe(self) -> None:
        """Remove every domain, network and storage pool, and what lies in the host's own folder."""
        for name in self.virsh("list", "--name").split():
            self.virsh("destroy", name)
        for name in self.virsh("list", "--all", "--name").split():
            self.virsh("undefine", name, "--managed-save", "--snapshots-metadata", "--nvram")
        for kind in ("net", "pool"):
            for name in self.virsh(f"{kind}-list", "--name").split():
                self.virsh(f"{kind}-destroy", name)
            for name in self.virsh(f"{kind}-list", "--all", "--name").split():
                self.virsh(f"{kind}-undefine", name)

    def _pids(self) -> list[int]:
        return [int(pid) for pid in run("ip", "netns", "pids", self.slot.netns(self.number)).split()]

    def _plug_cable(self) -> None:
        space, cable = self.slot.netns(self.number), self.slot.cable(self.number)
        run("ip", "netns", "add", space)
        run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
        run("ip", "link", "set", cable, "master", self.slot.bridge, "up")
        run("ip", "-n", space, "link", "set", "lo", "up")
        run("ip", "-n", space, "addr", "add", f"{self.address}/24", "dev", "eth0")
        run("ip", "-n", space, "link", "set", "eth0", "up")

    def _boot(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._write_configuration()
        ready = self.directory / "ready"
        ready.unlink(missing_ok=True)
        with contextlib.ExitStack() as files:
            out = files.enter_context((self.directory / "out").open("ab"))
            # pdeathsig: when the tests are killed, the kernel kills the host; its first process takes all others along.
            self._root = subprocess.Popen(
                [
                    *("ip", "netns", "exec", self.slot.netns(self.number), "setpriv", "--pdeathsig", "KILL"),
                    *("unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"),
                    *("bash", str(Path(__file__).with_name("host.sh"))),
                    *(str(self.directory), str(self.slot.directory / "local"), self.name),
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, "KEEP_KVM": "yes" if self.keep_kvm else "no"},
                start_new_session=True,
            )
        eventually(f"{self.name} boots (see {self.directory / 'out'})", ready.exists)

    def _write_configuration(self) -> None:
        etc = self.directory / "etc"
        etc.mkdir(exist_ok=True)
        (etc / "libvirtd.conf").write_text(
            'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "0.0.0.0"\nauth_tcp = "none"\nauth_unix_rw = "none"\n'
            f'auth_unix_ro = "none"\nunix_sock_dir = "/run/libvirt"\nhost_uuid = "{self.uuid}"\n'
            'log_outputs = "3:file:/var/log/libvirt/libvirtd.log"\n',
            encoding="ascii",
        )
        # No namespaces and cgroups for guests: a host of the lab is already in namespaces, and owns no cgroup.
        (etc / "qemu.conf").write_text(
            'user = "root"\ngroup = "root"\nsecurity_driver = "none"\nstdio_handler = "file"\nnamespaces = []\n'
            f'cgroup_controllers = []\nmigration_address = "0.0.0.0"\nmigration_host = "{self.address}"\n',
            encoding="ascii",
        )
