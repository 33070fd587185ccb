"""`xcp apply -f PATH`: what the manifests declare, against what is stored and what is there."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xcp_reconciler.cli.applying import Applying, go_through
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import SaidError
from xcp_reconciler.cli.origins import existing, stored_path
from xcp_reconciler.cli.output import say, warn
from xcp_reconciler.cli.planning import Planned, plan_for
from xcp_reconciler.cli.survey import stored
from xcp_reconciler.cli.undertaking import Undertaking
from xcp_reconciler.cli.workspace import Workspace, open_workspace
from xcp_reconciler.loader.inventory import (
    Inventory,
    Pruning,
    Revision,
    Stored,
    origins_elsewhere,
    take_inventory,
)
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.ports.store import PutPrune, RemovePrune, State, Write
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.diagnostics import render_all
from xcp_reconciler.report.plan_hash import changes_of
from xcp_reconciler.report.words import count, listed
from xcp_reconciler.runtime.system import SystemClock

if TYPE_CHECKING:
    from xcp_reconciler.store.sqlite import SqliteStore


async def apply_manifests(paths: Sequence[str], pruning: Pruning, how: Applying) -> Exit:
    """Plan, ask, write, act.

    Raises:
        CommandError: it was refused, or cannot be done.
        StoreError: the store cannot be read or written.
    """
    workspace = open_workspace(paths, how.state)
    async with stored(workspace) as store:
        revision = _revision(workspace)
        inventory = _inventory(revision, store.state, pruning, workspace.folder)
        undertaking, planned = await _undertaking(workspace, revision, inventory, store, how)
    _tell(inventory, revision, pruning)
    return await go_through(undertaking, planned, how, question="Apply this?")


def _revision(workspace: Workspace) -> Revision:
    paths = tuple(dict.fromkeys(stored_path(path, workspace.folder) for path in workspace.paths))
    return Revision(paths, workspace.content_hash, workspace.owner, list(workspace.declared.values()))


def _inventory(revision: Revision, state: State, pruning: Pruning, folder: str) -> Inventory:
    elsewhere = existing(origins_elsewhere(revision, state.desired), folder)
    known = Stored(state.desired, state.prunes, elsewhere)
    inventory = take_inventory(revision, known, pruning, SystemClock().now())
    if inventory.conflicts:
        say(render_all(inventory.conflicts))
        raise SaidError
    return inventory


async def _undertaking(
    workspace: Workspace, revision: Revision, inventory: Inventory, store: "SqliteStore", how: Applying
) -> tuple[Undertaking, Planned]:
    state = store.state
    put = {one.ref: one for one in (*inventory.put, *inventory.remove)}
    meant = {one.ref: one for one in (*revision.declared, *inventory.remove)}
    scope = frozenset(meant) | _leaving(revision, state.desired)
    versions = {ref: state.versions.get(ref, 0) for ref in put}
    beside = _beside(inventory, state)
    planned = await plan_for(workspace, store, meant, scope)
    changes = dict.fromkeys(sorted(scope), ()) | changes_of(planned.plan)
    hosts = {ref: host for ref, host in planned.plan.hosts.items() if ref in scope}
    return Undertaking(workspace, planned.plan, put, versions, changes, hosts, how.limit, beside), planned


def _leaving(revision: Revision, desired: Mapping[Ref, Desired]) -> frozenset[Ref]:
    """What an earlier command of the same source has marked for removal and not ended."""
    return frozenset(ref for ref, one in desired.items() if one.removal is not None and revision.owns(one.origin))


def _beside(inventory: Inventory, state: State) -> tuple[Write, ...]:
    held = inventory.held
    writes: list[Write] = [RemovePrune(one) for one in inventory.obsolete]
    if held is not None and state.prunes.get(held.revision) != held:
        writes.append(PutPrune(held))
    return tuple(writes)


def _tell(inventory: Inventory, revision: Revision, pruning: Pruning) -> None:
    """What stays although the manifests do not declare it any more."""
    if not inventory.left:
        return
    names = listed(str(one.ref) for one in inventory.left)
    gone = count(len(inventory.left), "object is", "objects are")
    if inventory.held is not None:
        many = count(len(inventory.held.refs), "object")
        warn(
            f"{many} would be removed, and one revision of this source may remove {inventory.budget}: "
            "nothing is removed",
            [names, f"if that is what you want: xcp approve {revision.id[:12]}"],
        )
    elif pruning is Pruning.PRUNE:
        warn(f"{gone} not declared any more and protected: {names}", ["set spec.deletionProtection to false first"])
    else:
        say(f"{gone} not declared any more and stay as they are ({names}); with --prune they are removed.")
