"""Whether a host has the memory that a guest is to be given: memory is first seen to be free, and only then given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xcp_reconciler.model.decision import Blocked, BlockReason, Wait, WaitReason
from xcp_reconciler.model.desired import VmSpec
from xcp_reconciler.model.history import Asked
from xcp_reconciler.model.observed import ObservedVm
from xcp_reconciler.plan.placement import capacity
from xcp_reconciler.plan.policies import direct_policy, is_balanced, ours
from xcp_reconciler.plan.room import expected
from xcp_reconciler.plan.room import held as held_now
from xcp_reconciler.plan.vm.facts import VmFacts
from xcp_reconciler.refs import Kind, Ref
from xcp_reconciler.units import format_kib

# How long a guest may take before it counts as uncooperative; seconds.
UNCOOPERATIVE_AFTER_S: Final = 20.0
# A guest that is still booting has no driver yet.
BOOTED_AFTER_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is left for a guest on a host, in KiB, beside everybody else there.

    `now` is what nobody else holds, aims at or is declared to have: each machine is decided about alone, on a look of
    its own, and together they must not get more than there is. `soon` is what there will be when the `givers` have
    given back what they hold above their declarations. `moves`: a policy moves their balloons all the time.
    """

    now: int
    soon: int
    givers: tuple[Ref, ...]
    moves: bool = False

    def words(self, host: str, held: int, need: int) -> str:
        """That a guest which holds `held` KiB there cannot have `need`."""
        if self.moves:
            # A number that is another one at every look would be news at every look.
            return f"{host} does not have the {format_kib(need - held)} that are needed free yet"
        return f"{host} has {format_kib(max(0, self.now - held))} free and {format_kib(need - held)} is needed"

    def waiting(self, words: str) -> Wait:
        """The wait for those that give back."""
        givers = ", ".join(ref.name for ref in self.givers)
        return Wait(WaitReason.MEMORY, f"{words}: {givers} gives back", on=self.givers)


def shortage(facts: VmFacts, host: str, need: int) -> Headroom | None:
    """The headroom of a machine on a host where it is less than `need` KiB; None where it is not, or nobody knows."""
    total = capacity(host, facts.world, facts.sight)
    if total is None:
        return None
    others = [other for uuid, other in facts.sight.active.get(host, {}).items() if uuid != facts.uuid]
    ahead = _ahead(facts, host)
    # The common case, and there may be thousands: nobody can hold more than it was booted with.
    if need <= total - sum((other.live or other.stored).memory_size for other in others) - sum(ahead.values()):
        return None
    room = _behind(facts, ahead, _headroom(facts, total, others))
    return room if need > room.now else None


def no_memory(facts: VmFacts, host: str, need: int) -> Wait | Blocked | None:
    """Why a machine that is halted cannot start on a host: its memory is not seen to be free. None when it is.

    Placement has found room for it, maybe on a look that did not show everybody.
    """
    short = shortage(facts, host, need)
    if short is None:
        return None
    words = short.words(host, 0, need)
    if need <= short.soon and short.givers:
        return short.waiting(words)
    return Blocked(BlockReason.UNPLACED, f"no host takes it: {words}")


def patience(asked: Asked) -> float:
    """How long a guest may take to follow a balloon request, in seconds."""
    return UNCOOPERATIVE_AFTER_S if asked.times else BOOTED_AFTER_S


def _ahead(facts: VmFacts, host: str) -> Mapping[Ref, int]:
    """The machines that take memory on a host before this one, where more may be promised than there is.

    Those that are to come take their turn by name, or all of them would take the same memory at once; those to which
    a call of ours is under way take theirs already.
    """
    if direct_policy(facts.spec.pool, facts.world) is None:
        return {}
    coming = expected(host, facts.spec.pool, facts.world, facts.sight)
    return {
        ref: size
        for ref, size in coming.items()
        if ref != facts.ref and (ref < facts.ref or _is_on_its_way(facts, ref))
    }


def _is_on_its_way(facts: VmFacts, ref: Ref) -> bool:
    return any(intent.op in {"StartVm", "MigrateVm"} for intent in facts.world.history(ref).intents)


def _behind(facts: VmFacts, ahead: Mapping[Ref, int], room: Headroom) -> Headroom:
    """What is left once these have taken theirs, and once they have given back what they can."""
    now, soon, givers = room.now, room.soon, list(room.givers)
    for ref, size in ahead.items():
        desired = facts.world.declared.desired[ref]
        gives = isinstance(desired.spec, VmSpec) and is_balanced(desired, facts.world)
        now -= size
        soon -= min(size, desired.spec.memory_min) if gives and isinstance(desired.spec, VmSpec) else size
        if gives:
            givers.append(ref)
    return Headroom(now, soon, tuple(givers), moves=room.moves or bool(ahead))


def _headroom(facts: VmFacts, total: int, others: list[ObservedVm]) -> Headroom:
    now = soon = total
    givers: list[Ref] = []
    moves = False
    for other in others:
        desired = ours(other, facts.world)
        if desired is not None and isinstance(desired.spec, VmSpec) and is_balanced(desired, facts.world):
            # It is promised nothing, and gives back down to its minimum for who is. A plan counts on that.
            least = desired.spec.memory_min
            has = least if facts.world.played else held_now(other, facts.world)
            now -= has
            soon -= min(least, has)
            moves = True
            if least < has:
                givers.append(desired.ref)
            continue
        live = other.live or other.stored
        aimed = live.memory_target
        held = max(other.memory_actual or aimed, aimed)
        ref, declared = _wish(facts, other)
        wish = min(declared, live.memory_size)
        now -= max(held, wish)
        if ref is None or (wish < held and _is_deaf(facts, ref)):
            soon -= held
            continue
        soon -= wish
        if wish < held:
            givers.append(ref)
    return Headroom(now, soon, tuple(givers), moves)


def _is_deaf(facts: VmFacts, ref: Ref) -> bool:
    """Whether the guest was asked to give memory back and has not done so in time."""
    asked = facts.world.history(ref).asked
    return asked is not None and (asked.times > 1 or facts.world.now >= asked.at + patience(asked))


def _wish(facts: VmFacts, other: ObservedVm) -> tuple[Ref | None, int]:
    """Which machine of ours it is, and what its declaration wants for it; 0 for others' machines."""
    stamp = other.stamp
    if stamp is None or stamp.self_uuid != other.uuid or stamp.owner != facts.world.identities.owner:
        return None, 0
    desired = facts.world.declared.desired.get(stamp.ref)
    if stamp.ref.kind is not Kind.VIRTUAL_MACHINE or desired is None or not isinstance(desired.spec, VmSpec):
        return None, 0
    return stamp.ref, desired.spec.memory_max
