"""Where each object stands: declared, decided and seen, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from xcp_reconciler.model.decision import Decision
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.placement import Assignment
from xcp_reconciler.model.status import Condition, ConditionType, Status
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.status import status_of
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import DEPENDENCY_ORDER, Kind, Ref


@dataclass(frozen=True, slots=True)
class Standing:
    """One object. `decision` is None where nobody looked, and `status` then what was last published, if anything."""

    desired: Desired
    status: Status | None
    decision: Decision | None = None

    @property
    def ref(self) -> Ref:
        """The object's name."""
        return self.desired.ref

    @property
    def ready(self) -> Condition | None:
        """The condition that people look at first."""
        return self.status.condition(ConditionType.READY) if self.status is not None else None


def standings(
    world: World, statuses: Mapping[Ref, Status], refs: Iterable[Ref], *, observed: bool = True
) -> list[Standing]:
    """Where these objects stand, in the order of their dependencies and names."""
    ordered = sorted(refs, key=lambda ref: (DEPENDENCY_ORDER[ref.kind], ref))
    if not observed:
        return [Standing(world.declared.desired[ref], statuses.get(ref)) for ref in ordered]
    placed = with_places(world)
    return [_standing(ref, placed, statuses.get(ref)) for ref in ordered]


def with_places(world: World) -> World:
    """The world in which the pools have decided where machines may be, as an actor would before anything else."""
    assignments: dict[Ref, Assignment] = dict(world.assignments)
    for pool in world.sights:
        assignments.update(place(pool, world))
    return replace(world, assignments=assignments)


def _standing(ref: Ref, world: World, published: Status | None) -> Standing:
    decision = decide(ref, world)
    status = status_of(ref, decision, world, published)
    if ref.kind in {Kind.MEMORY_POLICY, Kind.REBALANCE} and published is not None:
        # What comes of many looks only who took them can say.
        said = {one.type for one in status.conditions}
        kept = tuple(one for one in published.conditions if one.type not in said)
        status = replace(
            status, conditions=(*status.conditions, *kept), balance=published.balance, moves=published.moves
        )
    return Standing(world.declared.desired[ref], status, decision)
