"""A plan that somebody else carries out: what its statuses say so far."""

from collections.abc import Mapping
from typing import Final

from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.model.status import ConditionType, Status, Truth
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.wiring import Ports

# An actor looks anew at the objects of a plan within a second or two of its opening. A status that still says
# 'as declared' so long after that (seconds) has nothing to add.
_HEARD_S: Final = 5.0


class Attached:
    """Reads statuses; the caller refreshes the store."""

    def __init__(self, ports: Ports, plan: OpenPlan) -> None:
        self._ports = ports
        self._plan = plan
        self._since = ports.clock.now()

    def left(self) -> Mapping[Ref, str]:
        """The objects that are not done, each with the last word about it."""
        words = {ref: self._word(ref) for ref in sorted(self._plan.changes)}
        return {ref: word for ref, word in words.items() if word is not None}

    def done(self) -> Mapping[Ref, str]:
        """The objects that are done."""
        return {ref: "as declared" for ref in sorted(self._plan.changes) if self._word(ref) is None}

    def stuck(self, left: Mapping[Ref, str]) -> bool:
        """Whether the actor says of each of these that somebody has to change something."""
        if self._ports.clock.now() < self._since + _HEARD_S:
            return False
        statuses = self._ports.store.state.statuses
        return all((status := statuses.get(ref)) is not None and self._stalled(ref, status) for ref in left)

    def _word(self, ref: Ref) -> str | None:
        """What there is to say of an object that is not done; None where it is."""
        state = self._ports.store.state
        desired = state.desired.get(ref)
        if desired is None:
            return None
        status = state.statuses.get(ref)
        if status is None or status.observed_generation < desired.generation:
            return "the actor has not looked at it yet"
        ready = status.condition(ConditionType.READY)
        if ready is None or ready.status is not Truth.TRUE:
            return f"{ready.reason}: {ready.message}" if ready is not None else "the actor says nothing of it"
        if desired.removal is not None:
            return "it is still there"
        if self._plan.changes[ref] and not self._heard(status):
            return "the actor has not looked at it since the plan was opened"
        return None

    def _heard(self, status: Status) -> bool:
        if any(condition.since >= self._plan.opened for condition in status.conditions):
            return True
        return self._ports.clock.now() >= self._since + _HEARD_S

    def _stalled(self, ref: Ref, status: Status) -> bool:
        desired = self._ports.store.state.desired.get(ref)
        if desired is None or status.observed_generation < desired.generation:
            return False
        stalled = status.condition(ConditionType.STALLED)
        return stalled is not None and stalled.status is Truth.TRUE
