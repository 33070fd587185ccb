"""`xcp run`."""

import asyncio
import sys
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.follow import follow
from xcp_reconciler.cli.logs import logged
from xcp_reconciler.cli.options import Files, State, examples
from xcp_reconciler.cli.output import show
from xcp_reconciler.cli.parse import duration
from xcp_reconciler.cli.signals import stopped_by_signals
from xcp_reconciler.cli.survey import owner_of, stored
from xcp_reconciler.cli.workspace import Workspace, find_workspace
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.sink import News
from xcp_reconciler.ports.store import Store
from xcp_reconciler.report.journal import Journal
from xcp_reconciler.runtime.operator import Operator
from xcp_reconciler.runtime.registry import InstalledDrivers
from xcp_reconciler.runtime.stopping import StopLevel
from xcp_reconciler.runtime.system import SystemClock, SystemRng
from xcp_reconciler.runtime.wiring import Pace, Ports
from xcp_reconciler.sources.cache import ParsedCache
from xcp_reconciler.sources.directory import DirectorySource
from xcp_reconciler.sources.manifests import Manifests


@examples("xcp run -f examples/quickstart", "xcp run                    # keeps what was applied as it is")
def run(
    filename: Files = None,
    state: State = None,
    resync: Annotated[
        str, typer.Option("--resync", metavar="TIME", help="How often everything is looked at anew.")
    ] = "30s",
) -> Exit:
    """Keep the world as the manifests say, until somebody stops it; changes of the files are taken over."""
    workspace = find_workspace(filename, state)
    return asyncio.run(_run(workspace, duration(resync, "--resync")))


class _JournalSink:
    """Prints what happens, a line each, with the time."""

    def __init__(self) -> None:
        self._journal = Journal()

    def tell(self, news: News) -> None:
        """Print it, if there is anything new in it."""
        words = self._journal.take(news)
        if words is not None:
            line(words)


def line(words: str) -> None:
    """Print one event."""
    # A log that nobody can write any more is no reason to stop looking after machines.
    with suppress(OSError):
        _print(words)


def _print(words: str) -> None:
    for each in words.splitlines() or [""]:
        show(f"{datetime.now().astimezone():%H:%M:%S} {each}")
    # Whoever follows a log wants the line now, not when a buffer is full.
    sys.stdout.flush()


async def _run(workspace: Workspace, resync_s: float) -> Exit:
    clock, rng = SystemClock(), SystemRng()
    async with stored(workspace, Access.WRITE) as store:
        owner = workspace.owner or owner_of(store.state)
        ports = Ports(
            clock,
            rng,
            store,
            InstalledDrivers(),
            owner,
            workspace.folder,
            _JournalSink(),
            pace=Pace(resync_s=resync_s),
        )
        operator = Operator(ports)

        def told(level: StopLevel) -> None:
            line("stopping now" if level is StopLevel.NOW else "stopping after the running steps")

        with logged(line), stopped_by_signals(operator.stop, told):
            kept = ", ".join(workspace.paths) or str(workspace.state)
            line(f"keeping {kept} as declared, as owner {owner}; Ctrl-C stops")
            source = asyncio.ensure_future(_follow(workspace, operator.store, resync_s))
            acting = asyncio.ensure_future(operator.run())
            try:
                await asyncio.wait({source, acting} if workspace.paths else {acting}, return_when="FIRST_COMPLETED")
                if source.done() and workspace.paths:
                    operator.stop()
                await acting
            finally:
                source.cancel()
                with suppress(asyncio.CancelledError):
                    await source
    line("stopped")
    return Exit.DONE


async def _follow(workspace: Workspace, store: Store, resync_s: float) -> None:
    if not workspace.paths:
        return
    source = DirectorySource(workspace.paths, Manifests(ParsedCache()), SystemClock(), resync_s=resync_s)
    async for reading in source.readings():
        await follow(reading, workspace, store, line)
