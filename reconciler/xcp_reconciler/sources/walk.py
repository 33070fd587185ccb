"""Which files of a folder are manifests."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from xcp_reconciler.api.diagnostic import Diagnostic, Place

SUFFIXES: Final = (".yaml", ".yml", ".json")
# Says whose the folder is; whatever it holds, it is no manifest.
PROJECT_FILE: Final = "xcp.yaml"

_TYPES: Final = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)


@dataclass(slots=True)
class Walk:
    """What was found, in order: manifests and project files as paths that the user can type, and what is in the way."""

    manifests: list[str] = field(default_factory=list[str])
    project_files: list[str] = field(default_factory=list[str])
    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])


def walk(top: str) -> Walk:
    """All manifests below a folder, sorted; dot entries are skipped, links may not lead out of the folder."""
    walker = _Walker(Path(top).resolve())
    walker.run(top)
    found = walker.found
    for names in (found.manifests, found.project_files):
        names.sort(key=lambda name: Path(name).parts)
    found.diagnostics.sort(key=lambda diagnostic: diagnostic.place.file)
    return found


def refusal(name: str, message: str, hint: str = "") -> Diagnostic:
    """A diagnostic about a file as a whole."""
    return Diagnostic(Place(name), message, hint)


def what_it_is(mode: int) -> str:
    """The name of a file's type, for what is no regular file."""
    return next((word for test, word in _TYPES if test(mode)), "a special file")


class _Walker:
    """Goes through folders without recursion, and into each only once, whatever links say.

    Links come last: what has a name of its own is called by that.
    """

    def __init__(self, root: Path) -> None:
        self.found = Walk()
        self._root = root
        self._seen: set[tuple[int, int]] = set()

    def run(self, top: str) -> None:
        with suppress(OSError):  # `_entries` will say so
            status = self._root.stat()
            self._seen.add((status.st_dev, status.st_ino))
        links: list[os.DirEntry[str]] = []
        folders = [top]
        while folders or links:
            if not folders:
                # A link may lead to a folder, but what that holds has mostly been seen by now.
                links.sort(key=lambda entry: entry.path, reverse=True)
                own = [links.pop()]
            else:
                own = self._entries(folders.pop())
                links += [entry for entry in own if entry.is_symlink()]
                own = [entry for entry in own if not entry.is_symlink()]
            folders += [entry.path for entry in own if self._enters(entry)]

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            self._refuse(folder, f"this folder cannot be read: {error.strerror}")
            return []

    def _enters(self, entry: os.DirEntry[str]) -> bool:
        """Note a file; True for a folder whose entries are to be looked at."""
        path = entry.path.removeprefix(f"{os.curdir}{os.sep}")
        is_manifest = path.endswith(SUFFIXES)
        try:
            status = entry.stat()
        except OSError as error:
            if is_manifest:
                self._refuse(path, f"this cannot be read: {error.strerror}")
            return False
        is_folder = stat.S_ISDIR(status.st_mode)
        if not (is_folder or is_manifest) or not self._may_be_read(entry, path):
            return False
        identity = (status.st_dev, status.st_ino)
        if identity in self._seen:
            return False
        self._seen.add(identity)
        if not is_folder:
            (self.found.project_files if entry.name == PROJECT_FILE else self.found.manifests).append(path)
        return is_folder

    def _may_be_read(self, entry: os.DirEntry[str], path: str) -> bool:
        if not path.isprintable():
            self._refuse(ascii(path), "the name of this file cannot be printed", "rename it")
            return False
        if entry.is_symlink() and not (real := Path(entry.path).resolve()).is_relative_to(self._root):
            hint = "copy what is meant, or name it with -f"
            self._refuse(path, f"this link leads out of the folder, to {real}", hint)
            return False
        return True

    def _refuse(self, path: str, message: str, hint: str = "") -> None:
        self.found.diagnostics.append(refusal(path, message, hint))
