"""`xcp place`."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.options import RequiredFiles, State, examples

if TYPE_CHECKING:
    from xcp_reconciler.cli.survey import Survey
    from xcp_reconciler.plan.placement.prospects import Prospect


class Form(StrEnum):
    """The forms of the result."""

    TABLE = "table"
    JSON = "json"


@examples(
    "xcp place -f new.yaml             # which host takes each new machine, and what is free there then",
    "xcp place -f . --all              # those that have a host too",
    "xcp place -f new.yaml -o json",
)
def place(
    paths: RequiredFiles,
    everybody: Annotated[bool, typer.Option("--all", help="Also machines that have a host already.")] = False,  # noqa: FBT002 - Typer's flag
    output: Annotated[Form, typer.Option("--output", "-o", help="The form of the result.")] = Form.TABLE,
    state: State = None,
) -> Exit:
    """Show where new machines would go, or why no host takes them; change nothing.

    The pools are looked at now, and all machines without a host are placed together, the largest first, as their
    PlacementPolicy says. Exit code 0: each has a host. 1: some have none.
    """
    from xcp_reconciler.cli.oneshot import collector_off, run  # noqa: PLC0415 - asyncio and the models load slowly
    from xcp_reconciler.cli.output import paint_for, say, show  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.survey import survey  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import open_workspace  # noqa: PLC0415 - the same
    from xcp_reconciler.report.prospects import prospects_json, prospects_text  # noqa: PLC0415 - the same

    with collector_off():
        seen = run(survey(open_workspace(paths, state)))
        found = [one for one in _prospects(seen) if everybody or one.is_new or one.host is None]
    match output:
        case Form.JSON:
            show(prospects_json(found))
        case Form.TABLE if not found:
            say("These manifests declare no machine that has no host yet." if not everybody else "There is none.")
        case Form.TABLE:
            show(prospects_text(found, paint_for(sys.stdout)))
        case _:
            assert_never(output)
    return Exit.DONE if all(one.host is not None for one in found) else Exit.ERROR


def _prospects(seen: "Survey") -> "list[Prospect]":
    """The machines of the manifests, by name."""
    from xcp_reconciler.plan.placement.prospects import Prospect, prospects  # noqa: PLC0415 - as above
    from xcp_reconciler.refs import Kind  # noqa: PLC0415 - as above

    scope = frozenset(seen.workspace.declared)
    found = {one.ref: one for pool in seen.world.sights for one in prospects(pool, seen.world)}
    for ref in scope:
        pool = seen.world.pool(ref) or ""
        if ref.kind is Kind.VIRTUAL_MACHINE and pool in seen.refusals:
            why = f"Pool/{pool} cannot be looked at: {seen.refusals[pool]}"
            found[ref] = Prospect(ref, None, 0, is_new=True, reasons=(why,))
    return [found[ref] for ref in sorted(scope & found.keys())]
