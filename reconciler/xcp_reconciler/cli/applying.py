"""What every way of applying has in common: the plan is shown, refused or agreed to, carried out, reported."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from xcp_reconciler.cli.carry_out import Patience, carry_out, exit_of
from xcp_reconciler.cli.consent import agreed
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError, refuse
from xcp_reconciler.cli.output import paint_for, say, show, width
from xcp_reconciler.cli.planning import Planned
from xcp_reconciler.cli.showing import pool_answers
from xcp_reconciler.cli.undertaking import Undertaking
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.report.ending import Ending, Outcome, ending_data, ending_lines
from xcp_reconciler.report.plan_text import plan_text
from xcp_reconciler.report.plan_view import PlanView
from xcp_reconciler.report.strangers import machines_by_host
from xcp_reconciler.report.words import count, listed


@dataclass(frozen=True, slots=True)
class Applying:
    """How to apply: without asking if `approved`, nothing above `limit`."""

    state: Path | None
    approved: bool
    limit: Impact | None
    patience: Patience
    as_json: bool


async def go_through(undertaking: Undertaking, planned: Planned, how: Applying, *, question: str) -> Exit:
    """Show the plan, ask where something changes, carry it out, and say how it ended.

    Raises:
        CommandError: it was refused, or cannot be done.
        StoreError: the store cannot be written.
    """
    if undertaking.is_idle:
        _nothing_to_do(planned.plan, how)
        return Exit.DONE
    text = shown(planned)
    if how.as_json:
        say(text)
    else:
        show(text)
    if planned.plan.loop:
        raise CommandError(
            "this plan comes to no end, which is a defect in xcp, and nothing was changed",
            f"it turns in circles at {listed(str(ref) for ref in planned.plan.loop)}",
        )
    _refuse_costly(planned.plan, undertaking.max_impact)
    if undertaking.changes_something and not agreed(question, already=how.approved):
        say("Nothing was changed.")
        return Exit.ERROR
    ending = await carry_out(undertaking, how.patience)
    _report(ending, how)
    return exit_of(ending)


def _refuse_costly(plan: Plan, limit: Impact | None) -> None:
    if limit is None:
        return
    costly = [(entry.ref, change) for entry in plan.changing for change in entry.changes if change.impact > limit]
    if costly:
        refuse(
            f"{count(len(costly), 'change')} would cost more than {limit.word}, and nothing was changed",
            *(f"{ref}: {change.path} costs {change.impact.word}: {change.reason}" for ref, change in costly),
        )


def _nothing_to_do(plan: Plan, how: Applying) -> None:
    ending = Ending(Outcome.DONE, (), plan.looked_at, plan.pending)
    if how.as_json:
        show(json.dumps(ending_data(ending), indent=2))
        return
    for line in list(ending_lines(ending))[:-1]:
        show(line)
    show(f"Nothing to do: {count(plan.looked_at, 'object is', 'objects are')} as declared.")


def _report(ending: Ending | None, how: Applying) -> None:
    if ending is None:
        say("Written down; the running xcp brings it about. xcp get shows how far it is.")
        if how.as_json:
            show(json.dumps({"result": "Written"}, indent=2))
    elif how.as_json:
        show(json.dumps(ending_data(ending), indent=2))
    else:
        show("\n".join(ending_lines(ending)))


def shown(planned: Planned) -> str:
    """The plan as people read it."""
    survey, plan = planned.survey, planned.plan
    view = PlanView(
        plan,
        survey.owner,
        survey.world.declared.desired,
        pool_answers(survey),
        machines_by_host(survey.world),
        command="",
    )
    return plan_text(view, paint=paint_for(sys.stdout), width=min(width(), 140))
