"""A pool's own key: hands out assignments, and wakes the machines that got one and the Rebalance that gave some."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from xcp_reconciler.model.decision import Blocked, BlockReason
from xcp_reconciler.model.desired import RebalanceMode, RebalanceSpec
from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.placement.moment import moment_of
from xcp_reconciler.plan.placement.shifts import NOTHING, Shift, shift
from xcp_reconciler.plan.world import World
from xcp_reconciler.ports.store import PutAssignment, PutHistory, Write
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.wiring import Ports

# Placing looks at every machine of a pool: it gets a part of the time, however often machines ask for it.
_PAUSE_FACTOR: Final = 4.0

Covering = Callable[[Ref], tuple[OpenPlan, ...]]


class Placing:
    """Runs `place`. Under an open plan a machine goes where the plan shows it, or nowhere.

    `shifts` is what each Rebalance came to when its pool was placed the last time.
    """

    def __init__(self, ports: Ports, covering: Covering, scope: frozenset[Ref] | None) -> None:
        self._ports = ports
        self._covering = covering
        self._scope = scope
        self._rests: dict[str, tuple[float, float]] = {}
        self.refused: dict[Ref, Blocked] = {}
        self.shifts: dict[Ref, Shift] = {}

    def covers(self, ref: Ref) -> bool:
        """Whether this process decides about an object at all."""
        return self._scope is None or ref in self._scope

    def due(self, pool: str) -> float:
        """When the pool may be placed next, in unix seconds."""
        now = self._ports.clock.now()
        began, until = self._rests.get(pool, (now, now))
        # A rest that has not begun yet is from before the clock was set back.
        return until if began <= now < until else now

    async def run(self, pool: str, world: World) -> tuple[Ref, ...]:
        """Commit the assignments that change now; the machines concerned, and the pool's Rebalance."""
        began = self._ports.clock.now()
        wanted = place(pool, world)
        shifted, balance = self._shifted(pool, world, calm=not wanted)
        taken = self._ports.clock.now() - began
        self._rests[pool] = began, began + taken * (1.0 + _PAUSE_FACTOR)
        admitted = {ref: assignment for ref, assignment in wanted.items() if self._admits(ref, assignment, world)}
        writes = [PutAssignment(ref, assignment) for ref, assignment in admitted.items()]
        if writes or shifted:
            await self._ports.store.commit(*writes, *shifted)
        return (*wanted, *self.shifts[balance].assignments, balance) if balance is not None else tuple(wanted)

    def _shifted(self, pool: str, world: World, *, calm: bool) -> tuple[list[Write], Ref | None]:
        """What the pool's Rebalance writes. It moves nobody while others are placed, or for whom a plan is open."""
        ref = world.declared.rebalance.get(pool)
        desired = world.declared.desired[ref] if ref is not None else None
        # Only who acts for all: `apply` brings about a plan, and no more.
        if desired is None or self._scope is not None or not isinstance(desired.spec, RebalanceSpec):
            return [], None
        moment = moment_of(pool, world)
        if moment is None:
            return [], None
        spec = desired.spec
        if spec.mode is RebalanceMode.AUTO and (not calm or world.observes(desired)):
            spec = replace(spec, mode=RebalanceMode.RECOMMEND)
        history = world.history(desired.ref)
        before = replace(self.shifts.get(desired.ref, NOTHING), memory=history.shifts)
        planned = frozenset(guest.ref for guest in moment.guests if self._covering(guest.ref))
        found = self.shifts[desired.ref] = shift(spec, moment, before, planned)
        writes: list[Write] = [PutAssignment(vm, assignment) for vm, assignment in found.assignments.items()]
        if found.memory != history.shifts:
            writes.append(PutHistory(desired.ref, replace(history, shifts=found.memory)))
        return writes, desired.ref

    def _admits(self, ref: Ref, assignment: Assignment, world: World) -> bool:
        self.refused.pop(ref, None)
        if not self.covers(ref):
            return False
        plans = self._covering(ref)
        if not plans or not isinstance(assignment, Assigned) or assignment.waiting:
            return True
        shown = [plan.hosts[ref] for plan in plans if ref in plan.hosts]
        if not shown or assignment.host in {*shown, world.home(ref)}:
            return True
        words = (
            f"it would go to {assignment.host}, the plan shows {shown[0]}: something has changed since. Make a new plan"
        )
        self.refused[ref] = Blocked(BlockReason.NOT_AS_PLANNED, words)
        return False
