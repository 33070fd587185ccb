"""Which host a virtual machine has the permission to be on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assigned:
    """The home of a machine: it may be there now. `waiting` says why it is not yet where `placement.host` asks."""

    host: str
    waiting: tuple[str, ...] = ()


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
