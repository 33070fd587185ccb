"""What the author of a driver brings to the suite."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from xcp_reconciler.model.desired import BootSpec
from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Driver, PoolTarget, Session


@dataclass(frozen=True, slots=True)
class Ground:
    """A pool to try things on, empty of anything of this owner, and what guests may use there.

    `directory` is a folder that every host has, the same files if `shared`. `boot` is a kernel that starts on a host
    without any disk, None where the backend does not care. `settle_s` is how long a guest may take to follow.
    """

    target: PoolTarget
    directory: str
    shared: bool
    boot: BootSpec | None = None
    serial: str | None = None
    settle_s: float = 5.0
    subnet: str = "10.99.0.0/24"


class Rig(Protocol):
    """A driver and a place to run it. A rig's ground is fresh for each test."""

    @property
    def driver(self) -> Driver:
        """The plug-in under test."""
        ...

    @property
    def clock(self) -> Clock:
        """The time that the plug-in is given."""
        ...

    @property
    def rng(self) -> Rng:
        """The chance that the plug-in is given."""
        ...

    @property
    def ground(self) -> Ground:
        """Where to try things."""
        ...

    def wire(self, session: Session) -> Sequence[Call]:
        """Every mutating call that the session has sent, in order."""
        ...

    async def make_stranger(self, name: str) -> bool:
        """Define a halted machine of this name by hand, past the driver; False where there is no other way in."""
        ...
