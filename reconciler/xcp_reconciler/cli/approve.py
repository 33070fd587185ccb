"""`xcp approve`."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xcp_reconciler.cli.consent import who
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.options import Namespace, State, examples
from xcp_reconciler.cli.output import show
from xcp_reconciler.cli.parse import ref as parse_ref
from xcp_reconciler.cli.planning import plan_for
from xcp_reconciler.cli.survey import stored
from xcp_reconciler.cli.workspace import open_workspace
from xcp_reconciler.model.decision import PendingReason
from xcp_reconciler.model.desired import Removal
from xcp_reconciler.model.records import ApprovalRecord, HeldPrune
from xcp_reconciler.plan.limits import approval_fingerprint
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutApproval, PutDesired, RemovePrune
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.words import count, value_word
from xcp_reconciler.runtime.system import SystemClock

if TYPE_CHECKING:
    from xcp_reconciler.store.sqlite import SqliteStore

# So much of a revision's id must be typed.
_LEAST = 6


@examples("xcp approve VirtualMachine web-1", "xcp approve 3f2a9c01b7d4")
def approve(
    what: Annotated[
        str,
        typer.Argument(metavar="KIND|REVISION", help="The kind of an object, or a held revision.", show_default=False),
    ],
    name: Annotated[str | None, typer.Argument(help="The object's name.", show_default=False)] = None,
    namespace: Namespace = None,
    state: State = None,
) -> Exit:
    """Agree to what waits for it: the changes of an object, or the removals of a revision."""
    if name is None and "/" not in what:
        return asyncio.run(_approve_revision(what, state))
    return asyncio.run(_approve_object(parse_ref(what, name, namespace), state))


async def _approve_revision(revision: str, state: Path | None) -> Exit:
    workspace = open_workspace(None, state)
    async with stored(workspace, Access.WRITE) as store:
        held = _held(revision, store)
        puts = [
            PutDesired(replace(one, removal=Removal.DELETE), expect=store.state.versions.get(ref))
            for ref in held.refs
            if (one := store.state.desired.get(ref)) is not None and one.removal is None and not one.policies.protected
        ]
        await store.commit(*puts, RemovePrune(held.revision))
    for put in puts:
        show(f"  to be removed   {put.desired.ref}")
    kept = len(held.refs) - len(puts)
    beside = f" ({count(kept, 'object')} of it gone or protected)" if kept else ""
    show(f"Approved: {count(len(puts), 'object')} of {held.source}{beside}. {_next(held.source)}")
    return Exit.DONE


def _next(source: str) -> str:
    return f"A running xcp removes them now; else: xcp apply -f {source} --prune"


def _held(revision: str, store: "SqliteStore") -> HeldPrune:
    prunes = store.state.prunes
    found = [prunes[one] for one in prunes if one.startswith(revision)] if len(revision) >= _LEAST else []
    if len(found) == 1:
        return found[0]
    if not prunes:
        raise CommandError(f"no revision {revision} is held back", "an object is approved by: xcp approve KIND NAME")
    notes = [f"{one[:12]}: {count(len(prunes[one].refs), 'object')} of {prunes[one].source}" for one in prunes]
    raise CommandError(f"no single revision {revision} is held back; these are:", *notes)


async def _approve_object(ref: Ref, state: Path | None) -> Exit:
    workspace = open_workspace(None, state)
    async with stored(workspace, Access.WRITE) as store:
        if ref not in store.state.desired:
            raise CommandError(f"{ref} is not stored", "apply it first: xcp apply -f PATH")
        workspace = replace(workspace, owner=workspace.owner or store.state.desired[ref].owner)
        planned = await plan_for(workspace, store, {}, frozenset({ref}))
        waiting = [one.change for _, one in planned.plan.pending if one.reason is PendingReason.APPROVAL]
        if not waiting:
            raise CommandError(f"nothing of {ref} waits for an approval", "xcp plan shows what would be done")
        now = SystemClock().now()
        record = ApprovalRecord(ref, approval_fingerprint(waiting), who(), now)
        await store.commit(PutApproval(ref, record))
    for change in waiting:
        values = f"{value_word(change.current)} -> {value_word(change.desired)}"
        show(f"  approved   {ref}  {change.path}  {values}  ({change.impact.word})")
    show(f"Approved by {record.by}. A running xcp does it now; else apply it again.")
    return Exit.DONE
