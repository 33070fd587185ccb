"""What a simulation must know of the hypervisors behind the driver. Whoever has a simulated world implements it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.driver import Driver
from xcp_reconciler.simulation.deeds import WorldDeed
from xcp_reconciler.simulation.tape import Tape


@dataclass(frozen=True, slots=True)
class HostSize:
    """A simulated host: its CPUs, and its memory in KiB."""

    name: str
    cpus: int
    memory: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The hypervisors as they really are at one instant.

    `objects` says of everything that exists what it is like, in words that do not depend on when it came about, on
    chance or on the store; keys are the same on every look, for as long as an object exists, and a machine's is
    `machine NAME` or `machine NAME UUID`. A balloon's target that is not the stored one is said as ` target KIB`.
    `where` names the hosts that know each machine, `running` those on which it runs, `coming` those to which it is on
    its way. `free` is the memory of each host that nobody has been promised, in KiB. `ours` are the names of machines
    with a mark of ours.
    """

    objects: Mapping[str, str]
    where: Mapping[str, tuple[str, ...]]
    running: Mapping[str, tuple[str, ...]]
    volumes: frozenset[str]
    free: Mapping[str, int]
    ours: frozenset[str]
    coming: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


class CallFaults(Protocol):
    """What a driver asks at three points of every call that changes something, and before it hands over a look.

    Each may raise a `DriverError`, which the caller sees, or end the process.
    """

    async def before_send(self, call: Call) -> None:
        """The call has not left."""
        ...

    async def applied(self, call: Call) -> None:
        """The world has changed."""
        ...

    async def after_reply(self, call: Call) -> None:
        """The answer is there, and the caller does not have it yet."""
        ...

    def staleness(self) -> int:
        """How many states ago the next look shall be from."""
        ...


class Truth(Protocol):
    """Simulated hypervisors in the memory of this process."""

    def driver(self, faults: CallFaults) -> Driver:
        """A driver over them, for one simulated process."""
        ...

    def facts(self, now: float) -> Facts:
        """How they really are."""
        ...

    def version(self) -> int:
        """A number that grows with every change of them."""
        ...

    def do(self, deed: WorldDeed, now: float) -> bool:
        """Let somebody else do something; False where there is nothing to do it to."""
        ...

    def plant(self, now: float) -> None:
        """Put something there that belongs to nobody xcp knows: a machine, a volume and a network on each host."""
        ...


class Truths(Protocol):
    """Makes new simulated hypervisors, whose own chance comes from the tape."""

    def __call__(self, hosts: tuple[HostSize, ...], tape: Tape, /) -> Truth:
        """Hosts of these sizes, and nothing on them."""
        ...
