"""A pool from a file, for the commands that need no hypervisor: JSON or htools' text, every error with its place."""

from collections.abc import Mapping

from xcp_reconciler.loader.cluster.htools_text import is_htools, moved_htools, read_htools
from xcp_reconciler.loader.cluster.json_moved import moved_json
from xcp_reconciler.loader.cluster.json_text import read_json
from xcp_reconciler.loader.cluster.reading import Read
from xcp_reconciler.model.cluster import Cluster

__all__ = ["Read", "moved_cluster", "read_cluster"]


def read_cluster(content: bytes, file: str, *, needs: frozenset[str] = frozenset()) -> Read:
    """The pool that a file describes; the format is known by the content.

    Args:
        content: what is in it.
        file: what diagnostics call it.
        needs: the keys of a machine that have to be there, such as `minKiB`. htools' text has what it has.

    Returns:
        The pool, unless anything is wrong; and every diagnostic.
    """
    return read_htools(content, file) if is_htools(content) else read_json(content, file, needs=needs)


def moved_cluster(content: bytes, cluster: Cluster, homes: Mapping[str, str]) -> str:
    """The same file with the machines in `homes` (machine to host) there, in the same format.

    Args:
        content: what was read.
        cluster: what it says.
        homes: names of machines and hosts of the cluster.
    """
    if is_htools(content):
        return moved_htools(content, cluster, homes)
    return moved_json(content, cluster, homes)
