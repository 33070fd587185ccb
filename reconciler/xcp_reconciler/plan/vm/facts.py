"""Everything that the decision about one machine reads, looked up once."""

from dataclasses import dataclass

from xcp_reconciler.model.desired import Desired, VmSpec
from xcp_reconciler.model.history import History
from xcp_reconciler.model.impact import Direction, ImpactRow, Power
from xcp_reconciler.model.observed import Job, ObservedVm, VmConfig
from xcp_reconciler.model.placement import Assignment
from xcp_reconciler.plan.presence import backend_uuid
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.vm.wanted import wanted_config
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref


@dataclass(frozen=True, slots=True)
class VmFacts:
    """One machine: what is wanted of it, what is remembered, and where it may be."""

    ref: Ref
    desired: Desired
    spec: VmSpec
    world: World
    sight: Sight
    uuid: str | None
    wanted: VmConfig
    history: History
    assignment: Assignment | None
    jobs: tuple[Job, ...]

    @property
    def adopted(self) -> bool:
        """Whether the machine was made by somebody else: then what the spec does not mention stays as it is."""
        return self.desired.policies.adopt is not None

    def cost(self, path: str, vm: ObservedVm | None, direction: Direction = Direction.ANY) -> ImpactRow:
        """What a change of `path` costs for this machine as it is now."""
        power = Power.RUNNING if vm is not None and is_active(vm) else Power.HALTED
        host = vm.host if vm is not None else None
        return self.sight.impacts(host).row(Kind.VIRTUAL_MACHINE, path, power, direction)


def gather(ref: Ref, desired: Desired, spec: VmSpec, world: World, sight: Sight) -> VmFacts:
    """Look up what the decision about a machine needs."""
    uuid = backend_uuid(desired, world, sight)
    return VmFacts(
        ref,
        desired,
        spec,
        world,
        sight,
        uuid,
        wanted_config(ref, spec, world, sight),
        world.history(ref),
        world.assignments.get(ref),
        sight.jobs.get(uuid, ()) if uuid is not None else (),
    )
