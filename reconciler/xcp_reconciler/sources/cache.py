"""Parsed manifests in the user's cache folder, so that an unchanged file costs a hash.

It is a cache: whatever is wrong with it, the answer is that nothing is in it.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from xcp_reconciler.loader.cached import cache_key, decode, encode
from xcp_reconciler.loader.parse import RawDocument

_MOST: Final = 256 << 20
# A smaller file is parsed as fast as its entry is found.
_LEAST: Final = 2 << 10


class ParsedCache:
    """A folder of JSON files, each named by the hash of the bytes that it was parsed from."""

    def __init__(self, folder: Path | None = None, most_bytes: int = _MOST) -> None:
        self._folder = folder or user_cache_path("xcp") / "parsed"
        self._most = most_bytes

    def get(self, digest: str, size: int) -> list[RawDocument] | None:
        """The documents of the file with that digest and size, None where they are not kept."""
        if size < _LEAST:
            return None
        path = self._path(digest)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as stream, suppress(OSError):
            status = os.fstat(descriptor)
            # Written by somebody else, or readable as anything but a file of ours: not ours to believe.
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_size > self._most:
                return None
            found = decode(stream.read())
            # The time of the last use decides who leaves first.
            os.utime(descriptor)
            return found
        return None

    def put(self, digest: str, size: int, documents: list[RawDocument]) -> None:
        """Keep the documents of a file; a full disk or a folder that may not be written is no error."""
        if size < _LEAST:
            return
        payload = encode(documents)
        if len(payload) > self._most:
            return
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._replace(self._path(digest), payload)
            self._evict()

    def _path(self, digest: str) -> Path:
        return self._folder / f"{cache_key(digest)}.json"

    def _replace(self, path: Path, payload: bytes) -> None:
        # mkstemp makes the file readable by its owner alone.
        descriptor, name = tempfile.mkstemp(prefix=".", dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(payload)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _evict(self) -> None:
        entries = [(entry.stat().st_mtime_ns, entry.stat().st_size, entry.path) for entry in os.scandir(self._folder)]
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self._most:
                return
            Path(path).unlink(missing_ok=True)
            total -= size
