"""Guards of what somebody was shown, and of what somebody declared."""

from typing import Final

from tests.faults.guards.guard import Guard, without

OWNER: Final = (
    Guard(
        "prune-budget",
        "one revision removes no more than its budget without an approval",
        without("loader.inventory:take_inventory", "if len(leaving) > allowed:", "if False:"),
        scenarios=(
            "prune-held-back",
            "prune-held-back-then-mended",
        ),
    ),
    Guard(
        "empty-source",
        "a source that declares nothing removes nothing",
        without("loader.inventory:take_inventory", "if not revision.declared:", "if False:"),
        scenarios=("prune-empty-source",),
    ),
    Guard(
        "as-shown-or-nothing",
        "under a plan nothing is done that it does not show",
        without("plan.admission:_objection", "if not _is_shown(change, shown):", "if False:"),
        scenarios=("saved-plan-overtaken",),
    ),
    Guard(
        "plan-impact-limit",
        "under a plan with a limit nothing is done that costs more",
        without(
            "plan.admission:_objection",
            "if plan.max_impact is not None and change.impact > plan.max_impact:",
            "if False:",
        ),
    ),
    Guard(
        "placed-as-shown",
        "under a plan a machine goes where the plan shows it",
        without(
            "runtime.placing:Placing._admits",
            "if not shown or assignment.host in {*shown, world.home(ref)}:",
            "if True:",
        ),
        scenarios=(
            "saved-plan-overtaken",
            "saved-plan",
            "two-appliers",
        ),
    ),
    Guard(
        "plans-expire",
        "a plan that nobody waits for any more binds nobody",
        without("runtime.coverage:Coverage.covering", " and _is_open(plan, now)", ""),
        scenarios=("apply-dies-beside-run",),
    ),
    Guard(
        "dead-plans-are-closed",
        "a plan whose owner has died is closed",
        without("runtime.coverage:Coverage.close_expired", "if expired:", "if False:"),
        scenarios=("apply-dies-beside-run",),
    ),
    Guard(
        "own-plan-binds",
        "whoever applies a plan obeys it until the end, however long it slept",
        without(
            "runtime.coverage:Coverage.covering", "if self._own is not None and ref in self._own.changes:", "if False:"
        ),
        scenarios=("saved-plan-overtaken",),
    ),
    Guard(
        "only-what-the-plan-names",
        "`xcp apply` does nothing to objects that its plan does not name",
        without(
            "runtime.engine:Engine._ask",
            "if self._scope is None or ref in self._scope or ref.kind is Kind.POOL:",
            "if True:",
        ),
    ),
    Guard(
        "status-of-this-generation",
        "an apply does not take the status of an earlier declaration for that of its own",
        without(
            "runtime.attached:Attached._word",
            "if status is None or status.observed_generation < desired.generation:",
            "if status is None:",
        ),
        scenarios=(
            "two-appliers",
            "apply-beside-run",
        ),
    ),
    Guard(
        "synced-when-it-holds",
        "a generation counts as reached once nothing of it is held back",
        without(
            "plan.recall:note", "if any(pending.reason in open_reasons for pending in decision.pending):", "if False:"
        ),
        scenarios=(
            "policy-held-to-the-end",
            "policy-impact-held",
            "policy-report",
        ),
    ),
)
