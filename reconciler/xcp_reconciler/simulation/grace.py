"""Whether guests get the time to shut down that was promised to them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from xcp_reconciler.model.desired import ForceStop, VmSpec
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.ops import Op, PowerOffVm, ShutDownVm
from xcp_reconciler.simulation.oracles import Oracle
from xcp_reconciler.simulation.scenario import OWNER, Scenario

# What a step may take from the decision to the call.
_SLACK_S: Final = 1.0


@dataclass
class Grace:
    """Hears of every shutdown and power-off that begins; `broken` is told of one that comes too early.

    The time is that of the hypervisors. Where the clock of xcp's machine was set in between, it cannot know better.
    """

    broken: Callable[[Oracle, str], None]
    promised: dict[str, float] = field(default_factory=dict[str, float])
    _asked: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])

    def begins(self, op: Op, now: float, *, set_by: float) -> None:
        """An op begins; `set_by` is how many seconds the clock of xcp's machine is ahead."""
        if isinstance(op, ShutDownVm):
            self._asked[op.uuid] = now, set_by
        elif isinstance(op, PowerOffVm) and op.uuid in self.promised:
            asked = self._asked.get(op.uuid)
            if asked is None:
                self.broken(Oracle.GRACE, f"{op.ref.name} was powered off unasked")
            elif asked[1] == set_by and now - asked[0] < self.promised[op.uuid] - _SLACK_S:
                seconds = now - asked[0]
                self.broken(Oracle.GRACE, f"{op.ref.name} was powered off {seconds:.1f} s after it was asked")


def promises(scenario: Scenario) -> dict[str, float]:
    """The least grace, in seconds, that any phase promises to each machine, by uuid; none to those adopted."""
    identities = Identities(OWNER)
    found: dict[str, float] = {}
    for phase in scenario.phases:
        for one in phase.declared:
            if not isinstance(one.spec, VmSpec) or one.policies.adopt is not None:
                continue
            shutdown, uuid = one.spec.shutdown, identities.uuid(one.ref)
            seconds = float("inf") if shutdown.force is ForceStop.NEVER else shutdown.timeout_s
            found[uuid] = min(found.get(uuid, seconds), seconds)
    return found
