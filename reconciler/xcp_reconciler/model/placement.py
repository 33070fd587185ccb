"""Which host a virtual machine has the permission to be on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assigned:
    """The home of a machine: it may be there now. `waiting` says why it is not yet where `placement.host` asks.

    `leaving` is the host that it was sent away from and may still be on; `origin` the one that it left because of a
    maintenance, and goes back to when that is over.
    """

    host: str
    waiting: tuple[str, ...] = ()
    leaving: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Unplaced:
    """No host takes the machine; a sentence for each host says why."""

    reasons: tuple[str, ...]


Assignment = Assigned | Unplaced


@dataclass(frozen=True, slots=True)
class Fence:
    """An operator's word that a host is off, until `until` (unix seconds); who gave it, and when."""

    host: str
    by: str
    at: float
    until: float


@dataclass(frozen=True, slots=True)
class Drain:
    """An operator's word that the machines of a host are to leave it; who gave it, and when (unix seconds)."""

    by: str
    at: float
