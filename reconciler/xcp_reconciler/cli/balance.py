"""`xcp balance`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, assert_never

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.options import Files, State, examples

_NEEDS: Final = frozenset({"minKiB", "maxKiB"})


class Mode(StrEnum):
    """How memory is shared out."""

    PROPORTIONAL = "proportional"
    DEMAND_AWARE = "demand-aware"
    STATIC = "static"


class Form(StrEnum):
    """The forms of the result."""

    TABLE = "table"
    JSON = "json"


@examples(
    "xcp balance lab --explain            # what the pool's policy would do now",
    "xcp balance --cluster pool.json",
    "xcp balance --cluster pool.json --mode proportional --explain",
    "xcp balance --cluster - -o json < pool.json",
    """echo '{"hosts": [{"name": "a", "memoryKiB": 6000, "vms": [""",
    """  {"name": "web", "minKiB": 1000, "maxKiB": 8000, "demandKiB": 4000, "weight": 2},""",
    """  {"name": "db", "minKiB": 1000, "maxKiB": 8000, "demandKiB": 4000}]}]}' | xcp balance --cluster -""",
)
def balance(
    pool: Annotated[
        str | None, typer.Argument(metavar="[POOL]", help="A declared pool, as it is now.", show_default=False)
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="FILE", help="A pool as JSON, or - for standard input.", show_default=False),
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(
            "--mode",
            help="How memory is shared out; by default as the policy says, or demand-aware.",
            show_default=False,
        ),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="A sentence for every target.")] = False,  # noqa: FBT002 - Typer's flag
    output: Annotated[Form, typer.Option("--output", "-o", help="The form of the result.")] = Form.TABLE,
    paths: Files = None,
    state: State = None,
) -> Exit:
    """Show who should have how much memory: in a declared pool, or in the end on one that is described in a file.

    With POOL: what its MemoryPolicy aims at on a look of this moment, with its bands, steps and reserve. Nothing is
    sent. With --cluster:

    Active machines share a host's memoryKiB less its reserveKiB (default 0) and what inactive ones hold; nothing else
    is held back. A machine has name, minKiB, maxKiB, and perhaps actualKiB (0), demandKiB (what it wants, its margin
    in it), weight (1) and active (true).

    demand-aware: the same share of its demand for each, times its weight; what is left when all have their demand is
    spread. A machine without demandKiB is taken to want its proportional share; where nobody has it, the host is
    balanced proportionally.

    proportional: XAPI's rule, the same fraction of its range for each. What is free counts as the host's memory less
    reserveKiB and what all machines hold, or less their minKiB where they hold less, so that sums fit.

    static: the same to the last KiB, and what machines hold is of no account.
    """
    if (pool is None) == (cluster is None):
        raise typer.BadParameter("name either a POOL or a --cluster FILE")
    if pool is not None:
        _of_pool(pool, mode, explain=explain, output=output, paths=paths, state=state)
        return Exit.DONE
    mode = mode if mode is not None else Mode.DEMAND_AWARE
    from xcp_reconciler.cli.cluster_file import read_cluster_file  # noqa: PLC0415 - loads the models
    from xcp_reconciler.cli.output import paint_for, show, warn, width  # noqa: PLC0415 - the same
    from xcp_reconciler.plan.memory import Algorithm  # noqa: PLC0415 - the same
    from xcp_reconciler.plan.memory.offline import Status  # noqa: PLC0415 - the same
    from xcp_reconciler.plan.memory.offline import balance as balanced  # noqa: PLC0415 - the same
    from xcp_reconciler.report.balance import MODES, balance_json, balance_text, summary  # noqa: PLC0415 - the same

    found = balanced(
        read_cluster_file(cluster or "", needs=_NEEDS), next(one for one in Algorithm if MODES[one] == mode.value)
    )
    match output:
        case Form.TABLE:
            show(balance_text(found, explain=explain, paint=paint_for(sys.stdout), width=width()))
        case Form.JSON:
            show(balance_json(found))
        case _:
            assert_never(output)
    for one in found:
        if one.status in {Status.SHORT, Status.INVALID}:
            warn(f"{one.host.name}: {summary(one)}")
    return Exit.DONE


def _of_pool(
    pool: str, mode: Mode | None, *, explain: bool, output: Form, paths: list[str] | None, state: Path | None
) -> None:
    from xcp_reconciler.api.enums import MemoryAlgorithm  # noqa: PLC0415 - loads the models
    from xcp_reconciler.cli.balance_pool import balance_pool  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import open_workspace  # noqa: PLC0415 - the same

    algorithms = {
        Mode.PROPORTIONAL: MemoryAlgorithm.PROPORTIONAL,
        Mode.DEMAND_AWARE: MemoryAlgorithm.DEMAND_AWARE,
        Mode.STATIC: MemoryAlgorithm.STATIC,
    }
    algorithm = algorithms[mode] if mode is not None else None
    balance_pool(open_workspace(paths, state), pool, algorithm, explain=explain, as_json=output is Form.JSON)
