"""A pool as a file describes it: hosts, and the machines on each. What the offline commands compute with, in KiB."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# What the kernels can add up exactly: 64 PiB.
MOST_KIB: Final = (1 << 46) - 1


@dataclass(frozen=True, slots=True)
class ClusterVm:
    """A machine: what it holds, the range that its memory may have, and what it wants. Sizes in KiB.

    `demand` is None where nobody knows it. `active` says whether its balloon answers. What a file leaves out, and the
    command did not ask for, is 0.

    For placing it: `memory` is what a host must have for it (None: its maximum, else what it holds), beside `overhead`.
    `tolerates` are the taints that it does not mind, `hosts` the only ones that have its storage and networks (None:
    all have). `stays` says why it is not to be moved; "" where it may be. `number` is its place in the file, where
    machines are not listed by host: among equals the first is moved.
    """

    name: str
    actual: int = 0
    minimum: int = 0
    maximum: int = 0
    demand: int | None = None
    weight: float = 1.0
    active: bool = True
    memory: int | None = None
    overhead: int = 0
    vcpus: int = 0
    tolerates: tuple[str, ...] = ()
    hosts: tuple[str, ...] | None = None
    stays: str = ""
    number: int = 0

    @property
    def needs(self) -> int:
        """What a host must have for it: KiB."""
        return (self.memory if self.memory is not None else self.maximum or self.actual) + self.overhead


@dataclass(frozen=True, slots=True)
class ClusterHost:
    """A host: its memory, what of it shall always be free, and its machines. Sizes in KiB.

    For placing: `free` is what is free now (None: all that its machines do not need), `cpus` its processors (0: not
    known), `speed` how fast one is, `vcpu_ratio` how many vCPUs there may be for a processor (None: any number),
    `domain` what it fails together with ("": nothing). A `closed` one takes nobody, and everybody has to leave it; a
    `cordoned` one takes nobody either, and who is there may stay.
    """

    name: str
    memory: int
    reserve: int = 0
    vms: tuple[ClusterVm, ...] = ()
    free: int | None = None
    cpus: int = 0
    speed: float = 1.0
    vcpu_ratio: float | None = None
    domain: str = ""
    taints: tuple[str, ...] = ()
    closed: bool = False
    cordoned: bool = False


class GroupScope(StrEnum):
    """What a group of machines counts."""

    HOST = "Host"
    """No more than its limit on one host."""
    DOMAIN = "Domain"
    """No more than its limit in one failure domain."""
    TOGETHER = "Together"
    """All on one host."""


@dataclass(frozen=True, slots=True)
class ClusterGroup:
    """Machines that belong together or apart.

    `price` is None where that is required; else it is what each machine too many adds to the score.
    """

    name: str
    scope: GroupScope
    vms: tuple[str, ...]
    limit: int = 1
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """All hosts of a pool, in the order of the file. No two hosts, and no two machines, have the same name.

    Groups name machines that there are. `waiting` are machines that no host has yet.
    """

    hosts: tuple[ClusterHost, ...]
    groups: tuple[ClusterGroup, ...] = ()
    waiting: tuple[ClusterVm, ...] = ()
