"""The rows of a world as Python sees them. Memory in KiB, sizes in bytes, times in unix seconds."""

from enum import StrEnum
from typing import NamedTuple


class HostStatus(StrEnum):
    """Whether a host runs, and whether the management machine reaches it. On a cut off host everything runs on."""

    UP = "up"
    DOWN = "down"
    CUT = "cut"


class HostRow(NamedTuple):
    """A host; `claimed` is what its running guests hold once every balloon has arrived."""

    name: str
    cpus: int
    memory: int
    status: str
    since: float
    claimed: int = 0


class GuestRow(NamedTuple):
    """One copy of a machine on one host.

    `stored` and `live` are configurations as text (`live` is None unless it runs or is paused). The balloon left
    `left_from` at `left_at`, goes to `goal` (0 when nothing runs) and stands still from `still_at`. `off_at` is when
    a shutdown that the guest has accepted will be over. `demand` is what it needs while it runs, as text; None: it
    never says.
    """

    host: str
    uuid: str
    name: str
    power: str
    stored: str
    live: str | None = None
    stamp: str | None = None
    halt_reason: str = "unknown"
    persistent: int = 1
    since: float | None = None
    booted_at: float = 0.0
    left_at: float = 0.0
    left_from: int = 0
    goal: int = 0
    still_at: float = 0.0
    off_at: float | None = None
    habit: str = "ideal"
    hearing: str = "obeys"
    demand: str | None = None


class JobRow(NamedTuple):
    """A live migration under way; from `handover` to `ends` both hosts show the machine running."""

    uuid: str
    host: str
    target: str
    began: float
    handover: float
    ends: float
    copies: int
    memory: int


class PlaceRow(NamedTuple):
    """A file system: a host's own, or one that hosts share."""

    place: str
    capacity: int
    used: int = 0


class FileRow(NamedTuple):
    """A volume's file; `folder` is the directory of `path`."""

    place: str
    path: str
    folder: str
    file: str
    format: str
    capacity: int
    allocation: int
    backing: str | None = None


class StorageRow(NamedTuple):
    """A directory that a host knows as a repository, and the file system that it is on."""

    host: str
    uuid: str
    name: str
    path: str
    place: str
    active: int


class NetworkRow(NamedTuple):
    """A network on one host; `subnet` is None where it is no NAT network."""

    host: str
    uuid: str
    name: str
    subnet: str | None
    active: int
    stamp: str | None = None
