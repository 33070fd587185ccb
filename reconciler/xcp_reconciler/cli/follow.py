"""One revision of a watched source, taken over: put, pruned within the budget, or held back; a line for each."""

from collections.abc import Callable, Iterator
from typing import Final

from xcp_reconciler.cli.origins import existing, stored_path, with_stored_origins
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.loader.documents import Loaded
from xcp_reconciler.loader.inventory import Inventory, Pruning, Revision, Stored, origins_elsewhere, take_inventory
from xcp_reconciler.ports.store import ConflictError, PutDesired, PutPrune, RemovePrune, Store, StoreError, Write
from xcp_reconciler.report.diagnostics import render_all
from xcp_reconciler.report.words import count
from xcp_reconciler.runtime.system import SystemClock
from xcp_reconciler.sources.directory import Readable, Reading, Unreadable

_MOST_TRIES: Final = 5


async def follow(reading: Reading, workspace: Workspace, store: Store, line: Callable[[str], None]) -> None:
    """Take over a reading; whatever is wrong with it is told, and the last good revision stays in force."""
    match reading:
        case Unreadable():
            line(render_all(reading.diagnostics))
            line("the manifests are not taken over; what was read before stays in force")
        case Readable():
            await _take_over(reading.loaded, workspace, store, line)


async def _take_over(loaded: Loaded, workspace: Workspace, store: Store, line: Callable[[str], None]) -> None:
    declared = with_stored_origins(declare_all(loaded.documents, workspace.owner), workspace.folder)
    paths = tuple(dict.fromkeys(stored_path(path, workspace.folder) for path in workspace.paths))
    revision = Revision(paths, loaded.content_hash, workspace.owner, list(declared.values()))
    for _ in range(_MOST_TRIES):
        state = store.state
        elsewhere = existing(origins_elsewhere(revision, state.desired), workspace.folder)
        known = Stored(state.desired, state.prunes, elsewhere)
        inventory = take_inventory(revision, known, Pruning.PRUNE, SystemClock().now())
        if inventory.conflicts:
            line(render_all(inventory.conflicts))
            line("the manifests are not taken over; what was read before stays in force")
            return
        fresh_held = inventory.held is not None and state.prunes.get(revision.id) != inventory.held
        writes = list(_writes(inventory, store))
        try:
            if writes:
                await store.commit(*writes)
        except ConflictError:
            # The store has read what somebody else wrote, so the next inventory starts from that.
            continue
        except StoreError as error:
            line(f"the manifests cannot be taken over: {error}")
            return
        _tell(inventory, revision, line, held_anew=fresh_held)
        return
    line("the manifests cannot be taken over yet: somebody keeps changing the same objects")


def _writes(inventory: Inventory, store: Store) -> Iterator[Write]:
    state = store.state
    for desired in (*inventory.put, *inventory.remove):
        yield PutDesired(desired, expect=state.versions.get(desired.ref, 0))
    for obsolete in inventory.obsolete:
        yield RemovePrune(obsolete)
    if inventory.held is not None and state.prunes.get(inventory.held.revision) != inventory.held:
        yield PutPrune(inventory.held)


def _tell(inventory: Inventory, revision: Revision, line: Callable[[str], None], *, held_anew: bool) -> None:
    if inventory.put or inventory.remove:
        taken = f"{count(len(inventory.put), 'object')} new or changed, {len(inventory.remove)} to be removed"
        line(f"revision {revision.id[:12]} of {revision.source}: {taken}")
    for one in inventory.remove:
        line(f"{one.ref} is not declared any more and is to be removed")
    if held_anew and inventory.held is not None:
        many = count(len(inventory.held.refs), "object")
        line(
            f"{many} would be removed, and one revision may remove {inventory.budget}: nothing is removed; "
            f"if that is what you want: xcp approve {revision.id[:12]}"
        )
