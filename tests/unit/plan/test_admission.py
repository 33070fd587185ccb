"""As shown or nothing: a decision passes where one open plan shows all of it."""

from xcp_reconciler.model.decision import Act, Blocked, BlockReason, Change, Decision, Wait, WaitReason
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.plan.admission import admit
from xcp_reconciler.refs import Kind, ref_of

WEB = ref_of(Kind.VIRTUAL_MACHINE, "web")
CORES = Change("cpu.cores", 1, 2, Impact.POWER_CYCLE, "the guest has to restart")
POWER = Change("power", "halted", "running", Impact.LIVE, "it should run")


def shows(*changes: Change, limit: Impact | None = None) -> OpenPlan:
    return OpenPlan("p", {WEB: changes}, {}, limit, 0.0, 60.0)


def act(*changes: Change) -> Act:
    return Act(changes, (), "because")


def objection(decision: Decision) -> str:
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.NOT_AS_PLANNED
    return decision.why


def test_what_is_shown_passes_and_nothing_else_does() -> None:
    assert admit(WEB, act(CORES), [shows(CORES, POWER)]) == act(CORES)
    assert "power" in objection(admit(WEB, act(CORES, POWER), [shows(CORES)]))
    assert "would go from 4 to 2" in objection(
        admit(WEB, act(Change("cpu.cores", 4, 2, Impact.POWER_CYCLE, "")), [shows(CORES)])
    )


def test_without_a_plan_everything_passes() -> None:
    assert admit(WEB, act(CORES), []) == act(CORES)


def test_a_plan_that_saw_nothing_does_not_hold_up_the_one_that_did() -> None:
    assert admit(WEB, act(CORES), [shows(), shows(CORES)]) == act(CORES)


def test_no_two_plans_together_allow_what_neither_shows() -> None:
    assert "power" in objection(admit(WEB, act(CORES, POWER), [shows(CORES), shows(POWER)]))


def test_the_limit_of_a_plan_is_its_own() -> None:
    limited = shows(CORES, limit=Impact.LIVE)
    assert "the limit given is" in objection(admit(WEB, act(CORES), [limited]))
    assert admit(WEB, act(CORES), [limited, shows(CORES)]) == act(CORES)


def test_only_actions_need_to_be_shown() -> None:
    waiting = Wait(WaitReason.ASSIGNMENT, "no room")
    assert admit(WEB, waiting, [shows()]) == waiting
