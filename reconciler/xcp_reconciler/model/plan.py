"""A plan: what would be done, object by object, and what would not, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xcp_reconciler.model.decision import Blocked, Change, Decision, Pending
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.ops import Call, Op
from xcp_reconciler.refs import Ref


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything that a plan says of one object.

    `changes` are merged over all rounds: per path the first `current` and the last `desired`. `ops` are in order.
    `end` is the last decision: Steady or Gone, or what stands in the way.
    """

    ref: Ref
    changes: tuple[Change, ...]
    ops: tuple[Op, ...]
    calls: tuple[Call, ...]
    why: str
    pending: tuple[Pending, ...]
    end: Decision
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan. `entries` hold only objects with something to say; `looked_at` counts all.

    `hosts` is the chosen host of each machine that has one.
    """

    entries: tuple[Entry, ...]
    looked_at: int
    hosts: Mapping[Ref, str] = field(default_factory=dict[Ref, str])
    loop: tuple[Ref, ...] = ()

    @property
    def changing(self) -> tuple[Entry, ...]:
        """The entries that would change something."""
        return tuple(entry for entry in self.entries if entry.changes)

    @property
    def pending(self) -> tuple[tuple[Ref, Pending], ...]:
        """What differs and stays for now."""
        return tuple((entry.ref, pending) for entry in self.entries for pending in entry.pending)

    @property
    def blocked(self) -> tuple[Entry, ...]:
        """The entries that need somebody."""
        return tuple(entry for entry in self.entries if isinstance(entry.end, Blocked))

    @property
    def highest(self) -> Impact | None:
        """The costliest change, None where there is none."""
        return max((change.impact for entry in self.entries for change in entry.changes), default=None)
