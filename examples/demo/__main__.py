"""`make demo`: real virtual machines from YAML, broken by hand, seen, healed, moved; nothing is left behind."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from examples.demo.ground import Ground, ground

DIFFERENT: Final = 2
STRANGER: Final = """<domain type='qemu'>
  <name>stranger</name><memory unit='MiB'>64</memory>
  <os><type arch='x86_64'>hvm</type></os>
</domain>
"""


class Demo:
    """A narrated shell: says what it does, shows the command, runs it, and stops the show if it went wrong."""

    def __init__(self, where: Ground) -> None:
        self.where = where
        self._began = time.monotonic()
        self._xcp = str(Path(sys.executable).with_name("xcp"))
        self._environment = {**os.environ, "XCP_STATE": str(where.folder.parent / "state.db")}

    def say(self, words: str) -> None:
        """Tell what comes next, with the seconds since the beginning."""
        print(f"\n# [{time.monotonic() - self._began:3.0f} s] {words}", flush=True)  # noqa: T201 - the show is its output

    def xcp(self, *words: str, expect: int = 0) -> None:
        """Run xcp in the manifests' folder and show everything that it prints."""
        print(f"$ xcp {' '.join(words)}", flush=True)  # noqa: T201 - the show is its output
        done = subprocess.run([self._xcp, *words], cwd=self.where.folder, env=self._environment, check=False)
        if done.returncode != expect:
            raise SystemExit(f"the demo expected exit code {expect} and got {done.returncode}")

    def virsh(self, host: str, *words: str, text: str | None = None) -> None:
        """Do something behind xcp's back."""
        print(f"$ virsh -c {host} {' '.join(words)}", flush=True)  # noqa: T201 - the show is its output
        command = ["virsh", "-q", "-c", self.where.hosts[host], *words]
        subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL)

    def home(self, machine: str) -> str:
        """The host on which a machine runs, by asking the hosts."""
        for name, uri in self.where.hosts.items():
            seen = subprocess.run(
                ["virsh", "-q", "-c", uri, "list", "--name"], text=True, capture_output=True, check=True
            )
            if machine in seen.stdout.split():
                return name
        raise SystemExit(f"{machine} runs nowhere")


def play(demo: Demo) -> None:
    """The show."""
    demo.say(f"This is real: {demo.where.words}. The manifests: {demo.where.folder}")
    demo.xcp("plan", "-f", ".")
    demo.say("Make it so.")
    demo.xcp("apply", "-f", ".", "--auto-approve")
    demo.xcp("get", "vm", "-o", "wide")

    demo.say("Now break things by hand: kill one guest, shrink another, and define one that is nobody's.")
    demo.virsh(demo.home("tiny"), "destroy", "tiny")
    demo.virsh(demo.home("web-1"), "setmem", "web-1", "160M", "--live")
    first = next(iter(demo.where.hosts))
    stranger = demo.where.folder.parent / "stranger.xml"
    stranger.write_text(STRANGER, encoding="utf-8")
    demo.virsh(first, "define", str(stranger))
    time.sleep(3)  # a balloon takes its time, and drift is what is seen

    demo.say("What has drifted?")
    demo.xcp("drift", expect=DIFFERENT)
    demo.say("Heal it.")
    demo.xcp("apply", "-f", ".", "--auto-approve")

    if len(demo.where.hosts) > 1:
        demo.say("Edit one line of YAML, and a running machine moves to the other host.")
        manifest = demo.where.folder / "vms.yaml"
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace("placement: {host: host-a}", "placement: {host: host-b}"), encoding="utf-8")
        demo.xcp("apply", "-f", ".", "--auto-approve")
        demo.xcp("get", "vm")

    demo.say("The stranger was not touched, and there is nothing left to do.")
    demo.xcp("get", "strangers")
    demo.xcp("plan", "-f", ".", "--detailed-exitcode")
    demo.say("Take everything down again; the volumes' policy is Retain, so plain deletion would keep them.")
    demo.xcp("delete", "-f", ".", "--auto-approve")
    demo.say("Done. The same manifests, your own hosts: put their addresses into examples/quickstart/pool.yaml.")


def as_root_if_free() -> None:
    """Become root where sudo asks for nothing: two hosts need it, one host in session mode does not."""
    if os.geteuid() == 0 or shutil.which("sudo") is None:
        return
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        os.execvp("sudo", ["sudo", sys.executable, "-m", "examples.demo"])  # noqa: S606 - no shell is wanted


def main() -> None:
    """Run the show in a folder of its own."""
    as_root_if_free()
    with tempfile.TemporaryDirectory(prefix="xcp-demo-") as name, ground(Path(name) / "quickstart") as where:
        play(Demo(where))


if __name__ == "__main__":
    main()
