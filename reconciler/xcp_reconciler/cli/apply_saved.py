"""`xcp apply SAVED`: exactly what a saved plan shows, or nothing of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from xcp_reconciler.cli.applying import Applying, go_through
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError, refuse
from xcp_reconciler.cli.planning import Planned, plan_for
from xcp_reconciler.cli.survey import stored
from xcp_reconciler.cli.undertaking import Undertaking
from xcp_reconciler.cli.workspace import Workspace, default_state
from xcp_reconciler.model.decision import Act, Blocked
from xcp_reconciler.model.digest import digest_of
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.plan.admission import admit
from xcp_reconciler.ports.store import State
from xcp_reconciler.report.saved_plan import SavedPlan, SavedPlanError, read_saved_plan


async def apply_saved(file: str, how: Applying) -> Exit:
    """Read the plan, make sure that the world is still where it was, and carry it out.

    Raises:
        CommandError: it is no plan, is stale, was refused, or cannot be done.
        StoreError: the store cannot be read or written.
    """
    saved = _read(file)
    workspace = Workspace(saved.owner, saved.folder, how.state or default_state(saved.owner))
    limit = min((one for one in (how.limit, saved.max_impact) if one is not None), default=None)
    scope = frozenset(saved.changes)
    async with stored(workspace) as store:
        state = store.state
        put = {
            ref: one
            for ref, one in saved.desired.items()
            if (known := state.desired.get(ref)) is None
            or known.origin != one.origin
            or not known.declares_the_same(one)
        }
        versions = {ref: state.versions.get(ref, 0) for ref in put}
        stale = list(_declared_anew(saved, state))
        planned = await plan_for(workspace, store, saved.desired, scope)
    stale += _not_shown(saved, planned)
    if stale:
        refuse(
            f"{file} is stale, and nothing was changed; since it was made:",
            *stale,
            "look at a new plan with: xcp plan -f PATH --out FILE",
        )
    undertaking = Undertaking(workspace, planned.plan, put, versions, saved.changes, saved.hosts, limit)
    return await go_through(undertaking, planned, how, question="Apply this saved plan?")


def _read(file: str) -> SavedPlan:
    path = Path(file)
    if path.is_dir():
        raise CommandError(f"{file} is a folder, not a saved plan", f"did you mean: xcp apply -f {file}")
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return read_saved_plan(text)
    except SavedPlanError as error:
        notes = [f"did you mean: xcp apply -f {file}"] if path.suffix in {".yaml", ".yml", ".json"} else []
        raise CommandError(f"{file}: {error}", *notes) from error


def _declared_anew(saved: SavedPlan, state: State) -> Iterator[str]:
    """The objects that are stored neither as they were then, nor as the plan itself would store them."""
    for ref, desired in saved.desired.items():
        known = state.desired.get(ref)
        now = digest_of(known) if known is not None else None
        if now not in {saved.basis.get(ref), digest_of(desired)}:
            yield f"{ref} was {'declared anew' if known is not None else 'deleted'} by somebody else"


def _not_shown(saved: SavedPlan, planned: Planned) -> Iterator[str]:
    """What would be changed now and is not in the plan, object by object."""
    shown = OpenPlan("", saved.changes, saved.hosts, None, saved.made, saved.made)
    for entry in planned.plan.changing:
        for change in entry.changes:
            verdict = admit(entry.ref, Act((replace(change),), (), entry.why), (shown,))
            if isinstance(verdict, Blocked):
                yield f"{entry.ref}: {change.path} is {change.current} and would become {change.desired}"
