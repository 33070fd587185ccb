"""Manifests that are watched: read again when something stirs, and now and then in any case."""

import logging
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from watchfiles import Change, awatch  # pyright: ignore[reportUnknownVariableType] - of a filter that we do not use

from xcp_reconciler.api.diagnostic import Diagnostic
from xcp_reconciler.loader.documents import Loaded
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.sources.manifests import Manifests
from xcp_reconciler.sources.walk import SUFFIXES

log = logging.getLogger(__name__)

# What a path leads to is asked this often: a link that is turned elsewhere is an event of no folder that is watched.
_GLANCE_S: Final = 1.0
# Editors and `cp` write in bursts; so long nothing may stir before anything is read.
_QUIET_S: Final = 0.2
_LONGEST_BURST_S: Final = 2.0
_MOST_REREADS: Final = 10


@dataclass(frozen=True, slots=True)
class Readable:
    """A revision that could be read whole."""

    loaded: Loaded


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something is wrong with it; what was read before stays in force."""

    diagnostics: tuple[Diagnostic, ...]


Reading = Readable | Unreadable


class DirectorySource:
    """Watches folders (and files) of manifests."""

    def __init__(self, paths: Sequence[str], manifests: Manifests, clock: Clock, *, resync_s: float = 30.0) -> None:
        self._paths = tuple(paths)
        self._manifests = manifests
        self._clock = clock
        self._resync_s = resync_s

    async def readings(self) -> AsyncGenerator[Reading, None]:
        """What is read now, then again whenever it has changed; the same again after each `resync_s`."""
        last: Reading | None = None
        told_at = self._clock.now()
        async for _ in self._stirs():
            reading = await self._read_calmly()
            now = self._clock.now()
            # A clock that was set back must not put off the resync for ever.
            due = not told_at <= now < told_at + self._resync_s
            if last is not None and _same(reading, last) and not due:
                continue
            last, told_at = reading, now
            yield reading

    async def _read_calmly(self) -> Reading:
        """Read until two looks in a row show the same: what is just being written is not yet meant."""
        loaded = self._manifests.load(self._paths)
        for _ in range(_MOST_REREADS):
            await self._clock.sleep(_QUIET_S)
            again = self._manifests.load(self._paths)
            if again.content_hash == loaded.content_hash:
                break
            loaded = again
        return Readable(loaded) if loaded.ok else Unreadable(loaded.diagnostics)

    async def _stirs(self) -> AsyncIterator[None]:
        """At once, after each burst of changes, when a path leads elsewhere, and when a resync is due."""
        yield None
        while True:
            led_to = _leads_to(self._paths)
            folders = _folders(self._paths)
            try:
                async for _ in self._events(folders, led_to):
                    yield None
            except OSError as error:
                log.warning("%s cannot be watched (%s) and is read again and again", ", ".join(self._paths), error)
                await self._clock.sleep(_LONGEST_BURST_S)
                yield None

    async def _events(self, folders: Sequence[str], led_to: object) -> AsyncIterator[None]:
        """Events of these folders, until a path leads elsewhere; the first comes as soon as they are watched.

        What changed between the last read and that moment was seen by nobody.
        """
        due = 0.0
        async for changes in self._glances(folders):
            now = self._clock.now()
            if now >= due or now < due - self._resync_s or _concerns(changes, folders):
                due = now + self._resync_s
                yield None
            if _leads_to(self._paths) != led_to:
                return

    async def _glances(self, folders: Sequence[str]) -> AsyncIterator[set[tuple[Change, str]]]:
        if not folders:
            while True:
                yield set()
                await self._clock.sleep(_GLANCE_S)
        async for changes in awatch(
            *folders,
            watch_filter=None,
            debounce=round(_LONGEST_BURST_S * 1000),
            step=round(_QUIET_S * 1000),
            rust_timeout=round(_GLANCE_S * 1000),
            yield_on_timeout=True,
        ):
            yield changes


def _folders(paths: Iterable[str]) -> list[str]:
    """The folders themselves, behind whatever links."""
    return [str(real) for real in (Path(path).resolve() for path in paths) if real.is_dir()]


def _leads_to(paths: Iterable[str]) -> tuple[object, ...]:
    """What each path is now: a folder by its identity, a file by that and by its last change."""
    return tuple(_identity(path) for path in paths)


def _identity(path: str) -> object:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    if stat.S_ISDIR(status.st_mode):
        return status.st_dev, status.st_ino
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _concerns(changes: Iterable[tuple[Change, str]], folders: Sequence[str]) -> bool:
    """Whether manifests may have changed; the store's own files often lie beside them and stir all the time."""
    return any(
        not _is_hidden(path, folders) and (path.endswith(SUFFIXES) or change is Change.deleted or Path(path).is_dir())
        for change, path in changes
    )


def _is_hidden(path: str, folders: Sequence[str]) -> bool:
    for folder in folders:
        if path.startswith(folder + os.sep):
            parts = PurePath(path[len(folder) + 1 :]).parts
            # `..data` is how Kubernetes swaps a whole volume of files at once.
            return any(part.startswith(".") and not part.startswith("..") for part in parts)
    return False


def _same(reading: Reading, other: Reading) -> bool:
    match reading, other:
        case Readable(), Readable():
            return reading.loaded.content_hash == other.loaded.content_hash
        case Unreadable(), Unreadable():
            return reading.diagnostics == other.diagnostics
        case _:
            return False
