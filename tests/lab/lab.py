"""A lab: real libvirt hosts side by side on one machine, which migrate guests to each other."""

import contextlib
import enum
import os
from types import TracebackType
from typing import Self

from tests.lab.guest import Machine, tiny_guest
from tests.lab.host import Host, run
from tests.lab.kvm import kvm_works
from tests.lab.slot import take_slot


class Accelerator(enum.Enum):
    """What runs the guests' instructions."""

    TCG = "tcg"
    KVM = "kvm"
    PROBE = "probe"
    """KVM where a guest has really booted with it, else TCG."""


class Lab:
    """Use it as a context manager, from a thread that outlives it: hosts die with the thread that started them.

    Hosts count from 1. Whatever ends the process, nothing keeps running; names and folders that a killed run left are
    cleared by the next lab that takes the same slot. Entering raises LabError, or CalledProcessError when the guest
    cannot be built.
    """

    def __init__(self, hosts: int = 2, *, accelerator: Accelerator | None = None, network: str = "10.77") -> None:
        self._count = hosts
        self._network = network
        self._wanted = accelerator or Accelerator(os.environ.get("XCP_LAB_ACCELERATOR", Accelerator.TCG.value))
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Build the guest if need be, take a slot, start every host."""
        with contextlib.ExitStack() as stack:
            self.guest = tiny_guest()
            self.slot = stack.enter_context(take_slot(self._network))
            with_kvm = self._wanted is Accelerator.KVM or (self._wanted is Accelerator.PROBE and kvm_works(self.guest))
            self.virt_type = "kvm" if with_kvm else "qemu"
            self.shared = self.slot.directory / "shared"
            """One folder that every host sees, at this path."""
            self.local = self.slot.directory / "local"
            """A path at which every host sees a folder of its own: Host.local from outside."""
            self.shared.mkdir()
            self.local.mkdir()
            run("ip", "link", "add", self.slot.bridge, "type", "bridge")
            run("ip", "addr", "add", f"{self.slot.gateway}/24", "dev", self.slot.bridge)
            run("ip", "link", "set", self.slot.bridge, "up")
            self.hosts = tuple(Host(self.slot, n, keep_kvm=with_kvm) for n in range(1, self._count + 1))
            for host in self.hosts:
                stack.callback(host.kill)
                host.plug_in()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End and remove everything."""
        self._stack.close()

    def host(self, number: int) -> Host:
        """Give host `number`."""
        return self.hosts[number - 1]

    def uri(self, number: int) -> str:
        """Give the URI of a host over TCP."""
        return self.host(number).uri

    def restart_libvirtd(self, number: int) -> None:
        """End a host's libvirtd and start another; its guests go on."""
        self.host(number).stop_libvirtd()
        self.host(number).start_libvirtd()

    def kill(self, number: int) -> None:
        """Take a host's power away: its address stops answering and its guests are gone."""
        self.host(number).kill()

    def cut(self, number: int) -> None:
        """Cut a host's network: its address stops answering and its guests go on."""
        self.host(number).cut()

    def revive(self, number: int) -> None:
        """Undo `kill` or `cut`, and wait until libvirt answers."""
        self.host(number).revive()

    def wipe(self) -> None:
        """Bring every host back and empty it, and the folders: a lab as if new, in a second instead of several."""
        for host in self.hosts:
            host.revive()
            if not host.processes("libvirtd"):
                host.start_libvirtd()
            host.wipe()
            run("find", str(host.local), "-mindepth", "1", "-delete")
        run("find", str(self.shared), "-mindepth", "1", "-delete")

    def machine(self, name: str) -> Machine:
        """Describe a guest of this lab, its serial line in `shared`; dataclasses.replace changes the rest."""
        return Machine(name=name, guest=self.guest, serial=self.shared / f"{name}.log", virt_type=self.virt_type)
