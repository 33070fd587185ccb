"""A folder with manifests, a simulated world and a store of its own, and the program run in it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from tests.cli.forked import server
from tests.cli.result import Result
from xcp_drivers.world.exported import export
from xcp_drivers.world.refusal import WorldLockedError
from xcp_drivers.world.world import World

Stream = int | IO[str]

XCP: Final = Path(sys.executable).parent / "xcp"
_PATIENCE_S: Final = 120.0
_GLANCE_S: Final = 0.1

POOL: Final = """\
apiVersion: xcp.dev/v1alpha1
kind: Pool
metadata: {{name: lab}}
spec: {{driver: sim, endpoint: "{endpoint}"}}
"""
HOST: Final = """\
---
apiVersion: xcp.dev/v1alpha1
kind: Host
metadata: {{name: {name}}}
spec: {{poolRef: {{name: lab}}}}
"""
REST: Final = """\
---
apiVersion: xcp.dev/v1alpha1
kind: StorageRepository
metadata: {name: shared}
spec: {poolRef: {name: lab}, type: Dir, path: /srv/shared, shared: true}
---
apiVersion: xcp.dev/v1alpha1
kind: Network
metadata: {name: nat}
spec: {poolRef: {name: lab}, type: NAT, subnet: 10.78.0.0/24}
"""
MACHINE: Final = """\
apiVersion: xcp.dev/v1alpha1
kind: VirtualMachine
metadata: {{name: {name}}}
spec:
  poolRef: {{name: lab}}
  cpu: {{cores: 1, maxCores: 2}}
  memory: {{size: 512Mi, min: 256Mi, max: {memory}}}
  shutdown: {{timeout: 5s, force: AfterTimeout}}
{extra}"""
VOLUME: Final = """\
apiVersion: xcp.dev/v1alpha1
kind: Volume
metadata: {{name: {name}}}
spec: {{storageRef: {{name: shared}}, size: 1Gi, format: Qcow2}}
"""


def pool(hosts: Iterable[str] = ("host-a", "host-b"), endpoint: str = "sim:world.db") -> str:
    """The manifests of a pool with its hosts, a shared repository and a network."""
    return POOL.format(endpoint=endpoint) + "".join(HOST.format(name=host) for host in hosts) + REST


def machine(name: str, *, memory: str = "512Mi", extra: str = "") -> str:
    """The manifest of a small machine; `extra` are further lines below `spec`."""
    return MACHINE.format(name=name, memory=memory, extra=extra)


def volume(name: str) -> str:
    """The manifest of an empty volume."""
    return VOLUME.format(name=name)


def documents(*parts: str) -> str:
    """Several manifests in one file."""
    return "---\n".join(parts)


@dataclass(slots=True)
class Site:
    """One folder. Commands run in it, with a home and a store of its own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def at(folder: Path, owner: str = "tests") -> "Site":
        """A new site with an `xcp.yaml` and the pool's manifests."""
        site = Site(folder)
        site.write("xcp.yaml", f"owner: {owner}\n")
        site.write("lab.yaml", pool())
        return site

    def write(self, name: str, text: str) -> Path:
        """Write a file of the site."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XCP_STATE": str(self.state),
            "XCP_TRACEBACK": "1",
            "LANG": "C.UTF-8",
            **self.environment,
        }

    @property
    def state(self) -> Path:
        """The store's database."""
        return self.folder / "state" / "state.db"

    def start(
        self,
        *arguments: str,
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = subprocess.PIPE,
        stderr: Stream = subprocess.PIPE,
        first: Callable[[], None] | None = None,
        own_session: bool = False,
    ) -> subprocess.Popen[str]:
        """Start a command; `first` runs in it before the program does."""
        return subprocess.Popen(
            [str(XCP), *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            preexec_fn=first,  # noqa: PLW1509 - no threads here
            start_new_session=own_session,
        )

    def run(self, *arguments: str, timeout: float = _PATIENCE_S) -> Result:
        """Run a command to its end."""
        return server().run(arguments, self.folder, self._environment, timeout)

    def apply(self, *arguments: str) -> Result:
        """Apply the whole folder without asking."""
        return self.run("apply", "-f", ".", "--auto-approve", *arguments)

    def tamper(self, *arguments: str) -> str:
        """Do something to the simulated world behind xcp's back."""
        result = self.run("sim", "world", "world.db", *arguments)
        assert result.code == 0, result.text
        return result.out.strip()

    def world(self) -> Any:  # noqa: ANN401 - the world as data
        """All that is in the simulated world, as `xcp sim world FILE export` prints it."""
        opened = _opened(self.folder / "world.db")
        try:
            with opened.change(time.time()) as change:
                return export(change)
        finally:
            opened.close()

    def machines(self) -> dict[str, list[tuple[str, str]]]:
        """(host, state) of each copy of each machine, by its name."""
        found: dict[str, list[tuple[str, str]]] = {}
        for host in self.world()["hosts"]:
            for vm in host["vms"]:
                found.setdefault(vm["name"], []).append((host["name"], vm["state"]))
        return found

    def plan_is_empty(self) -> Result:
        """A plan that says that nothing is to be done."""
        result = self.run("plan", "-f", ".", "--detailed-exitcode")
        assert result.code == 0, result.text
        return result

    @contextmanager
    def running(self, *arguments: str) -> Generator[subprocess.Popen[str]]:
        """`xcp run` over the folder, stopped at the end; what it prints goes to `run.log`."""
        with (self.folder / "run.log").open("w") as log:
            process = self.start("run", "-f", ".", *arguments, stdout=log, stderr=subprocess.STDOUT)
            try:
                self.wait_for(lambda: "keeping" in self.log())
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def log(self) -> str:
        """What `xcp run` has printed."""
        path = self.folder / "run.log"
        return path.read_text() if path.exists() else ""

    def wait_for(self, condition: Callable[[], bool], timeout: float = 60.0) -> None:
        """Wait until something holds."""
        until = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < until, f"it did not come about; the log says:\n{self.log()}"
            time.sleep(_GLANCE_S)


def _opened(path: Path) -> World:
    """A world that other processes use too. In this process: tests look into it many times a second."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            opened = World.open(path)
        except WorldLockedError:
            assert time.monotonic() < until
            time.sleep(_GLANCE_S)
        else:
            opened.db.execute("PRAGMA busy_timeout = 10000")
            return opened


def ended(process: subprocess.Popen[str], timeout: float = _PATIENCE_S) -> Result:
    """Wait for a command."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"it did not end within {timeout:.0f} s:\n{out}{err}") from None
    return Result(process.returncode, out, err)
