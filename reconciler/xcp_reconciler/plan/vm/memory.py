"""The balloon of a machine: whether it is where it should be, whether the guest was asked, and whether it listens."""

from dataclasses import dataclass
from typing import Final

from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Change, Pending, PendingReason, Wait, WaitReason
from xcp_reconciler.model.desired import MemoryMode
from xcp_reconciler.model.impact import Direction, Impact
from xcp_reconciler.model.observed import Balloon, ObservedVm
from xcp_reconciler.plan.policies import mode_of, policy_of
from xcp_reconciler.plan.vm.differences import VmMove, VmProposal, propose
from xcp_reconciler.plan.vm.facts import VmFacts
from xcp_reconciler.plan.vm.headroom import patience, shortage
from xcp_reconciler.units import format_kib

# Balloons move in pages and report in their own rounding: closer than this is there.
TOLERANCE_KIB: Final = 4096
# How long a guest that does not follow is left alone; seconds.
RETRY_AFTER_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class BalloonVerdict:
    """What to do about the balloon: at most one of `proposal` and `wait`, and what stays pending."""

    proposal: VmProposal | None = None
    wait: Wait | None = None
    pending: tuple[Pending, ...] = ()


def balloon(facts: VmFacts, vm: ObservedVm) -> BalloonVerdict:
    """Compare the balloon with its target: `memory.max`, unless a memory policy covers the machine."""
    mode = mode_of(facts.desired, facts.spec, facts.world)
    return _at_its_maximum(facts, vm) if mode is MemoryMode.OFF else _covered(facts, vm, mode)


def _at_its_maximum(facts: VmFacts, vm: ObservedVm) -> BalloonVerdict:
    most = vm.live.memory_size if vm.live is not None else facts.wanted.memory_size
    target = min(facts.spec.memory_max, most)
    op = ops.SetMemoryRange(facts.ref, vm.host, vm.uuid, min(facts.spec.memory_min, target), target)
    actual = vm.memory_actual if vm.live is not None else None
    stored = vm.stored.memory_target
    if vm.live is None:
        if stored == facts.wanted.memory_target:
            return BalloonVerdict()
        return BalloonVerdict(_propose(facts, vm, stored, target, op))
    aimed = stored in {target, facts.wanted.memory_target}
    if aimed and (actual is None or abs(actual - target) <= TOLERANCE_KIB):
        return BalloonVerdict()
    held = actual if actual is not None else stored
    if target > max(held, vm.live.memory_target):
        short = _short(facts, vm, held, target)
        if short is not None:
            return short
    if not aimed:
        return BalloonVerdict(_propose(facts, vm, stored, target, op))
    if vm.balloon is Balloon.ABSENT:
        return BalloonVerdict(pending=(_deaf(held, target, "the guest has no balloon driver"),))
    asked = facts.history.asked
    now = facts.world.now
    if asked is None or asked.target != target or now >= asked.at + RETRY_AFTER_S:
        return BalloonVerdict(_propose(facts, vm, held, target, op))
    seconds = patience(asked)
    if now < asked.at + seconds:
        words = f"the guest holds {format_kib(held)} and was asked for {format_kib(target)}"
        return BalloonVerdict(wait=Wait(WaitReason.GUEST, words, asked.at + seconds))
    words = f"the guest did not follow in {seconds:.0f} s; asked again every {RETRY_AFTER_S / 60:.0f} min"
    return BalloonVerdict(pending=(_deaf(held, target, words),))


def _covered(facts: VmFacts, vm: ObservedVm, mode: MemoryMode) -> BalloonVerdict:
    """What to do where somebody else moves the balloon: keep the range, and leave the target within it alone.

    Under Direct the target that runs is the balance's alone; what is stored is only what the machine boots with.
    """
    most = vm.live.memory_size if vm.live is not None else facts.wanted.memory_size
    high = min(facts.spec.memory_max, most)
    low = min(facts.spec.memory_min, high)
    stored = vm.stored.memory_target
    if low <= stored <= high or stored == facts.wanted.memory_target:
        return BalloonVerdict(pending=_left_alone(facts, vm, mode))
    if mode is MemoryMode.DIRECT:
        boots = ops.MemorySize(facts.wanted.memory_size, facts.wanted.memory_target)
        return BalloonVerdict(_propose(facts, vm, stored, facts.wanted.memory_target, boots))
    held = vm.memory_actual if vm.live is not None and vm.memory_actual is not None else stored
    if vm.live is not None and high > max(held, vm.live.memory_target):
        short = _short(facts, vm, held, high)
        if short is not None:
            return short
    return BalloonVerdict(_propose(facts, vm, stored, high, ops.SetMemoryRange(facts.ref, vm.host, vm.uuid, low, high)))


def _left_alone(facts: VmFacts, vm: ObservedVm, mode: MemoryMode) -> tuple[Pending, ...]:
    """What to say of a guest that the balance has found not to follow."""
    policy = policy_of(facts.desired, facts.spec, facts.world) if mode is MemoryMode.DIRECT else None
    if policy is None or vm.live is None:
        return ()
    known = facts.world.history(policy.ref).balance.get(vm.host)
    guest = known.guests.get(vm.uuid) if known is not None else None
    if guest is None or guest.deaf_until is None or guest.deaf_until <= facts.world.now:
        return ()
    held = vm.memory_actual if vm.memory_actual is not None else vm.live.memory_target
    words = f"the guest did not follow {policy.ref}; left alone for now, and asked again later"
    return (_deaf(held, guest.asked if guest.asked is not None else held, words),)


def _short(facts: VmFacts, vm: ObservedVm, held: int, target: int) -> BalloonVerdict | None:
    """What to say while the host has not the memory for the guest to grow; None when it has."""
    short = shortage(facts, vm.host, target)
    if short is None:
        return None
    words = short.words(vm.host, held, target)
    if target <= short.soon and short.givers:
        return BalloonVerdict(wait=short.waiting(words))
    change = Change("memory.max", format_kib(held), format_kib(target), Impact.LIVE, f"as soon as {vm.host} has it")
    return BalloonVerdict(pending=(Pending(change, PendingReason.NO_MEMORY, words),))


def _direction(current: int, target: int) -> Direction:
    return Direction.GROW if target > current else Direction.SHRINK


def _propose(facts: VmFacts, vm: ObservedVm, current: int, target: int, op: VmMove) -> VmProposal:
    return propose(facts, vm, "memory.max", format_kib(current), format_kib(target), op, _direction(current, target))


def _deaf(current: int, target: int, words: str) -> Pending:
    impact = Impact.GUEST_COOPERATION
    change = Change("memory.max", format_kib(current), format_kib(target), impact, "the guest has to help")
    return Pending(change, PendingReason.GUEST_UNCOOPERATIVE, words)
