"""Paths of manifests as they are stored: relative to the folder of `xcp.yaml`, so that clones of it agree."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from xcp_reconciler.model.desired import Desired, Origin
from xcp_reconciler.refs import Ref

STDIN = "<stdin>"


def stored_path(path: str, folder: str) -> str:
    """The form in which a path is stored; what is not below `folder` is absolute."""
    if path in {STDIN, "-"}:
        return STDIN
    # No link is followed: people type the names that they see.
    relative = os.path.relpath(path, folder)
    return str(Path(path).absolute()) if relative.startswith("..") else relative


def whole_path(stored: str, folder: str) -> str:
    """Where a stored path leads."""
    return str(Path(folder).absolute() / stored)


def shown_path(stored: str, folder: str) -> str:
    """A stored path as somebody in the working folder would type it."""
    if stored == STDIN:
        return stored
    whole = whole_path(stored, folder)
    relative = os.path.relpath(whole)
    return relative if len(relative) < len(whole) else whole


def shown_origin(origin: Origin, folder: str) -> Origin:
    """An origin as somebody in the working folder would type it."""
    return Origin(shown_path(origin.path, folder), origin.line)


def existing(paths: Iterable[str], folder: str) -> frozenset[str]:
    """Those of the stored paths whose file is there."""
    return frozenset(path for path in paths if path != STDIN and Path(whole_path(path, folder)).exists())


def with_stored_origins(declared: Mapping[Ref, Desired], folder: str) -> dict[Ref, Desired]:
    """The same objects with origins in the stored form."""
    known: dict[str, str] = {}
    result: dict[Ref, Desired] = {}
    for ref, one in declared.items():
        origin = one.origin
        if origin is None:
            result[ref] = one
            continue
        path = known.get(origin.path)
        if path is None:
            path = known[origin.path] = stored_path(origin.path, folder)
        result[ref] = one if path == origin.path else replace(one, origin=Origin(path, origin.line))
    return result
