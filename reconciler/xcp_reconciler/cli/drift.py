"""`xcp drift`."""

import sys
from enum import StrEnum
from typing import Annotated, assert_never

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.options import State, examples


class Form(StrEnum):
    """The forms of the report."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


@examples("xcp drift", "xcp drift -o json", "xcp drift || echo 'somebody was here'")
def drift(
    output: Annotated[Form, typer.Option("--output", "-o", help="The form of the report.")] = Form.TABLE,
    state: State = None,
) -> Exit:
    """Show what was applied and is different now. Exit: 0 nothing, 2 drift, 1 not all could be looked at."""
    from xcp_reconciler.cli.oneshot import collector_off, run  # noqa: PLC0415 - asyncio takes its time to load
    from xcp_reconciler.cli.output import paint_for, show  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.survey import survey  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import open_workspace  # noqa: PLC0415 - the same
    from xcp_reconciler.report.drift import (  # noqa: PLC0415 - the same
        drift_json,
        drift_markdown,
        drift_text,
        find_drift,
    )
    from xcp_reconciler.report.standing import standings, with_places  # noqa: PLC0415 - the same

    with collector_off():
        seen = run(survey(open_workspace(None, state)))
        world = with_places(seen.world)
        found = standings(world, seen.state.statuses, world.declared.desired)
        report = find_drift(found, world, seen.state.statuses)
    match output:
        case Form.TABLE:
            show(drift_text(report, paint_for(sys.stdout)))
        case Form.JSON:
            show(drift_json(report))
        case Form.MARKDOWN:
            show(drift_markdown(report))
        case _:
            assert_never(output)
    if report.drifted:
        return Exit.DIFFERENCES
    return Exit.ERROR if report.unknown else Exit.DONE
