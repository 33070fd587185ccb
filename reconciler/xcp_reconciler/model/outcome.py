"""What a driver's method answers when it did not raise."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """The call was accepted; what it leads to is seen by the next look."""


@dataclass(frozen=True, slots=True)
class Running:
    """Long work is under way, found again in the snapshot; look again after `poll_after` seconds."""

    task: str
    poll_after: float


Outcome = Done | Running


@dataclass(frozen=True, slots=True)
class Hint:
    """Something may have changed on a host; carries no instruction, may be lost, doubled or late."""

    host: str
    uuid: str | None = None
