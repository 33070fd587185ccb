"""`xcp plan`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import Told
from xcp_reconciler.cli.options import Files, MaxImpactOption, State, examples

if TYPE_CHECKING:
    from xcp_reconciler.cli.survey import Survey
    from xcp_reconciler.model.impact import Impact
    from xcp_reconciler.model.plan import Plan
    from xcp_reconciler.report.plan_view import PlanView


class Form(StrEnum):
    """The forms in which a plan is shown."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JSONPATCH = "jsonpatch"


@examples(
    "xcp plan -f examples/quickstart",
    "xcp plan -f examples/quickstart -v           # with every call that would be made",
    "xcp plan -f web.yaml --out web.plan          # then: xcp apply web.plan",
    "xcp plan --detailed-exitcode                 # of all that is stored: 2 where something differs",
)
def plan(
    paths: Files = None,
    state: State = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Save the plan, for xcp apply FILE.", show_default=False),
    ] = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="The form of the plan.")] = Form.TEXT,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the calls, in order.")] = False,  # noqa: FBT002
    detailed: Annotated[  # noqa: FBT002
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 when something differs, 0 when nothing does.")
    ] = False,
    max_impact: MaxImpactOption = None,
) -> Exit:
    """Show what would be done, at what cost and why; change nothing."""
    from xcp_reconciler.cli.oneshot import collector_off, run  # noqa: PLC0415 - asyncio takes its time to load
    from xcp_reconciler.cli.showing import beyond, command_line, impact_called, planned  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.survey import survey  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import open_workspace  # noqa: PLC0415 - the same

    with collector_off():
        limit = impact_called(max_impact)
        workspace = open_workspace(paths, state)
        seen = run(survey(workspace))
        made, view = planned(seen, state)
    if out is not None:
        _save(made, seen, out, limit)
        view = view.doing(command_line("apply", (), state).replace("apply", f"apply {out}", 1))
    _show(view, output, verbose=verbose)
    over = beyond(made, limit)
    if over is not None:
        from xcp_reconciler.cli.output import tell  # noqa: PLC0415 - seldom needed

        tell(Told(over, ("raise --max-impact, or change what asks for it",)))
        return Exit.REFUSED
    return Exit.DIFFERENCES if detailed and not view.as_declared else Exit.DONE


def _show(view: "PlanView", form: Form, *, verbose: bool) -> None:
    import sys  # noqa: PLC0415 - beside its only use

    from xcp_reconciler.cli.output import paint_for, show, width  # noqa: PLC0415 - the same

    match form:
        case Form.TEXT:
            from xcp_reconciler.report.plan_text import plan_text  # noqa: PLC0415 - one form of four

            show(plan_text(view, paint=paint_for(sys.stdout), width=min(width(), 140), verbose=verbose))
        case Form.JSON:
            from xcp_reconciler.report.plan_json import plan_json  # noqa: PLC0415 - the same

            show(plan_json(view))
        case Form.MARKDOWN:
            from xcp_reconciler.report.plan_markdown import plan_markdown  # noqa: PLC0415 - the same

            show(plan_markdown(view))
        case Form.JSONPATCH:
            from xcp_reconciler.report.plan_patch import plan_patches  # noqa: PLC0415 - the same

            show(plan_patches(view))
        case _:
            assert_never(form)


def _save(made: "Plan", seen: "Survey", out: Path, limit: "Impact | None") -> None:
    from xcp_reconciler.cli.files import write_whole  # noqa: PLC0415 - seldom needed
    from xcp_reconciler.model.digest import digest_of  # noqa: PLC0415 - the same
    from xcp_reconciler.report.saved_plan import saved_plan, write_saved_plan  # noqa: PLC0415 - the same

    declared = seen.world.declared.desired
    about = declared if seen.scope is None else {ref: declared[ref] for ref in sorted(seen.scope)}
    saved = saved_plan(
        made,
        owner=seen.owner,
        folder=seen.workspace.folder,
        sources=seen.workspace.paths,
        desired=about,
        made=seen.world.now,
        max_impact=limit,
        basis={ref: digest_of(known) for ref in about if (known := seen.state.desired.get(ref)) is not None},
    )
    write_whole(out, write_saved_plan(saved))
