"""Who holds a host's memory, and who will need some there soon. KiB."""

from collections.abc import Iterator, Mapping

from xcp_reconciler.model.desired import Desired, VmSpec
from xcp_reconciler.model.observed import ObservedVm
from xcp_reconciler.plan.policies import is_balanced, ours, uuid_of
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.vm.facts import gather
from xcp_reconciler.plan.vm.power import wants_running
from xcp_reconciler.plan.vm.ready import not_ready
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref


def held(vm: ObservedVm, world: World) -> int:
    """What a machine holds, or can take without asking: what it aims at, and what its declaration promises it.

    A machine whose balloon a policy moves is promised nothing but the target that it was given.
    """
    aimed = vm.live.memory_target if vm.live is not None else 0
    desired = ours(vm, world)
    if desired is not None and isinstance(desired.spec, VmSpec) and is_balanced(desired, world):
        actual = vm.memory_actual if vm.memory_actual is not None else aimed
        promised = (target_of(vm, world) or 0, world.targets.get(vm.uuid, 0), world.doubts.get(vm.uuid, 0))
        known = max(actual, *promised)
        # What a process before this one has sent may still give it anything.
        return max(known, desired.spec.memory_max) if world.now < world.targets_from else known
    wish = desired.spec.memory_max if desired is not None and isinstance(desired.spec, VmSpec) else 0
    return max(vm.memory_actual or aimed, aimed, wish)


def target_of(vm: ObservedVm, world: World) -> int | None:
    """The target of a balloon that a policy moves: as the backend shows it, or as this process has set it.

    None where nobody knows: libvirt, for one, shows no target but the stored one.
    """
    shown = shown_target(vm)
    return shown if shown is not None else world.targets.get(vm.uuid)


def shown_target(vm: ObservedVm) -> int | None:
    """The target of a running guest as its backend shows it; None where it shows the stored one, or nothing."""
    if vm.live is None or vm.live.memory_target == vm.stored.memory_target:
        return None
    return vm.live.memory_target


def guests_of(host: str, sight: Sight) -> Iterator[ObservedVm]:
    """Every machine that runs or is paused on a host, whoever made it."""
    return (vm for vm in sight.active.get(host, {}).values() if vm.live is not None)


def expected(host: str, pool: str, world: World, sight: Sight) -> Mapping[Ref, int]:
    """The machines that are to start on a host or to move there, and what each will hold as soon as it does."""
    found: dict[Ref, int] = {}
    for ref in world.declared.members.get(pool, ()):
        if ref.kind is not Kind.VIRTUAL_MACHINE or world.home(ref) != host:
            continue
        desired = world.declared.desired[ref]
        if isinstance(desired.spec, VmSpec) and desired.removal is None and not world.observes(desired):
            need = _need(ref, desired, desired.spec, host, world, sight)
            if need:
                found[ref] = need
    return found


def _need(ref: Ref, desired: Desired, spec: VmSpec, host: str, world: World, sight: Sight) -> int:
    copies = sight.vms.get(uuid_of(desired, world, sight), ())
    active = next((copy for copy in copies if is_active(copy)), None)
    if active is not None:
        return 0 if any(copy.host == host and is_active(copy) for copy in copies) else held(active, world)
    halted = next((copy for copy in copies if copy.host == host), None)
    if halted is None or world.history(ref).refused is not None:
        return 0
    facts = gather(ref, desired, spec, world, sight)
    return halted.stored.memory_target if wants_running(facts, halted) and not_ready(facts, host) is None else 0
