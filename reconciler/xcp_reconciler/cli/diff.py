"""`xcp diff`."""

import sys
from typing import TYPE_CHECKING

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.options import RequiredFiles, State, examples

if TYPE_CHECKING:
    from xcp_reconciler.cli.workspace import Workspace
    from xcp_reconciler.report.paint import Paint


@examples("xcp diff -f examples/quickstart", "xcp diff -f web.yaml || xcp plan -f web.yaml")
def diff(paths: RequiredFiles, state: State = None) -> Exit:
    """Compare manifests with what was applied before; looks at no host. Exit: 0 the same, 2 different."""
    from xcp_reconciler.cli.oneshot import collector_off, run  # noqa: PLC0415 - asyncio takes its time to load
    from xcp_reconciler.cli.output import paint_for, show  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import open_workspace  # noqa: PLC0415 - the same

    with collector_off():
        text = run(_compare(open_workspace(paths, state), coloured=paint_for(sys.stdout)))
    if not text:
        return Exit.DONE
    show(text)
    return Exit.DIFFERENCES


async def _compare(workspace: "Workspace", *, coloured: "Paint") -> str:
    from xcp_reconciler.cli.survey import stored  # noqa: PLC0415 - asyncio takes its time to load
    from xcp_reconciler.model.digest import digest_of  # noqa: PLC0415 - the same
    from xcp_reconciler.report.manifest_diff import manifest_diff  # noqa: PLC0415 - the same

    async with stored(workspace) as store:
        changed = {ref: one for ref, one in workspace.declared.items() if store.desired.digest(ref) != digest_of(one)}
        before = {ref: store.state.desired[ref] for ref in changed if ref in store.state.desired}
    return manifest_diff(before, changed, coloured)
