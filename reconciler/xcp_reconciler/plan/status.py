"""What to say of an object after a decision: conditions in the field's own words, times kept where nothing changed."""

from dataclasses import replace

from xcp_reconciler.model.decision import (
    Act,
    Blocked,
    BlockReason,
    Decision,
    Gone,
    PendingReason,
    Steady,
    Wait,
    WaitReason,
)
from xcp_reconciler.model.desired import StorageSpec, VmSpec, VolumeSpec
from xcp_reconciler.model.observed import Present
from xcp_reconciler.model.status import Condition, ConditionType, Status, Truth
from xcp_reconciler.plan.presence import backend_uuid, volume_file, volume_presence
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref


def status_of(ref: Ref, decision: Decision, world: World, previous: Status | None) -> Status:
    """The status after a decision; equal to `previous` when there is nothing new to say."""
    desired = world.declared.desired.get(ref)
    generation = desired.generation if desired is not None else 0
    drifting = desired is not None and world.history(ref).synced == generation
    pending = decision.pending if isinstance(decision, Steady | Act) else ()
    facts = [*_common(decision, drifting=drifting)]
    if ref.kind is Kind.VIRTUAL_MACHINE:
        facts.extend(_machine(decision))
    if ref.kind is Kind.HOST and world.leaves(ref.name):
        facts.append(_evacuated(decision))
    before = {one.type: one for one in previous.conditions} if previous is not None else {}
    conditions = tuple([dated(fact, world.now, before.get(fact[0])) for fact in facts])
    status = Status(generation, conditions, pending, since=previous.since if previous is not None else None)
    sight = world.sights.get(world.pool(ref) or "")
    return _seen(ref, status, world, sight) if sight is not None else status


Fact = tuple[ConditionType, Truth, str, str]


def _common(decision: Decision, *, drifting: bool) -> list[Fact]:
    match decision:
        case Steady():
            reported = [one for one in decision.pending if one.reason is PendingReason.REPORT_ONLY]
            held = [
                one for one in decision.pending if one.reason in {PendingReason.HELD_BY_POLICY, PendingReason.APPROVAL}
            ]
            facts: list[Fact] = [
                (ConditionType.READY, Truth.TRUE, "AsDeclared", ""),
                (
                    ConditionType.SYNCED,
                    Truth.FALSE if held else Truth.TRUE,
                    held[0].reason if held else "AsDeclared",
                    "",
                ),
                (ConditionType.RECONCILING, Truth.FALSE, "AsDeclared", ""),
                (ConditionType.STALLED, Truth.FALSE, "AsDeclared", ""),
            ]
            if reported:
                words = ", ".join(one.change.path for one in reported)
                facts.append((ConditionType.DRIFTED, Truth.TRUE, "ReportOnly", words))
            return facts
        case Act():
            drift: list[Fact] = (
                [(ConditionType.DRIFTED, Truth.TRUE, "Reverting", ", ".join(one.path for one in decision.changes))]
                if drifting
                else []
            )
            return [
                (ConditionType.READY, Truth.FALSE, "Changing", decision.why),
                (ConditionType.SYNCED, Truth.FALSE, "Changing", decision.why),
                (ConditionType.RECONCILING, Truth.TRUE, "Changing", decision.why),
                (ConditionType.STALLED, Truth.FALSE, "Changing", ""),
                *drift,
            ]
        case Wait():
            reachable = Truth.UNKNOWN if decision.reason is WaitReason.UNKNOWN else Truth.TRUE
            return [
                (ConditionType.READY, Truth.FALSE, decision.reason, decision.why),
                (ConditionType.SYNCED, Truth.UNKNOWN, decision.reason, decision.why),
                (ConditionType.RECONCILING, Truth.TRUE, decision.reason, decision.why),
                (ConditionType.STALLED, Truth.FALSE, decision.reason, ""),
                (ConditionType.BACKEND_REACHABLE, reachable, decision.reason, decision.why),
            ]
        case Blocked():
            return [
                (ConditionType.READY, Truth.FALSE, decision.reason, decision.why),
                (ConditionType.SYNCED, Truth.FALSE, decision.reason, decision.why),
                (ConditionType.RECONCILING, Truth.FALSE, decision.reason, ""),
                (ConditionType.STALLED, Truth.TRUE, decision.reason, decision.why),
            ]
        case Gone():
            return [(ConditionType.READY, Truth.FALSE, "Gone", "")]


