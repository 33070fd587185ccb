"""What xcp says of an object, apart from what the owner says: `status`, never `spec`."""

from dataclasses import dataclass
from enum import StrEnum

from xcp_reconciler.model.decision import Pending


class ConditionType(StrEnum):
    """Kubernetes-shaped conditions; kstatus understands Reconciling and Stalled."""

    READY = "Ready"
    SYNCED = "Synced"
    DRIFTED = "Drifted"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    BACKEND_REACHABLE = "BackendReachable"
    POWER_CYCLE_PENDING = "PowerCyclePending"
    BLOCKED_BY_POLICY = "BlockedByPolicy"
    BALLOON_COOPERATIVE = "BalloonCooperative"
    MEMORY_GRANTED = "MemoryGranted"
    SCHEDULED = "Scheduled"
    BALANCED = "Balanced"
    UNCOOPERATIVE_GUESTS = "UncooperativeGuests"
    NO_DEMAND_SIGNAL = "NoDemandSignal"
    INFEASIBLE = "Infeasible"
    EVACUATED = "Evacuated"
    STANDS_DOWN = "StandsDown"


class Truth(StrEnum):
    """The status of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; `since` is when its status last changed, in unix seconds."""

    type: ConditionType
    status: Truth
    reason: str
    message: str
    since: float


@dataclass(frozen=True, slots=True)
class HostBalance:
    """How a memory policy stands on one host: how many guests it moves there, and how satisfied they are.

    `satisfaction` is the percentage of what they ask for that they have; None where none of them says what it needs.
    """

    host: str
    guests: int
    satisfaction: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """A machine that a Rebalance would move, or moves, from one host to another, and why; all but `why` are names."""

    vm: str
    source: str
    target: str
    why: str


@dataclass(frozen=True, slots=True)
class Status:
    """The last word about an object. `state` is the power state of a machine, `file` the name of a volume's file.

    `memory` and `memory_actual` in KiB, `size` in bytes, `since` is when the backend object was first seen.
    `balance` is that of a memory policy, `moves` those of a Rebalance in the order in which they have to be made.
    """

    observed_generation: int
    conditions: tuple[Condition, ...] = ()
    pending: tuple[Pending, ...] = ()
    host: str | None = None
    uuid: str | None = None
    state: str | None = None
    file: str | None = None
    cores: int | None = None
    memory: int | None = None
    memory_actual: int | None = None
    size: int | None = None
    since: float | None = None
    balance: tuple[HostBalance, ...] = ()
    moves: tuple[PlannedMove, ...] = ()

    def condition(self, kind: ConditionType) -> Condition | None:
        """The condition of one type, None where it was never set."""
        return next((condition for condition in self.conditions if condition.type is kind), None)
