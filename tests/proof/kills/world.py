"""What the lab's hosts hold, asked of libvirt itself, beside everything that is xcp's."""

import contextlib
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lab.host import run
from tests.lab.lab import Lab
from tests.real.estate import HOSTS
from xcp_drivers.libvirt.api import Connection, Network, Pool, load

STRANGER: Final = "stranger"
"""What the names of things begin with that nobody may touch."""
_RUNNING_ONES: Final = 16
"""VIR_CONNECT_LIST_DOMAINS_RUNNING."""
_STATES: Final = {1: "running", 2: "running", 3: "paused", 4: "running", 5: "halted"}
"""By virDomainState."""
_ALL_THAT_IS_KEPT: Final = 1 | 2 | 4
"""VIR_DOMAIN_UNDEFINE_MANAGED_SAVE, _SNAPSHOTS_METADATA and _NVRAM."""

Held = Counter[str]
"""A sentence about each thing that is there, as often as it is there."""


def machine(name: str, host: str, state: str = "running") -> str:
    """Say that a machine is there."""
    return f"machine {name} {state} on {host}"


def network(name: str, host: str, state: str = "up") -> str:
    """Say that a network is there."""
    return f"network {name} {state} on {host}"


def repository(name: str, host: str, state: str = "up") -> str:
    """Say that a repository is there."""
    return f"repository {name} {state} on {host}"


def volume(name: str) -> str:
    """Say that a volume is there."""
    return f"volume {name}"


def differences(here: Held, wanted: Held) -> list[str]:
    """Say what is there too often, and what too seldom."""
    return [
        *(f"{count} too many: {what}" for what, count in sorted((here - wanted).items())),
        *(f"{count} missing: {what}" for what, count in sorted((wanted - here).items())),
    ]


@dataclass(frozen=True, slots=True)
class Ground:
    """A lab, with a connection of our own to each of its hosts."""

    lab: Lab
    connections: tuple[Connection, ...]

    @property
    def disks(self) -> Path:
        """Give the folder of the repository that the hosts share."""
        return self.lab.shared / "disks"

    def held(self) -> Held:
        """Give all that is there and is no stranger's."""
        found: Held = Counter()
        for host, connection in zip(HOSTS, self.connections, strict=True):
            for domain in connection.listAllDomains(0):
                found[machine(domain.name(), host, _STATES.get(domain.state(0)[0], "odd"))] += 1
            for one in connection.listAllNetworks(0):
                found[network(one.name(), host, "up" if one.isActive() else "down")] += 1
            for pool in connection.listAllStoragePools(0):
                found[repository(pool.name(), host, "up" if pool.isActive() else "down")] += 1
        if self.disks.exists():
            # A volume's file is called NAME-UID.FORMAT; whatever has another name stands here under that.
            for path in self.disks.iterdir():
                name, _, rest = path.name.partition("-")
                found[volume(name if rest.count(".") == 1 else path.name)] += 1
        return Counter({what: count for what, count in found.items() if f" {STRANGER}" not in what})

    def running(self, index: int) -> frozenset[str]:
        """Give the uuids of the machines that run on a host now."""
        domains = self.connections[index].listAllDomains(_RUNNING_ONES)
        return frozenset(domain.UUIDString() for domain in domains)

    def clear(self) -> None:
        """Remove all that is there, but what strangers own, and every file that guests and repositories left."""
        for connection in self.connections:
            for domain in connection.listAllDomains(0):
                if not domain.name().startswith(STRANGER):
                    if domain.isActive():
                        domain.destroyFlags(0)
                    # One that was only live is gone with its process.
                    with contextlib.suppress(load().libvirtError):
                        domain.undefineFlags(_ALL_THAT_IS_KEPT)
            things: list[Network | Pool] = [*connection.listAllNetworks(0), *connection.listAllStoragePools(0)]
            for thing in things:
                if not thing.name().startswith(STRANGER):
                    if thing.isActive():
                        thing.destroy()
                    thing.undefine()
        for path in self.lab.shared.iterdir():
            if not path.name.startswith(STRANGER):
                run("rm", "-rf", str(path))


@contextmanager
def ground(lab: Lab) -> Generator[Ground]:
    """Connect to the hosts of a lab."""
    library = load()
    library.registerErrorHandler(_unheard, None)
    connections = tuple(library.open(host.unix_uri) for host in lab.hosts)
    try:
        yield Ground(lab, connections)
    finally:
        for connection in connections:
            connection.close()


def _unheard(_: object, __: object) -> None:
    """Keep the binding from writing each error to stderr, too."""
