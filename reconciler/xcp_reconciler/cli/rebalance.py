"""`xcp rebalance`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.options import examples

if TYPE_CHECKING:
    from xcp_reconciler.model.cluster import Cluster
    from xcp_reconciler.plan.rebalance import Proposal


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
    "xcp rebalance --cluster pool.json",
    "xcp rebalance --cluster cluster.data --max-moves 20 --explain   # htools' text",
    "xcp rebalance --cluster pool.json --mode constraints -o json",
    "xcp rebalance --cluster cluster.data --write-cluster after.data  # then: hbal -t after.data",
)
def rebalance(
    cluster: Annotated[
        Path, typer.Option("--cluster", metavar="FILE", help="The pool: JSON, or htools' text; - is standard input.")
    ],
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
    output: Annotated[Form, typer.Option("--output", "-o", help="The form of the plan.")] = Form.TEXT,
) -> Exit:
    """Plan which machines should move where; move nothing."""
    from xcp_reconciler.cli.output import paint_for, show  # noqa: PLC0415 - commands load what they need
    from xcp_reconciler.report.rebalance import (  # noqa: PLC0415 - the same
        RebalanceView,
        rebalance_json,
        rebalance_text,
    )

    content = _content(cluster)
    pool = _pool(content, str(cluster))
    proposal, seconds = _proposed(pool, mode, max_moves)
    if write is not None:
        from xcp_reconciler.cli.files import write_whole  # noqa: PLC0415 - seldom needed
        from xcp_reconciler.loader.cluster import moved_cluster  # noqa: PLC0415 - the same

        write_whole(write, moved_cluster(content, pool, proposal.homes))
    view = RebalanceView(
        proposal.moves(explain=explain),
        proposal.scores[0],
        proposal.scores[-1],
        seconds,
        proposal.violations_before,
        proposal.left(),
    )
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


def _proposed(pool: "Cluster", mode: Mode, most: int | None) -> "tuple[Proposal, float]":
    from time import perf_counter  # noqa: PLC0415 - beside its only use

    from xcp_reconciler.cli.failure import CommandError  # noqa: PLC0415 - as above
    from xcp_reconciler.plan.rebalance import Aim, rebalance  # noqa: PLC0415 - as above

    began = perf_counter()
    proposal = rebalance(pool, Aim(mode.value), most)
    seconds = perf_counter() - began
    if proposal.flaws:
        raise CommandError("this pool cannot be computed with", *proposal.flaws[:25])
    return proposal, seconds
