"""What a command works on: whose objects, what the manifests declare, and where the state is kept."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from xcp_reconciler.cli.failure import CommandError, SaidError
from xcp_reconciler.cli.output import say
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.refs import Ref

if TYPE_CHECKING:
    from xcp_reconciler.loader.documents import Loaded

STDIN: Final = "-"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Whose objects (`owner`), the folder of `xcp.yaml`, what `-f` declares, and the file that keeps the state.

    `paths` are what `-f` named, as the user typed it; `declared` is empty where it named nothing. Origins are in the
    form in which they are stored, relative to `folder`.
    """

    owner: str
    folder: str
    state: Path
    paths: tuple[str, ...] = ()
    declared: Mapping[Ref, Desired] = field(default_factory=dict[Ref, Desired])
    content_hash: str = ""

    @property
    def scope(self) -> frozenset[Ref] | None:
        """The objects that the command is about; None where it is about all that is stored."""
        return frozenset(self.declared) if self.paths else None


def open_workspace(paths: Sequence[str] | None, state: Path | None) -> Workspace:
    """The workspace of a command with these `-f` and `--state`.

    Raises:
        CommandError: nobody's (no `xcp.yaml`), or the manifests are wrong; every diagnostic was printed.
    """
    workspace = find_workspace(paths, state)
    if not workspace.paths:
        return workspace
    declared, content_hash = _load(workspace.paths, workspace.owner, workspace.folder)
    return replace(workspace, declared=declared, content_hash=content_hash)


def find_workspace(paths: Sequence[str] | None, state: Path | None) -> Workspace:
    """The same without a look into any manifest.

    Raises:
        CommandError: nobody's: there is no `xcp.yaml`, or it is wrong.
    """
    given = tuple(paths or ())
    project = _project(given)
    if project is None:
        if given:
            where = "the working folder" if given[0] == STDIN else given[0]
            raise CommandError(
                f"there is no xcp.yaml at or above {where}, so nobody owns these objects",
                f"run: xcp init {_folder_of(given[0])}",
            )
        return _without_project(state)
    owner, folder = project
    return Workspace(owner, folder, state or default_state(owner), given)


def default_state(owner: str) -> Path:
    """Where an owner's state is kept unless somebody says otherwise."""
    return state_folder() / f"{owner}.db"


def state_folder() -> Path:
    """The user's own folder for state."""
    from platformdirs import user_state_path  # noqa: PLC0415 - many commands are told where

    return user_state_path("xcp")


def _project(paths: tuple[str, ...]) -> tuple[str, str] | None:
    """Owner and folder of `xcp.yaml`: that of the first path, of the working folder where there is none."""
    from xcp_reconciler.sources.project import find_project  # noqa: PLC0415 - loads the models

    found = None
    for path in paths or (".",):
        sought = find_project(path)
        if sought.diagnostics:
            from xcp_reconciler.report.diagnostics import render_all  # noqa: PLC0415 - seldom needed

            say(render_all(sought.diagnostics))
            raise SaidError
        if sought.project is None:
            continue
        if found is not None and sought.project.owner != found.owner:
            raise CommandError(
                f"{found.file} says that {found.owner} is the owner, {sought.project.file} says {sought.project.owner}",
                "one command works for one owner: run it once for each",
            )
        found = found or sought.project
    return (found.owner, str(found.folder)) if found is not None else None


def _without_project(state: Path | None) -> Workspace:
    """No `-f` and no `xcp.yaml` here: the stored objects say whose they are."""
    if state is not None:
        return Workspace("", ".", state)
    kept = sorted(state_folder().glob("*.db"))
    if len(kept) == 1:
        return Workspace(kept[0].stem, ".", kept[0])
    if not kept:
        raise CommandError(
            "nothing is stored, and no -f says what should be",
            "with manifests: xcp plan -f PATH, then xcp apply -f PATH",
            "without: xcp init writes the file that says whose the objects are",
        )
    names = ", ".join(one.stem for one in kept)
    raise CommandError(
        f"several owners have a state here ({names}), and no xcp.yaml says which one is meant",
        "run the command below the folder of its xcp.yaml, or name the database with --state",
    )


def _folder_of(path: str) -> str:
    if path == STDIN:
        return "."
    named = Path(path)
    return str(named if named.is_dir() else named.parent)


def load_documents(paths: Sequence[str], stdin: BinaryIO | None = None) -> "Loaded":
    """Read manifests and print everything that is wrong with them; errors are in the answer, not raised."""
    from xcp_reconciler.sources.cache import ParsedCache  # noqa: PLC0415 - loads the models
    from xcp_reconciler.sources.manifests import load_paths  # noqa: PLC0415 - the same

    source = stdin if stdin is not None or STDIN not in paths else sys.stdin.buffer
    loaded = load_paths(paths, stdin=source, cache=ParsedCache())
    if loaded.diagnostics:
        from xcp_reconciler.report.diagnostics import render_all  # noqa: PLC0415 - seldom needed

        say(render_all(loaded.diagnostics))
    return loaded


def _load(paths: tuple[str, ...], owner: str, folder: str) -> tuple[dict[Ref, Desired], str]:
    from xcp_reconciler.cli.origins import with_stored_origins  # noqa: PLC0415 - only with manifests
    from xcp_reconciler.loader.declare import declare_all  # noqa: PLC0415 - loads the models

    loaded = load_documents(paths)
    if not loaded.ok:
        raise SaidError
    return with_stored_origins(declare_all(loaded.documents, owner), folder), loaded.content_hash
