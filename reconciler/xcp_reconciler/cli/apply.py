"""`xcp apply`."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from xcp_reconciler.cli.apply_manifests import apply_manifests
from xcp_reconciler.cli.apply_saved import apply_saved
from xcp_reconciler.cli.applying import Applying
from xcp_reconciler.cli.carry_out import Patience
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.options import Files, MaxImpactOption, State, examples
from xcp_reconciler.cli.parse import duration
from xcp_reconciler.cli.showing import impact_called
from xcp_reconciler.loader.inventory import Pruning


class ApplyOutput(StrEnum):
    """What is printed at the end."""

    TEXT = "text"
    JSON = "json"


@examples(
    "xcp apply -f examples/quickstart",
    "xcp plan -f . --out change.plan; xcp apply change.plan",
    "xcp apply -f . --prune --auto-approve --max-impact Migrate",
)
def apply(  # noqa: PLR0913, PLR0917 - one parameter for each option
    saved: Annotated[
        str | None,
        typer.Argument(metavar="SAVED", help="A plan that `xcp plan --out` saved.", show_default=False),
    ] = None,
    filename: Files = None,
    state: State = None,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Go on without asking.")] = False,  # noqa: FBT002
    max_impact: MaxImpactOption = None,
    prune: Annotated[  # noqa: FBT002
        bool, typer.Option("--prune", help="Remove what these paths declared before and do not any more.")
    ] = False,
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="TIME", help="How long to wait, such as 90s or 10m.")
    ] = "10m",
    no_wait: Annotated[  # noqa: FBT002
        bool, typer.Option("--no-wait", help="Leave the work to a running `xcp run`, and do not wait for it.")
    ] = False,
    output: Annotated[ApplyOutput, typer.Option("--output", "-o", help="The form of the result.")] = ApplyOutput.TEXT,
) -> Exit:
    """Make the world as the manifests say: show the plan, ask, do it, and wait for the end."""
    how = Applying(
        state=state,
        approved=auto_approve,
        limit=impact_called(max_impact),
        patience=Patience(duration(timeout, "--timeout"), waits=not no_wait),
        as_json=output is ApplyOutput.JSON,
    )
    if saved is not None:
        if filename or prune:
            raise CommandError("a saved plan already says what is declared", "leave -f and --prune out")
        return asyncio.run(apply_saved(saved, how))
    if not filename:
        raise CommandError(
            "nothing says what to apply", "with manifests: xcp apply -f PATH", "with a saved plan: xcp apply FILE"
        )
    return asyncio.run(apply_manifests(filename, Pruning.PRUNE if prune else Pruning.KEEP, how))
