"""`xcp init`."""

import os
import re
from pathlib import Path
from typing import Annotated, Final

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.options import examples

_PROJECT_FILE: Final = "xcp.yaml"
_OWNER: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_NOT_IN_OWNER: Final = re.compile(r"[^a-z0-9]+", re.ASCII)


@examples("xcp init", "xcp init rack7 --owner rack7")
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder of the manifests.")] = Path(),
    owner: Annotated[
        str | None,
        typer.Option(
            "--owner",
            metavar="ID",
            help="Whose the objects are; by default named after the folder. Never change it afterwards.",
            show_default=False,
        ),
    ] = None,
) -> Exit:
    """Write xcp.yaml, which says whose the objects below a folder are. Nothing else."""
    from xcp_reconciler.cli.output import show  # noqa: PLC0415 - beside its only use

    name = owner if owner is not None else _owner_of(folder)
    if not _OWNER.fullmatch(name):
        plain = _NOT_IN_OWNER.sub("-", name.lower()).strip("-")[:63]
        raise CommandError(
            f"{name!r} is no owner id: lower-case letters, digits and -, at most 63",
            f"did you mean: xcp init {folder} --owner {plain or 'mine'}",
        )
    file = folder / _PROJECT_FILE
    _refuse_second(folder, file, name)
    folder.mkdir(parents=True, exist_ok=True)
    text = (
        "# Whose the objects in the manifests beside and below this file are. Every name that xcp gives on a host is\n"
        "# derived from it: keep it as it is, and keep it in version control.\n"
        f"owner: {name}\n"
    )
    with file.open("x", encoding="utf-8") as stream:
        stream.write(text)
    show(f"{file} written: these objects are of owner {name}.")
    show(f"Next: write manifests beside it, then xcp plan -f {folder}")
    return Exit.DONE


def _owner_of(folder: Path) -> str:
    return _NOT_IN_OWNER.sub("-", folder.resolve().name.lower()).strip("-")[:63].rstrip("-") or "default"


def _refuse_second(folder: Path, file: Path, owner: str) -> None:
    from xcp_reconciler.sources.project import find_project  # noqa: PLC0415 - loads the models

    if os.path.lexists(file):
        found = find_project(str(folder)).project
        if found is not None and found.owner == owner:
            raise CommandError(f"{file} is there already and says the same", "nothing was changed")
        said = f"it says that the owner is {found.owner}" if found is not None else "it cannot be read"
        raise CommandError(f"{file} is there already: {said}", "it is written once and never changed")
    above = find_project(str(folder if folder.is_dir() else folder.absolute().parent))
    if above.project is not None:
        raise CommandError(
            f"{above.project.file} above it says already that the owner is {above.project.owner}",
            "one repository has one owner; nothing is to be done",
        )
