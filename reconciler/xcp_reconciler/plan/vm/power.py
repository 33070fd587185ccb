"""Whether a machine should run now, and the way from one power state to the other."""

from xcp_reconciler.api.enums import ForceStop, RunStrategy
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import STATE, Blocked, BlockReason, Change, Wait, WaitReason
from xcp_reconciler.model.impact import Direction, Impact, Unsupported
from xcp_reconciler.model.observed import HaltReason, ObservedVm, PowerState
from xcp_reconciler.plan.limits import Proposal, Refused
from xcp_reconciler.plan.vm.differences import VmProposal
from xcp_reconciler.plan.vm.facts import VmFacts


def wants_running(facts: VmFacts, vm: ObservedVm) -> bool | None:
    """Whether the machine shall run now; None where that is nobody's business of ours."""
    never_ran = vm.halt_reason is HaltReason.UNKNOWN and facts.history.ran != facts.desired.uid
    halted = vm.power is PowerState.HALTED
    asked = facts.spec.restarted_at
    restarting = halted and facts.history.shutdown_at is not None and asked not in {None, facts.history.restarted_at}
    if restarting and facts.spec.run_strategy is not RunStrategy.HALTED:
        return True  # the second half of a restart
    match facts.spec.run_strategy:
        case RunStrategy.ALWAYS:
            return True
        case RunStrategy.HALTED:
            return False
        case RunStrategy.MANUAL:
            return None
        case RunStrategy.ONCE:
            return True if halted and never_ran else None
        case RunStrategy.RERUN_ON_FAILURE:
            return True if halted and (never_ran or vm.halt_reason is HaltReason.CRASHED) else None


def power_proposal(facts: VmFacts, vm: ObservedVm) -> VmProposal | None:
    """The change of power state that the run strategy asks for."""
    wanted = wants_running(facts, vm)
    if wanted is True:
        match vm.power:
            case PowerState.RUNNING:
                return None
            case PowerState.PAUSED:
                return _state(facts, vm, "running", ops.ResumeVm(facts.ref, vm.host, vm.uuid), Direction.GROW)
            case PowerState.HALTED | PowerState.SUSPENDED:
                return _state(facts, vm, "running", ops.StartVm(facts.ref, vm.host, vm.uuid), Direction.GROW)
    if wanted is False and vm.power in {PowerState.RUNNING, PowerState.PAUSED}:
        # runStrategy: Halted is consent to stop, whatever maxImpact says.
        stop = ops.ShutDownVm(facts.ref, vm.host, vm.uuid)
        proposal = _state(facts, vm, "halted", stop, Direction.SHRINK)
        return Proposal(proposal.change, proposal.move, consented=True) if isinstance(proposal, Proposal) else proposal
    return None


def restart_proposal(facts: VmFacts, vm: ObservedVm) -> VmProposal | None:
    """The restart that a new `restartedAt` asks for."""
    asked = facts.spec.restarted_at
    if asked is None or asked == facts.history.restarted_at or vm.power is not PowerState.RUNNING:
        return None
    if facts.spec.run_strategy is RunStrategy.HALTED:
        return None  # it stops anyway, and its next start is the one that was asked for
    change = Change("restartedAt", facts.history.restarted_at, asked, Impact.POWER_CYCLE, "restarts the machine once")
    return Proposal(change, ops.ShutDownVm(facts.ref, vm.host, vm.uuid), consented=True)


def stop_step(facts: VmFacts, vm: ObservedVm) -> ops.VmOp | Wait | Blocked:
    """The next step of a stop: ask, give the guest its grace, and then what the declaration allows."""
    grace = facts.spec.shutdown
    asked = facts.history.shutdown_at
    if vm.power is PowerState.PAUSED:
        return ops.PowerOffVm(facts.ref, vm.host, vm.uuid)
    if asked is None:
        return ops.ShutDownVm(facts.ref, vm.host, vm.uuid)
    if facts.world.now < asked + grace.timeout_s:
        words = f"the guest was asked to shut down and has {grace.timeout_s:.0f} s for it"
        return Wait(WaitReason.GUEST, words, asked + grace.timeout_s)
    if grace.force is ForceStop.AFTER_TIMEOUT:
        return ops.PowerOffVm(facts.ref, vm.host, vm.uuid)
    words = (
        f"the guest did not shut down within {grace.timeout_s:.0f} s; "
        "shut it down by hand, or set spec.shutdown.force to AfterTimeout"
    )
    return Blocked(BlockReason.GRACE_OVER, words)


def _state(facts: VmFacts, vm: ObservedVm, wanted: str, op: ops.VmOp, direction: Direction) -> VmProposal:
    row = facts.cost(STATE, vm, direction)
    if isinstance(row.impact, Unsupported):
        return Refused(STATE, row.impact.reason)
    return Proposal(Change(STATE, vm.power.value, wanted, row.impact, row.reason), op)
