"""What several rounds of one object come to: the dearest of its steps, and no peace before its place is settled."""

from tests.unit.plan.builders import WorldBuilder, seen_vm, vm_ref, vm_spec
from xcp_reconciler.api.enums import DeletionPolicy
from xcp_reconciler.model.decision import Steady, Wait, WaitReason
from xcp_reconciler.model.desired import Policies, Removal
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.rounds import make_plan


def test_deleting_a_running_machine_costs_a_power_cycle_although_its_last_round_finds_it_halted() -> None:
    """The first line of a plan must not call that live."""
    policies = Policies(deletion=DeletionPolicy.DELETE)
    world = WorldBuilder().vm(vm_spec(), policies=policies, removal=Removal.DELETE).shows(seen_vm()).build()

    plan = make_plan(world)

    (entry,) = plan.entries
    assert [call.method for call in entry.calls] == ["ShutDownVm", "UndefineVm"]
    assert plan.highest is Impact.POWER_CYCLE


def test_a_machine_is_not_steady_before_its_pool_has_looked_at_the_place_that_is_asked_for() -> None:
    """Else `apply` would end before the move has begun."""
    asked = vm_spec(host="b")
    for home in ("a", None):
        world = WorldBuilder().vm(asked, home=home).shows(seen_vm(host="a")).build()
        decision = decide(vm_ref(), world)
        assert isinstance(decision, Wait)
        assert decision.reason is WaitReason.ASSIGNMENT


def test_a_machine_that_is_where_it_is_asked_for_is_steady() -> None:
    """Whatever its assignment says."""
    world = WorldBuilder().vm(vm_spec(host="a"), home=None).shows(seen_vm(host="a")).build()
    assert decide(vm_ref(), world) == Steady()
