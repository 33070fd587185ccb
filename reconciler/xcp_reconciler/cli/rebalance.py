"""`xcp rebalance`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.options import Files, State, examples

if TYPE_CHECKING:
    from xcp_reconciler.model.cluster import Cluster


class Form(StrEnum):
    """The forms in which the plan is shown."""

    TEXT = "text"
    JSON = "json"


class Mode(StrEnum):
    """What the plan is for."""

    DESCENT = "descent"
    IMPROVE = "improve"
    CONSTRAINTS = "constraints"


@examples(
    "xcp rebalance lab --dry-run --explain      # which machines of a declared pool would move now, and why",
    "xcp rebalance lab --max-moves 5            # shows the plan, asks, and moves them, live",
    "xcp rebalance --cluster pool.json",
    "xcp rebalance --cluster cluster.data --max-moves 20 --explain   # htools' text",
    "xcp rebalance --cluster pool.json --mode constraints -o json",
    "xcp rebalance --cluster cluster.data --write-cluster after.data  # then: hbal -t after.data",
)
def rebalance(  # noqa: PLR0913, PLR0917 - one parameter for each option
    pool: Annotated[
        str | None, typer.Argument(metavar="[POOL]", help="A declared pool, as it is now.", show_default=False)
    ] = None,
    cluster: Annotated[
        Path | None,
        typer.Option(
            "--cluster",
            metavar="FILE",
            help="A pool in a file: JSON, or htools' text; - is standard input.",
            show_default=False,
        ),
    ] = None,
    mode: Annotated[
        Mode, typer.Option("--mode", help="The best end, hbal's own descent, or only what mends constraints.")
    ] = Mode.IMPROVE,
    max_moves: Annotated[
        int | None, typer.Option("--max-moves", metavar="N", min=0, help="At most so many moves.", show_default=False)
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write-cluster", metavar="OUT", help="Write the pool as it is after the moves.", show_default=False
        ),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why, with the numbers that decided.")] = False,  # noqa: FBT002 - a flag
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan; move nothing.")] = False,  # noqa: FBT002 - a flag
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Go on without asking.")] = False,  # noqa: FBT002 - a flag
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="TIME", help="How long to wait, such as 10m or 2h.")
    ] = "1h",
    output: Annotated[Form, typer.Option("--output", "-o", help="The form of the plan.")] = Form.TEXT,
    paths: Files = None,
    state: State = None,
) -> Exit:
    """Plan which machines should move where, and with POOL move them, by live migration.

    With POOL: the pool is looked at, the plan is shown, and once somebody has agreed the moves are made, as many at a
    time as the pool's Rebalance says or else two. A running xcp makes them where there is one. Machines are placed
    anew, and nothing that is declared changes; -f says whose pools are meant, and no more. With --cluster: nothing but
    a file is read, and nothing is moved.
    """
    if (pool is None) == (cluster is None):
        raise typer.BadParameter("name either a POOL or a --cluster FILE")
    if cluster is not None:
        return _of_file(cluster, mode, max_moves, write, explain=explain, output=output)
    if write is not None:
        raise typer.BadParameter("--write-cluster goes with --cluster")
    import asyncio  # noqa: PLC0415 - commands load what they need

    from xcp_reconciler.cli.parse import duration  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.rebalance_pool import Wish, rebalance_pool  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import Workspace, find_workspace  # noqa: PLC0415 - the same
    from xcp_reconciler.plan.rebalance import Aim  # noqa: PLC0415 - the same

    # Only whose pool it is: what is declared and not applied yet is not what the machines of it run under.
    found = find_workspace(paths, state)
    workspace = Workspace(found.owner, found.folder, found.state)
    wish = Wish(
        Aim(mode.value),
        max_moves,
        explain=explain,
        as_json=output is Form.JSON,
        dry_run=dry_run,
        approved=auto_approve,
        timeout=duration(timeout, "--timeout"),
    )
    return asyncio.run(rebalance_pool(pool or "", workspace, wish))


def _of_file(
    cluster: Path, mode: Mode, max_moves: int | None, write: Path | None, *, explain: bool, output: Form
) -> Exit:
    from xcp_reconciler.cli.output import paint_for, show  # noqa: PLC0415 - commands load what they need
    from xcp_reconciler.cli.proposing import proposed, view_of  # noqa: PLC0415 - the same
    from xcp_reconciler.plan.rebalance import Aim  # noqa: PLC0415 - the same
    from xcp_reconciler.report.rebalance import rebalance_json, rebalance_text  # noqa: PLC0415 - the same

    content = _content(cluster)
    pool = _pool(content, str(cluster))
    proposal, seconds = proposed(pool, Aim(mode.value), max_moves)
    if write is not None:
        from xcp_reconciler.cli.files import write_whole  # noqa: PLC0415 - seldom needed
        from xcp_reconciler.loader.cluster import moved_cluster  # noqa: PLC0415 - the same

        write_whole(write, moved_cluster(content, pool, proposal.homes))
    view = view_of(proposal, seconds, explain=explain)
    show(rebalance_json(view) if output is Form.JSON else rebalance_text(view, paint_for(sys.stdout), explain=explain))
    return Exit.DONE


def _content(path: Path) -> bytes:
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()


def _pool(content: bytes, name: str) -> "Cluster":
    from xcp_reconciler.cli.failure import SaidError  # noqa: PLC0415 - as above
    from xcp_reconciler.cli.output import say  # noqa: PLC0415 - as above
    from xcp_reconciler.loader.cluster import read_cluster  # noqa: PLC0415 - as above
    from xcp_reconciler.report.diagnostics import render_all  # noqa: PLC0415 - as above

    read = read_cluster(content, name)
    if read.diagnostics:
        say(render_all(read.diagnostics))
    if read.cluster is None:
        raise SaidError
    return read.cluster
