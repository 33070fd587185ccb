"""CPUs of a running machine: what is stored is not yet what runs, and what a guest keeps is not asked for again."""

from dataclasses import replace

from tests.unit.plan.builders import IDS, WorldBuilder, config, seen_vm, vm_ref, vm_spec
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Act, PendingReason, Steady
from xcp_reconciler.model.desired import Policies
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.plan.decide import decide

WEB = vm_ref()


def test_cpus_that_are_stored_and_not_plugged_in_are_plugged_in() -> None:
    """A call may end between storing more of them and plugging them in: what is stored is not yet what runs."""
    spec = vm_spec(cores=4, max_cores=4)
    fewer = config(spec, cores=2)
    decision = decide(WEB, WorldBuilder().vm(spec).shows(seen_vm(spec=spec, live=fewer)).build())
    assert isinstance(decision, Act)
    assert [step.op for step in decision.steps] == [ops.SetCores(WEB, "a", IDS.uuid(WEB), 4)]
    assert [(one.path, one.current, one.desired) for one in decision.changes] == [("cpu.cores", 2, 4)]
    # No more than a machine can have until its power cycle.
    small = config(spec, cores=2, max_cores=2)
    later = decide(WEB, WorldBuilder().vm(spec).shows(seen_vm(spec=spec, live=small)).build())
    assert isinstance(later, Steady)
    assert [(one.change.path, one.reason) for one in later.pending] == [("cpu.maxCores", PendingReason.POWER_CYCLE)]


def test_cpus_that_a_guest_keeps_are_asked_for_once() -> None:
    """What it did not give back is pending until its power cycle, also while something else may not be changed."""
    spec = vm_spec(max_cores=2)
    kept = seen_vm(spec=spec, live=config(spec, cores=2))
    pending = [("cpu.cores", PendingReason.POWER_CYCLE)]
    steady = decide(WEB, WorldBuilder().vm(spec).shows(kept).build())
    assert isinstance(steady, Steady)
    assert [(one.change.path, one.reason) for one in steady.pending] == pending
    policies = Policies(max_impact=Impact.LIVE)
    held = decide(WEB, WorldBuilder().vm(replace(spec, max_cores=4), policies=policies).shows(kept).build())
    assert isinstance(held, Steady)
    held_back = [("cpu.maxCores", PendingReason.HELD_BY_POLICY)]
    assert [(one.change.path, one.reason) for one in held.pending] == held_back + pending
