"""Whether a host has the memory that a guest is to be given: memory is first seen to be free, and only then given."""

from dataclasses import dataclass

from xcp_reconciler.model.desired import VmSpec
from xcp_reconciler.model.observed import ObservedVm
from xcp_reconciler.plan.placement import capacity
from xcp_reconciler.plan.sight import is_active
from xcp_reconciler.plan.vm.facts import VmFacts
from xcp_reconciler.refs import Kind, Ref


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is left for a guest on its host, in KiB, beside everybody else there.

    `now` is what nobody else holds, aims at or is declared to have: each machine is decided about alone, on a look of
    its own, and together they must not get more than there is. `soon` is what there will be when the `givers` have
    given back what they hold above their declarations.
    """

    now: int
    soon: int
    givers: tuple[Ref, ...]


def headroom(facts: VmFacts, vm: ObservedVm) -> Headroom | None:
    """The headroom of a machine where it is; None where nobody knows how much the host has."""
    total = capacity(vm.host, facts.world, facts.sight)
    if total is None:
        return None
    now = soon = total
    givers: list[Ref] = []
    for other in (copy for copies in facts.sight.vms.values() for copy in copies):
        if other.host != vm.host or other.uuid == vm.uuid or not is_active(other) or other.live is None:
            continue
        aimed = other.live.memory_target
        held = max(other.memory_actual or aimed, aimed)
        ref, wish = _wish(facts, other)
        now -= max(held, wish)
        soon -= wish or aimed
        if ref is not None and wish < held:
            givers.append(ref)
    return Headroom(now, soon, tuple(givers))


def _wish(facts: VmFacts, other: ObservedVm) -> tuple[Ref | None, int]:
    """Which machine of ours it is, and what its declaration wants for it; 0 for others' machines."""
    stamp = other.stamp
    if stamp is None or stamp.self_uuid != other.uuid or stamp.owner != facts.world.identities.owner:
        return None, 0
    desired = facts.world.declared.desired.get(stamp.ref)
    if stamp.ref.kind is not Kind.VIRTUAL_MACHINE or desired is None or not isinstance(desired.spec, VmSpec):
        return None, 0
    return stamp.ref, desired.spec.memory_max
