"""A plan of what somebody is about to apply, on a look that waits for what is still in the air."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from xcp_reconciler.cli.output import say
from xcp_reconciler.cli.survey import Survey, restricted, survey_with
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.model.decision import Wait, WaitReason
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.plan.failures import tried_anew
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.refs import Ref
from xcp_reconciler.store.sqlite import SqliteStore

# A call of a process that was killed may still land: nothing can be planned for its object before that is over.
_LONGEST_S: Final = 20.0
_PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what it was made from."""

    survey: Survey
    plan: Plan


async def plan_for(
    workspace: Workspace, store: SqliteStore, declared: Mapping[Ref, Desired], scope: frozenset[Ref]
) -> Planned:
    """The plan for these keys in a world where `declared` is stored too.

    Raises:
        StoreError: the store cannot be read.
    """
    overlaid = replace(workspace, declared=declared)
    loop = asyncio.get_running_loop()
    until = loop.time() + _LONGEST_S
    told = False
    while True:
        survey = replace(await survey_with(overlaid, store), scope=scope)
        planned = Planned(survey, restricted(make_plan(tried_anew(survey.world)), scope))
        if not _in_the_air(planned.plan) or loop.time() >= until:
            return planned
        if not told:
            say("A call of an earlier command may still take effect; waiting for that.")
            told = True
        await asyncio.sleep(_PAUSE_S)
        await store.refresh()


def _in_the_air(plan: Plan) -> bool:
    return any(isinstance(entry.end, Wait) and entry.end.reason is WaitReason.INTENT for entry in plan.entries)
