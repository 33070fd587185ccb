"""Which open plan binds an object."""

from dataclasses import replace
from typing import Final

from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.ports.store import PutPlan, RemovePlan, Store, Write
from xcp_reconciler.refs import Ref

# A plan binds others for so long (seconds) after the process that waits for it has died.
PLAN_LIVES_S: Final = 60.0


class Coverage:
    """The plans that are open now. Where several name an object, what any of them shows may be done.

    Not the newest alone: it may have been made while a host was silent and show nothing, and would hold up all others.
    `own` is the plan that this process itself brings about: it binds until the end, however long the process slept.
    """

    def __init__(self, store: Store, clock: Clock, own: OpenPlan | None = None) -> None:
        self._store = store
        self._clock = clock
        self._own = own
        self._known: dict[str, OpenPlan] = {}

    def covering(self, ref: Ref) -> tuple[OpenPlan, ...]:
        """The plans that bind an object now, the newest first; none where it may be changed freely."""
        plans = self._store.state.plans
        if not plans and self._own is None:
            return ()
        now = self._clock.now()
        binding = {plan.id: plan for plan in plans.values() if ref in plan.changes and _is_open(plan, now)}
        if self._own is not None and ref in self._own.changes:
            binding[self._own.id] = self._own
        return tuple(sorted(binding.values(), key=lambda plan: (plan.opened, plan.id), reverse=True))

    def turned(self) -> tuple[Ref, ...]:
        """The objects of plans that were opened, closed or replaced since this was last asked; not of renewed ones."""
        plans = {id_: replace(plan, expires=0.0) for id_, plan in self._store.state.plans.items()}
        before, self._known = self._known, plans
        if before == plans:
            return ()
        changed = [plan for id_, plan in {**before, **plans}.items() if before.get(id_) != plans.get(id_)]
        return tuple(dict.fromkeys(ref for plan in changed for ref in plan.changes))

    async def tidy(self) -> None:
        """Remove the plans that nobody waits for any more, and open one's own again if others cannot see it any more.

        A clock that is set makes a plan old, and whoever acts then closes it, whoever may still bring it about.
        """
        now, plans, own = self._clock.now(), self._store.state.plans, self._own
        expired = [id_ for id_, plan in plans.items() if not _is_open(plan, now) and (own is None or id_ != own.id)]
        writes: list[Write] = [RemovePlan(id_) for id_ in expired]
        if own is not None and (own.id not in plans or not _is_open(plans[own.id], now)):
            writes.append(PutPlan(renewed(own, now)))
        if writes:
            await self._store.commit(*writes)


def renewed(plan: OpenPlan, now: float) -> OpenPlan:
    """The plan, open for others from now on."""
    # Not opened in the future, or nobody would believe it after the clock was set back.
    return replace(plan, opened=min(plan.opened, now), expires=now + PLAN_LIVES_S)


def _is_open(plan: OpenPlan, now: float) -> bool:
    """Whether somebody may still be waiting for it; one from the future is from before the clock was set back."""
    return plan.opened <= now < plan.expires
