"""`xcp delete`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from xcp_reconciler.api.wording import nearest
from xcp_reconciler.cli.applying import Applying, go_through
from xcp_reconciler.cli.carry_out import Patience
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError, refuse
from xcp_reconciler.cli.options import Files, Namespace, State, examples
from xcp_reconciler.cli.origins import existing, shown_origin
from xcp_reconciler.cli.output import warn
from xcp_reconciler.cli.parse import duration
from xcp_reconciler.cli.parse import ref as parse_ref
from xcp_reconciler.cli.planning import plan_for
from xcp_reconciler.cli.survey import stored
from xcp_reconciler.cli.undertaking import Undertaking
from xcp_reconciler.cli.workspace import Workspace, open_workspace
from xcp_reconciler.model.desired import Desired, Removal
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.plan_hash import changes_of
from xcp_reconciler.report.words import listed


@examples("xcp delete VirtualMachine web-1", "xcp delete -f examples/quickstart", "xcp delete vm web-1 --orphan")
def delete(  # noqa: PLR0913, PLR0917 - one parameter for each option
    kind: Annotated[str | None, typer.Argument(help="The kind of an object.", show_default=False)] = None,
    name: Annotated[str | None, typer.Argument(help="Its name.", show_default=False)] = None,
    filename: Files = None,
    namespace: Namespace = None,
    state: State = None,
    orphan: Annotated[  # noqa: FBT002
        bool, typer.Option("--orphan", help="Forget it, and leave what is in the backend as it is.")
    ] = False,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Go on without asking.")] = False,  # noqa: FBT002
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="TIME", help="How long to wait, such as 90s or 10m.")
    ] = "10m",
) -> Exit:
    """Delete objects: with what their deletionPolicy says, and only after showing what that is."""
    if kind is None and not filename:
        raise CommandError("nothing says what to delete", "xcp delete KIND NAME, or xcp delete -f PATH")
    named = parse_ref(kind, name, namespace) if kind is not None else None
    how = Applying(state, auto_approve, None, Patience(duration(timeout, "--timeout")), as_json=False)
    removal = Removal.ORPHAN if orphan else Removal.DELETE
    return asyncio.run(_delete(filename or [], named, removal, how))


async def _delete(paths: Sequence[str], named: Ref | None, removal: Removal, how: Applying) -> Exit:
    workspace = open_workspace(paths, how.state)
    async with stored(workspace) as store:
        state = store.state
        workspace = replace(workspace, owner=workspace.owner or _owner(state.desired))
        targets = _targets(workspace, state.desired, named)
        free = _unprotected(targets)
        put = {ref: replace(one, removal=removal) for ref, one in free.items() if one.removal is not removal}
        versions = {ref: state.versions.get(ref, 0) for ref in put}
        scope = frozenset(free)
        planned = await plan_for(workspace, store, put, scope)
    changes = dict.fromkeys(sorted(scope), ()) | changes_of(planned.plan)
    undertaking = Undertaking(workspace, planned.plan, put, versions, changes, {})
    return await go_through(undertaking, planned, how, question="Delete this?")


def _owner(desired: Mapping[Ref, Desired]) -> str:
    return next((one.owner for one in desired.values()), "")


def _targets(workspace: Workspace, desired: Mapping[Ref, Desired], named: Ref | None) -> dict[Ref, Desired]:
    """What is to go, as it is stored, or as it is declared where the store has never seen it."""
    if workspace.paths:
        meant = {ref: desired.get(ref, one) for ref, one in workspace.declared.items()}
        if named is None:
            return meant
        if named not in meant:
            raise CommandError(f"{named} is not declared in {', '.join(workspace.paths)}")
        return {named: meant[named]}
    if named is None or named not in desired:
        same = [str(ref) for ref in desired]
        near = nearest(str(named), same)
        raise CommandError(f"{named} is not stored", *([f"did you mean {near}?"] if near else []))
    origin = desired[named].origin
    if origin is not None and existing([origin.path], workspace.folder):
        where = shown_origin(origin, workspace.folder)
        raise CommandError(
            f"{named} is declared at {where}: deleted by name, it would come back with the next apply",
            f"remove it from {where.path}, then: xcp apply -f PATH --prune",
            f"or delete it all the same: xcp delete {named.kind} {named.name} -f {where.path}",
        )
    return {named: desired[named]}


def _unprotected(targets: Mapping[Ref, Desired]) -> dict[Ref, Desired]:
    """Those that may go.

    Raises:
        CommandError: none of them may.
    """
    kept = [str(ref) for ref, one in targets.items() if one.policies.protected]
    if kept:
        words = f"{listed(kept)} has spec.deletionProtection", "set it to false, apply that, and delete again"
        if len(kept) == len(targets):
            refuse(words[0] + ", and nothing was deleted", words[1])
        warn(words[0] + " and stays", [words[1]])
    return {ref: one for ref, one in targets.items() if not one.policies.protected}