def _evacuated(decision: Decision) -> Fact:
    if isinstance(decision, Steady):
        return ConditionType.EVACUATED, Truth.TRUE, "Evacuated", ""
    if not isinstance(decision, Wait | Blocked):
        return ConditionType.EVACUATED, Truth.FALSE, "Changing", ""
    truth = Truth.UNKNOWN if decision.reason is WaitReason.UNKNOWN else Truth.FALSE
    return ConditionType.EVACUATED, truth, decision.reason, decision.why


def _machine(decision: Decision) -> list[Fact]:
    facts: list[Fact] = []
    pending = decision.pending if isinstance(decision, Steady | Act) else ()
    by_reason = {
        PendingReason.POWER_CYCLE: (ConditionType.POWER_CYCLE_PENDING, Truth.TRUE),
        PendingReason.HELD_BY_POLICY: (ConditionType.BLOCKED_BY_POLICY, Truth.TRUE),
        PendingReason.APPROVAL: (ConditionType.BLOCKED_BY_POLICY, Truth.TRUE),
        PendingReason.GUEST_UNCOOPERATIVE: (ConditionType.BALLOON_COOPERATIVE, Truth.FALSE),
        PendingReason.NO_MEMORY: (ConditionType.MEMORY_GRANTED, Truth.FALSE),
    }
    for reason, (kind, truth) in by_reason.items():
        these = [one for one in pending if one.reason is reason]
        if these and kind not in {fact[0] for fact in facts}:
            words = "; ".join(f"{one.change.path}: {one.message}" for one in these)
            facts.append((kind, truth, reason, words))
    if isinstance(decision, Blocked) and decision.reason is BlockReason.UNPLACED:
        facts.append((ConditionType.SCHEDULED, Truth.FALSE, decision.reason, decision.why))
    return facts


def dated(fact: Fact, now: float, before: Condition | None) -> Condition:
    """A condition, of which the time is kept where its status is what it was."""
    kind, truth, reason, words = fact
    if before is None or before.status is not truth:
        return Condition(kind, truth, str(reason), words, now)
    # Mostly nothing is new, and what is the very same need not be compared field by field.
    same = before.reason == reason and before.message == words
    return before if same else Condition(kind, truth, str(reason), words, before.since)


def _seen(ref: Ref, status: Status, world: World, sight: Sight) -> Status:
    """What the last look showed of the object itself."""
    desired = world.declared.desired.get(ref)
    if desired is None:
        return status
    if isinstance(desired.spec, VmSpec):
        uuid = backend_uuid(desired, world, sight)
        copies = sight.vms.get(uuid or "", ())
        vm = next((copy for copy in copies if is_active(copy)), copies[0] if copies else None)
        if vm is None:
            return replace(status, uuid=uuid, host=world.home(ref), state=None)
        config = vm.live if vm.live is not None else vm.stored
        return replace(
            status,
            uuid=uuid,
            host=vm.host,
            state=vm.power.value,
            cores=config.cores,
            memory=config.memory_target,
            memory_actual=vm.memory_actual,
            since=status.since if status.since is not None else world.now,
        )
    if isinstance(desired.spec, VolumeSpec):
        storage = world.declared.desired.get(desired.spec.storage)
        if storage is None or not isinstance(storage.spec, StorageSpec):
            return status
        presence = volume_presence(ref, desired, desired.spec, storage.spec, world, sight)
        file = volume_file(ref, desired, desired.spec, world)
        if not isinstance(presence, Present):
            return replace(status, file=file)
        seen = presence.copies[0]
        host = None if storage.spec.shared else seen.host
        since = status.since if status.since is not None else world.now
        return replace(status, file=file, host=host, size=seen.capacity_bytes, since=since)
    return replace(status, uuid=backend_uuid(desired, world, sight))
