"""Finds `xcp.yaml`, which says whose the manifests are."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xcp_reconciler.api.diagnostic import Diagnostic
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.owner import read_owner
from xcp_reconciler.sources.files import STDIN, read_guarded
from xcp_reconciler.sources.walk import PROJECT_FILE, refusal, walk


@dataclass(frozen=True, slots=True)
class Project:
    """Whose the manifests are, and the file that says so."""

    owner: str
    file: Path

    @property
    def folder(self) -> Path:
        """What relative addresses of pools are relative to."""
        return self.file.parent


@dataclass(frozen=True, slots=True)
class Sought:
    """The project of a path; None with diagnostics where its file is wrong, None without where there is none."""

    project: Project | None
    diagnostics: tuple[Diagnostic, ...] = ()


def find_project(path: str) -> Sought:
    """The nearest `xcp.yaml` at or above a file or folder (for `-`: the working folder).

    It is looked for up to the top of the git repository. A second one, above it in the repository or below it, is an
    error: two admins of one repository are one owner.
    """
    start = Path(os.curdir if path == STDIN else path).resolve()
    folder = start if start.is_dir() else start.parent
    above = list(_at_or_above(folder))
    if not above:
        return Sought(None)
    inner, outer = above[0], above[-1]
    second = inner if inner != outer else _first_below(folder, inner)
    if second is not None:
        message = f"a second {PROJECT_FILE} below {_shown(outer)}"
        return Sought(None, (refusal(_shown(second), message, "one repository has one owner: remove this one"),))
    return _read(inner)


def _at_or_above(folder: Path) -> Iterator[Path]:
    """Project files from the inside out. Outside a git repository the nearest alone counts."""
    upwards = [folder, *folder.parents]
    # `.git` is a file in worktrees and submodules.
    top = next((candidate for candidate in upwards if os.path.lexists(candidate / ".git")), None)
    for candidate in upwards:
        if os.path.lexists(candidate / PROJECT_FILE):
            yield candidate / PROJECT_FILE
            if top is None:
                return
        if candidate == top:
            return


def _first_below(folder: Path, known: Path) -> Path | None:
    return next((file for name in walk(str(folder)).project_files if (file := Path(name)) != known), None)


def _read(file: Path) -> Sought:
    name = _shown(file)
    try:
        content = read_guarded(str(file), file.parent)
    except OSError as error:
        return Sought(None, (refusal(name, f"this file cannot be read: {error.strerror}"),))
    except ValueError as error:
        return Sought(None, (refusal(name, str(error)),))
    found = read_owner(Input(name, content, str(file.parent)))
    return Sought(Project(found.id, file) if found.id is not None else None, found.diagnostics)


def _shown(file: Path) -> str:
    """As the user would type it: relative where that is shorter."""
    return min(os.path.relpath(file), str(file), key=len)
