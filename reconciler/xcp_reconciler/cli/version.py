"""`xcp version`."""

from importlib.metadata import version as version_of

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.options import examples
from xcp_reconciler.cli.output import show


@examples("xcp version")
def version() -> Exit:
    """Print the version of xcp."""
    show(f"xcp {version_of('xcp')}")
    return Exit.DONE
