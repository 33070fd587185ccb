"""What is remembered of an object, and when it is forgotten again."""

from dataclasses import replace

from xcp_reconciler.api.enums import RunStrategy
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Decision, PendingReason, Steady
from xcp_reconciler.model.desired import Desired, VmSpec
from xcp_reconciler.model.history import Asked, History
from xcp_reconciler.plan.policies import is_balanced
from xcp_reconciler.plan.presence import backend_uuid
from xcp_reconciler.plan.sight import is_active
from xcp_reconciler.plan.vm.memory import TOLERANCE_KIB
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref


def remember(op: ops.Op, desired: Desired, history: History, now: float) -> History:
    """The history after the call of `op` was accepted; an accepted call ends every back-off."""
    calm = replace(history, attempts=0, retry_at=None, failure=None, refused=None)
    spec = desired.spec
    restarted = spec.restarted_at if isinstance(spec, VmSpec) else None
    match op:
        case ops.ShutDownVm():
            return replace(calm, shutdown_at=history.shutdown_at if history.shutdown_at is not None else now)
        case ops.StartVm():
            # Machines boot with all their memory; the backend itself asks for the rest back once the guest listens.
            asked = Asked(spec.memory_max, now, 0) if isinstance(spec, VmSpec) else None
            return replace(calm, shutdown_at=None, ran=desired.uid, restarted_at=restarted, asked=asked)
        case ops.DefineVm():
            return replace(calm, restarted_at=restarted, ran=None, asked=None, shutdown_at=None)
        case ops.SetMemoryRange():
            asked = history.asked
            again = asked is not None and asked.target == op.maximum
            times = asked.times + 1 if asked is not None and again else 1
            return replace(calm, asked=Asked(op.maximum, now, times))
        case _:
            return calm


def never_ahead(history: History, now: float) -> History:
    """The history without times that are still to come, although what they tell of has happened.

    The clock was set back since. What was to last for a while from then on lasts as long from now on.
    """
    intents = tuple(
        replace(intent, at=now, deadline=intent.deadline - (intent.at - now)) if intent.at > now else intent
        for intent in history.intents
    )
    failure, retry_at = history.failure, history.retry_at
    if failure is not None and failure.at > now:
        retry_at = retry_at - (failure.at - now) if retry_at is not None else None
        failure = replace(failure, at=now)
    asked, shutdown_at = history.asked, history.shutdown_at
    if asked is not None and asked.at > now:
        asked = replace(asked, at=now)
    if shutdown_at is not None and shutdown_at > now:
        shutdown_at = now
    pulled = replace(history, intents=intents, failure=failure, retry_at=retry_at, asked=asked, shutdown_at=shutdown_at)
    return history if pulled == history else pulled


def tidy(ref: Ref, history: History, world: World) -> History:
    """The history without requests that a fresh look shows to be over."""
    if history.asked is None and history.shutdown_at is None:
        return history
    desired = world.declared.desired.get(ref)
    sight = world.sights.get(world.pool(ref) or "")
    if desired is None or sight is None or not isinstance(desired.spec, VmSpec):
        return history
    spec = desired.spec
    copies = sight.vms.get(backend_uuid(desired, world, sight) or "", ())
    active = next((copy for copy in copies if is_active(copy)), None)
    asked = history.asked
    if asked is not None and active is not None and active.memory_actual is not None:
        near = abs(active.memory_actual - asked.target) <= TOLERANCE_KIB
        # What runs can have no more than it was booted with, whatever is stored for its next start.
        most = (active.live or active.stored).memory_size
        if near or asked.target != min(spec.memory_max, most) or is_balanced(desired, world):
            asked = None
    shutdown_at = history.shutdown_at
    halting = desired.removal is not None or spec.run_strategy is RunStrategy.HALTED
    restarting = not halting and spec.restarted_at is not None and spec.restarted_at != history.restarted_at
    stopping = halting or restarting
    if not stopping or (copies and active is None and not restarting):
        shutdown_at = None
    if (asked, shutdown_at) == (history.asked, history.shutdown_at):
        return history
    return replace(history, asked=asked, shutdown_at=shutdown_at)


def note(desired: Desired, decision: Decision, history: History) -> History:
    """The history after a decision: a generation that the world was seen to match is remembered as synced."""
    if history.synced == desired.generation or not isinstance(decision, Steady):
        return history
    # Reported drift was synced before it drifted; what is only observed may never have been there.
    open_reasons = {PendingReason.APPROVAL, PendingReason.HELD_BY_POLICY, PendingReason.REPORT_ONLY}
    if any(pending.reason in open_reasons for pending in decision.pending):
        return history
    return replace(history, synced=desired.generation)
