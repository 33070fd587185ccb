"""`xcp simulate`."""

import json
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.options import Files, State, examples

if TYPE_CHECKING:
    from xcp_reconciler.model.cluster import Cluster

_NEEDS: Final = frozenset({"minKiB"})


class SimulateOutput(StrEnum):
    """The form of the answer."""

    TEXT = "text"
    JSON = "json"


@examples(
    "xcp simulate lab --failures 1              # a declared pool, as it is now",
    "xcp simulate lab --lose host-a --explain",
    "xcp simulate --cluster pool.json --failures 2",
    "xcp simulate --cluster pool.json --lose host-1 --lose host-2 --explain",
)
def simulate(  # noqa: PLR0913, PLR0917 - one parameter for each option
    pool: Annotated[
        str | None, typer.Argument(metavar="[POOL]", help="A declared pool, as it is now.", show_default=False)
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="FILE",
            help="A pool: JSON or htools' text; - for standard input.",
            show_default=False,
        ),
    ] = None,
    failures: Annotated[
        int | None,
        typer.Option("--failures", metavar="R", min=0, help="Any R hosts or fewer are lost.", show_default=False),
    ] = None,
    lose: Annotated[
        list[str] | None, typer.Option("--lose", metavar="HOST", help="Just these hosts are lost.", show_default=False)
    ] = None,
    time_limit: Annotated[
        float, typer.Option("--time-limit", metavar="S", min=0.0, help="Give up after so many seconds.")
    ] = 60.0,
    explain: Annotated[  # noqa: FBT002
        bool, typer.Option("--explain", help="Show where machines restart, and what is left of each host.")
    ] = False,
    output: Annotated[
        SimulateOutput, typer.Option("--output", "-o", help="The form of the answer.")
    ] = SimulateOutput.TEXT,
    paths: Files = None,
    state: State = None,
) -> Exit:
    """Say whether every machine restarts when hosts are lost; proved, not estimated.

    With POOL: the declared machines of a pool as it is now, with the memory that they are placed with. Machines of
    others take room and do not restart. With --cluster a file, and no hypervisor is needed.
    """
    from xcp_reconciler.cli.output import paint_for, show  # noqa: PLC0415 - the same
    from xcp_reconciler.plan.survival import survives, survives_loss  # noqa: PLC0415 - loads the kernels
    from xcp_reconciler.report.survival import survival_data, survival_text  # noqa: PLC0415 - the same

    if (pool is None) == (cluster is None):
        raise typer.BadParameter("name either a POOL or a --cluster FILE")
    if (failures is None) == (not lose):
        raise CommandError("nothing says which hosts are lost", "give --failures R, or --lose HOST, and not both")
    described = _read(cluster) if cluster is not None else _looked_at(pool or "", paths, state)
    begun = time.monotonic()
    deadline = begun + time_limit
    named = _known(described, lose or [])
    found = survives_loss(described, named, deadline) if named else survives(described, failures or 0, deadline)
    elapsed = time.monotonic() - begun
    if output is SimulateOutput.JSON:
        show(json.dumps(survival_data(found, elapsed=elapsed, explain=explain), indent=2, ensure_ascii=False))
    else:
        show(survival_text(found, explain=explain, paint=paint_for(sys.stdout)))
    return Exit.DONE


def _read(file: str) -> "Cluster":
    from xcp_reconciler.cli.cluster_file import read_cluster_file  # noqa: PLC0415 - beside its only use

    return read_cluster_file(file, needs=_NEEDS)


def _looked_at(pool: str, paths: list[str] | None, state: Path | None) -> "Cluster":
    import asyncio  # noqa: PLC0415 - commands load what they need

    from xcp_reconciler.cli.pool_look import pool_look  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import open_workspace  # noqa: PLC0415 - the same
    from xcp_reconciler.plan.placement.losses import losses_of  # noqa: PLC0415 - the same

    return losses_of(asyncio.run(pool_look(pool, open_workspace(paths, state))))


def _known(pool: "Cluster", names: list[str]) -> frozenset[str]:
    """The names, all of which are hosts of the pool.

    Raises:
        CommandError: one is not.
    """
    from xcp_reconciler.api.wording import nearest  # noqa: PLC0415 - seldom needed

    known = frozenset(host.name for host in pool.hosts)
    for name in names:
        if name not in known:
            meant = nearest(name, sorted(known))
            raise CommandError(f"there is no host {name} in this pool", *([f"did you mean {meant}?"] if meant else []))
    return frozenset(names)
