"""One pool as it is now, for commands that compute with it."""

from xcp_reconciler.api.wording import nearest
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.survey import survey
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.plan.placement.itinerary import settled_moment
from xcp_reconciler.plan.placement.moment import Moment


async def pool_look(pool: str, workspace: Workspace) -> Moment:
    """Look at a pool.

    Raises:
        CommandError: there is no such pool, or it cannot be looked at.
        StoreError: the store cannot be read.
    """
    found = await survey(workspace)
    if pool in found.refusals:
        raise CommandError(f"Pool/{pool} cannot be looked at: {found.refusals[pool]}")
    moment = settled_moment(pool, found.world)
    if moment is None:
        near = nearest(pool, found.world.sights)
        raise CommandError(f"there is no pool {pool}", *([f"did you mean {near}?"] if near else []))
    return moment
