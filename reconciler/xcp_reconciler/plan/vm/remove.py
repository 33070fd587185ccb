"""The way of a machine out of the world: stop it with its grace, then remove its definition, host by host."""

from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import EXISTS, Blocked, BlockReason, Change, Decision, Gone, Wait
from xcp_reconciler.model.impact import Direction, Unsupported
from xcp_reconciler.model.observed import Absent, ObservedVm, Present, Unknown
from xcp_reconciler.plan.limits import Admitted, Proposal
from xcp_reconciler.plan.presence import vm_presence
from xcp_reconciler.plan.sight import is_active
from xcp_reconciler.plan.steps import steps
from xcp_reconciler.plan.vm.decide import under_way, unknown
from xcp_reconciler.plan.vm.facts import VmFacts
from xcp_reconciler.plan.vm.power import stop_step


def remove_vm(facts: VmFacts) -> Decision:
    """What to do about a machine that shall not exist; an explicit deletion is consent to stop it."""
    presence = vm_presence(facts.ref, facts.desired, facts.spec, facts.world, facts.sight)
    if isinstance(presence, Unknown):
        return unknown(presence)
    if isinstance(presence, Absent):
        return Gone()
    foreign = [copy for copy in presence.copies if not _ours(facts, copy)]
    if foreign:
        return Blocked(BlockReason.FOREIGN_OWNER, f"on {foreign[0].host} it carries no stamp of this owner")
    return under_way(facts) or _remove(facts, presence)


def _ours(facts: VmFacts, copy: ObservedVm) -> bool:
    stamp = copy.stamp
    return stamp is None or (stamp.owner == facts.world.identities.owner and stamp.self_uuid == copy.uuid)


def _remove(facts: VmFacts, presence: Present[ObservedVm]) -> Decision:
    running = next((copy for copy in presence.copies if is_active(copy)), None)
    row = facts.cost(EXISTS, running, Direction.SHRINK)
    if isinstance(row.impact, Unsupported):
        return Blocked(BlockReason.UNSUPPORTED, row.impact.reason)
    change = Change(EXISTS, current=True, desired=False, impact=row.impact, reason=row.reason)
    admitted: Admitted[ops.VmOp | None] = Admitted((Proposal(change, None, consented=True),), ())
    if running is not None:
        step = stop_step(facts, running)
        if isinstance(step, Wait | Blocked):
            return step
        return steps(admitted, [step], facts.sight, "it is to be deleted and has to be halted for that")
    undo = [ops.UndefineVm(facts.ref, copy.host, copy.uuid) for copy in presence.copies]
    return steps(admitted, undo, facts.sight, "it is to be deleted")
