"""Guards of what somebody was shown, and of what somebody declared."""

from typing import Final

from tests.faults.guards.guard import Guard, each, without

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
        test="tests/unit/plan/test_admission.py::test_what_is_shown_passes_and_nothing_else_does",
        why="a new plan comes to the same end",
    ),
    Guard(
        "plan-impact-limit",
        "under a plan with a limit nothing is done that costs more",
        without(
            "plan.admission:_objection",
            "if plan.max_impact is not None and change.impact > plan.max_impact:",
            "if False:",
        ),
        test="tests/unit/plan/test_admission.py::test_the_limit_of_a_plan_is_its_own",
        why="a simulated apply has no limit",
    ),
    Guard(
        "placed-as-shown",
        "under a plan a machine goes where the plan shows it",
        without(
            "runtime.placing:Placing._admits",
            "if not shown or assignment.host in {*shown, world.home(ref)}:",
            "if True:",
        ),
        test="tests/runtime/test_last_word.py::test_under_a_plan_a_machine_goes_where_the_plan_shows_it_or_nowhere",
        why="a new plan comes to the same end",
    ),
    Guard(
        "plans-expire",
        "a plan that nobody waits for any more binds nobody, and is closed",
        each(
            without("runtime.coverage:Coverage.covering", " and _is_open(plan, now)", ""),
            without("runtime.coverage:Coverage.tidy", "RemovePlan(id_) for id_ in expired", ""),
        ),
        scenarios=("apply-dies-beside-run",),
    ),
    Guard(
        "own-plan-binds",
        "whoever applies a plan obeys it until the end, however long it slept",
        without(
            "runtime.coverage:Coverage.covering", "if self._own is not None and ref in self._own.changes:", "if False:"
        ),
        test="tests/runtime/test_coverage.py::test_ones_own_plan_binds_after_a_long_sleep_and_when_others_have_closed_it",
        why="a new plan comes to the same end",
    ),
    Guard(
        "only-what-the-plan-names",
        "`xcp apply` does nothing to objects that its plan does not name",
        without(
            "runtime.engine:Engine._ask",
            "if self._scope is None or ref in self._scope or ref.kind in {Kind.POOL, Kind.MEMORY_POLICY}:",
            "if True:",
        ),
        test="tests/runtime/test_converge.py::test_what_the_plan_does_not_name_is_left_alone",
        why="a simulated apply is of everything",
    ),
    Guard(
        "status-of-this-generation",
        "an apply does not take the status of an earlier declaration for that of its own",
        without(
            "runtime.attached:Attached._word",
            "if status is None or status.observed_generation < desired.generation:",
            "if status is None:",
        ),
        test="tests/runtime/test_last_word.py::test_the_status_of_an_earlier_declaration_says_nothing_of_this_one",
        why="a simulated owner does not believe an apply, but looks",
    ),
    Guard(
        "synced-when-it-holds",
        "a generation counts as reached once nothing of it is held back",
        without(
            "plan.recall:note", "if any(pending.reason in open_reasons for pending in decision.pending):", "if False:"
        ),
        test="tests/unit/plan/test_never.py::test_a_generation_of_which_something_waits_for_consent_is_not_reached",
        why="nobody approves a change in a simulation",
    ),
)
