"""A pool from a file, for the commands that need no hypervisor."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xcp_reconciler.cli.failure import CommandError, SaidError

if TYPE_CHECKING:
    from xcp_reconciler.model.cluster import Cluster

STDIN: Final = "-"


def read_cluster_file(path: str, *, needs: frozenset[str]) -> "Cluster":
    """The pool that a file describes, `-` for standard input; `needs` are the keys that every machine must have.

    Raises:
        SaidError: something is wrong with it, and was shown with its place.
        OSError: it cannot be read.
    """
    from xcp_reconciler.cli.output import say  # noqa: PLC0415 - beside its only use
    from xcp_reconciler.loader.cluster import read_cluster  # noqa: PLC0415 - the loader takes its time
    from xcp_reconciler.report.diagnostics import render_all  # noqa: PLC0415 - the same

    if path == STDIN:
        name, content = "<stdin>", sys.stdin.buffer.read()
    else:
        name, file = path, Path(path)
        if file.is_dir():
            raise CommandError(f"{path} is a folder", "a pool is described in one file")
        content = file.read_bytes()
    read = read_cluster(content, name, needs=needs)
    if read.diagnostics:
        say(render_all(read.diagnostics))
    if read.cluster is None:
        raise SaidError
    return read.cluster
