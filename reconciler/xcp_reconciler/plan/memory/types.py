"""What the balance of memory reads and says: plain numbers in KiB, times in seconds, so that all of it can be kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from xcp_reconciler.model.memory import GuestKnowledge, HostKnowledge, Knowledge

__all__ = [
    "Algorithm",
    "FloorRule",
    "GuestKnowledge",
    "GuestMemory",
    "HostKnowledge",
    "HostMemory",
    "Knowledge",
    "Policy",
    "Send",
    "Share",
    "Step",
    "Urgency",
]


class Algorithm(StrEnum):
    """What a fair share is."""

    PROPORTIONAL = "Proportional"  # the same fraction of the range for everybody; what XAPI's squeezed does
    DEMAND_AWARE = "DemandAware"  # the same fraction of what each one wants; what is left over is spread
    STATIC = "Static"  # its ceiling for everybody, as far as there is memory


class FloorRule(StrEnum):
    """Below what a guest is not taken."""

    MINIMUM = "Minimum"  # its declared minimum
    WORKING_SET = "WorkingSet"  # its demand, too, unless the host itself would run out of memory


@dataclass(frozen=True, slots=True)
class Policy:
    """How memory is shared out on a host. Fractions are of 1, times seconds, `min_delta` KiB.

    `low` and `high`: demand that stays within `(1 - high, 1 + low)` of the demand that the targets were made for moves
    nothing, and neither does demand beyond it for less than `hold`. `max_fraction` of its ceiling is the most that a
    guest is moved by in one step; a difference below `min_delta` is none.
    """

    algorithm: Algorithm = Algorithm.DEMAND_AWARE
    floor: FloorRule = FloorRule.WORKING_SET
    low: float = 0.08
    high: float = 0.15
    hold: float = 30.0
    max_fraction: float = 0.05
    min_delta: int = 65536
    uncooperative_after: float = 20.0
    retry_after: float = 600.0
    migration_guard: bool = True


@dataclass(frozen=True, slots=True)
class GuestMemory:
    """A running guest of ours, as one look showed it. Memory in KiB.

    `key` never changes (a uuid), `name` is for people. `target` is the balloon's target that is in effect, `minimum`
    the lower bound that the backend itself keeps (dynamic-min), None where a backend has none. `floor` and `ceiling`
    are what is declared. `demand` is what it should have: its working set with the margin already in it; None: nobody
    knows. `ballooning` is False for a guest without a driver. `migrating`: a migration is about to begin, or under way.
    `pending` is the highest target of those calls of ours that had not ended when the look began, or whose end nobody
    knows.
    """

    key: str
    name: str
    actual: int
    target: int
    floor: int
    ceiling: int
    demand: int | None = None
    weight: float = 1.0
    ballooning: bool = True
    migrating: bool = False
    minimum: int | None = None
    pending: int | None = None


@dataclass(frozen=True, slots=True)
class HostMemory:
    """A host, from the same look as its guests. Memory in KiB, times in unix seconds.

    `reserve` is what shall always be free. `others` is what everybody holds who is not among the guests: the host
    itself, overheads, strangers' machines (the larger of what each holds and may take). `free` is what the hypervisor
    says nobody holds; None: what is left by the sums. `seen_at` is when the look began. Nothing grows before
    `grow_from`: calls of a process that died may land until then.
    """

    name: str
    total: int
    reserve: int
    others: int = 0
    free: int | None = None
    seen_at: float = 0.0
    grow_from: float = 0.0


class Urgency(StrEnum):
    """Why memory moves now."""

    CALM = "Calm"  # nobody needs any: bands, holds and steps apply
    WANTED = "Wanted"  # a machine is about to start
    RESERVE = "Reserve"  # the host has less than its reserve


@dataclass(frozen=True, slots=True)
class Send:
    """A balloon's target to set now, KiB; `minimum` with it, where the backend keeps one (dynamic-min)."""

    key: str
    target: int
    minimum: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What a guest is to have in the end, KiB, and a sentence that says why, with the numbers that decided."""

    goal: int
    sentence: str
    uncooperative: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What to do on a host now, what is known afterwards, and when to look again at the latest.

    `wake_at`, unix seconds: a look then, or at any event before; None: only when something happens (new demand is an
    event). `lacking`, KiB: what cannot be freed although it is needed, as nobody may be taken below its floor.
    `fallback` says why the algorithm is not the policy's, None when it is.
    """

    sends: tuple[Send, ...]
    knowledge: Knowledge
    wake_at: float | None
    shares: Mapping[str, Share]
    urgency: Urgency = Urgency.CALM
    lacking: int = 0
    fallback: str | None = None

    @property
    def uncooperative(self) -> frozenset[str]:
        """The guests that do not follow, and are left alone for a while."""
        return frozenset(key for key, share in self.shares.items() if share.uncooperative)
