"""`xcp describe`."""

import sys
from typing import Annotated

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.options import Cached, Files, Namespace, State, examples


@examples("xcp describe vm web-1", "xcp describe host host-a", "xcp describe vol/web-1-root")
def describe(
    words: Annotated[list[str], typer.Argument(metavar="KIND NAME", help="Such as: vm web-1")],
    paths: Files = None,
    namespace: Namespace = None,
    cached: Cached = False,  # noqa: FBT002 - Typer's way to say that it is a flag
    state: State = None,
) -> Exit:
    """Tell everything about objects: declared beside seen, conditions, and what xcp would do next."""
    from xcp_reconciler.cli.kinds import asked_for  # noqa: PLC0415 - asyncio and the models take their time to load
    from xcp_reconciler.cli.oneshot import run  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.output import paint_for, show, width  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.survey import survey  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import open_workspace  # noqa: PLC0415 - the same
    from xcp_reconciler.report.describe import describe as described  # noqa: PLC0415 - the same
    from xcp_reconciler.report.standing import standings, with_places  # noqa: PLC0415 - the same

    asked = asked_for(words, namespace)
    if not asked.names:
        raise CommandError("which one? a name is missing", f"xcp get {words[0]} lists what there is")
    seen = run(survey(open_workspace(paths, state), observe=not cached))
    refs = asked.select(seen.world.declared.desired)
    world = with_places(seen.world)
    found = standings(world, seen.state.statuses, refs, observed=not cached)
    shown = [described(one, world, paint=paint_for(sys.stdout), width=width()) for one in found]
    show("\n\n".join(shown))
    return Exit.DONE
