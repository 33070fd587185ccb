"""How a session sees its world: a file that it may write, a copy of one that it may not, or somebody's memory."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from xcp_drivers.world import hosts
from xcp_drivers.world.look import Look
from xcp_drivers.world.rows import HostRow
from xcp_drivers.world.world import World
from xcp_reconciler.model.observed import HostView
from xcp_reconciler.ports.driver import HostTarget

Changed = list[tuple[str, str | None]]


class Window(Protocol):
    """Every method may raise `WorldLockedError` (try again) and `NoWorldError`; times in unix seconds."""

    def world(self, now: float) -> World:
        """The world to write to."""
        ...

    def views(self, names: Iterable[str], now: float, at: float) -> dict[str, HostView]:
        """What the hosts show at `now`, by a look that began at `at`."""
        ...

    def version(self, now: float) -> tuple[int, frozenset[tuple[str, str]]]:
        """The version of the world, and the machines (host, uuid) that change by themselves."""
        ...

    def changed_since(self, version: int) -> Changed:
        """Hosts, and machines where they are known, that were changed after a version."""
        ...

    def close(self) -> None:
        """Let go of the world."""
        ...


class WorldWindow:
    """A world that somebody else opened, and will close."""

    def __init__(self, world: World, wanted: Sequence[HostTarget]) -> None:
        self._world = world
        self._look = Look(world)
        self._wanted = wanted
        self._joined = False

    def world(self, now: float) -> World:
        """The world, with the hosts that were asked for."""
        if not self._joined:
            join(self._world, self._wanted, now)
            self._joined = True
        return self._world

    def views(self, names: Iterable[str], now: float, at: float) -> dict[str, HostView]:
        """What the hosts show at `now`."""
        self.world(now)
        return self._look.views(names, now, at)

    def version(self, now: float) -> tuple[int, frozenset[tuple[str, str]]]:
        """The version of the world, and what moves."""
        self.world(now)
        version = self._look.refresh(now)
        return version, frozenset(self._look.moving(now))

    def changed_since(self, version: int) -> Changed:
        """What was changed after a version."""
        return self._look.changed_since(version)

    def close(self) -> None:
        """Nothing to let go of."""


class FileWindow:
    """The world in a file; when somebody puts another file in its place, that one."""

    def __init__(self, path: Path, wanted: Sequence[HostTarget], seed: int) -> None:
        self._path = path
        self._wanted = wanted
        self._seed = seed
        self._open: tuple[int, World, WorldWindow] | None = None

    def world(self, now: float) -> World:
        """The world in the file, made if it is not there."""
        return self._window().world(now)

    def views(self, names: Iterable[str], now: float, at: float) -> dict[str, HostView]:
        """What the hosts show at `now`."""
        return self._window().views(names, now, at)

    def version(self, now: float) -> tuple[int, frozenset[tuple[str, str]]]:
        """The version of the world, and what moves."""
        return self._window().version(now)

    def changed_since(self, version: int) -> Changed:
        """What was changed after a version."""
        return self._window().changed_since(version)

    def close(self) -> None:
        """Close the file."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _window(self) -> WorldWindow:
        inode = inode_of(self._path)
        if self._open is not None and self._open[0] == inode:
            return self._open[2]
        self.close()
        world = World.open(self._path, seed=self._seed)
        window = WorldWindow(world, self._wanted)
        self._open = (inode_of(self._path) or 0, world, window)
        return window


class CopyWindow:
    """The world in a file as it would be with the hosts that were asked for; the file is never written or made."""

    def __init__(self, path: Path, wanted: Sequence[HostTarget], seed: int) -> None:
        self._path = path
        self._wanted = wanted
        self._seed = seed
        self._copy: tuple[tuple[int | None, int], World, WorldWindow] | None = None

    def world(self, now: float) -> World:
        """The copy."""
        return self._window().world(now)

    def views(self, names: Iterable[str], now: float, at: float) -> dict[str, HostView]:
        """What the hosts show at `now`."""
        return self._window().views(names, now, at)

    def version(self, now: float) -> tuple[int, frozenset[tuple[str, str]]]:
        """The version of the file, and what moves."""
        moving = self._window().version(now)[1]
        return self._mark()[1], moving

    def changed_since(self, version: int) -> Changed:
        """Every host, if anything was changed: a copy does not remember what."""
        return [] if self._mark()[1] == version else [(host.name, None) for host in self._wanted]

    def close(self) -> None:
        """Let go of the copy."""
        if self._copy is not None:
            self._copy[1].close()
            self._copy = None

    def _mark(self) -> tuple[int | None, int]:
        inode = inode_of(self._path)
        return inode, World.version_in(self._path) if inode is not None else 0

    def _window(self) -> WorldWindow:
        mark = self._mark()
        if self._copy is not None and self._copy[0] == mark:
            return self._copy[2]
        self.close()
        world = World.copy_of(self._path) if mark[0] is not None else World.in_memory(seed=self._seed)
        window = WorldWindow(world, self._wanted)
        self._copy = (mark, world, window)
        return window


def join(world: World, wanted: Sequence[HostTarget], now: float) -> None:
    """Let hosts join a world that does not have them; without new ones nothing is written."""
    rows: list[HostRow] = [
        hosts.new_host(target.name, now, cpus=target.cpus, memory=target.memory) for target in wanted
    ]
    if hosts.missing(world.host_names(), rows):
        with world.change(now) as change:
            hosts.add(change, rows)


def inode_of(path: Path) -> int | None:
    """What tells two files under one name apart; None when there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None
