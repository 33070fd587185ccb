"""What the owners of a simulated pool want, in phases, and what others do meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from xcp_reconciler.model.decision import BlockReason
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.refs import Ref
from xcp_reconciler.simulation.deeds import Deed
from xcp_reconciler.simulation.fault import Fault
from xcp_reconciler.simulation.truth import HostSize

OWNER: Final = "c0ffee00-0000-4000-8000-000000000000"


class Hand(StrEnum):
    """Who brings a phase about."""

    RUN = "Run"  # `xcp run`, which watches the manifests
    APPLY = "Apply"  # `xcp apply`, again until it is done
    TWO_APPLIES = "TwoApplies"  # two at once
    SAVED_PLAN = "SavedPlan"  # a plan that was made before, and no other


@dataclass(frozen=True, slots=True)
class TimedDeed:
    """A deed, so many seconds after its phase began, or when so many calls have been sent since then."""

    deed: Deed
    seconds: float
    effects: int | None


@dataclass(frozen=True, slots=True)
class Until:
    """When the owner changes mind: after so many calls or so many seconds, whatever comes first."""

    effects: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Phase:
    """`declared` is all that is declared from now on; what was declared before and is missing is pruned.

    `blocked` and `waiting` are the objects that are not to be reached, `at` says for machines, by name, on which host
    alone they run then; `held` says that the prune is not to happen.
    """

    about: str
    declared: tuple[Desired, ...]
    by: Hand = Hand.RUN
    others: tuple[TimedDeed, ...] = ()
    until: Until | None = None
    blocked: Mapping[Ref, BlockReason] | None = None
    waiting: frozenset[Ref] = frozenset()
    at: Mapping[str, str] = field(default_factory=dict[str, str])
    held: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole story. `passes` bounds how many decisions an object may need after the last fault."""

    name: str
    about: str
    hosts: tuple[HostSize, ...]
    phases: tuple[Phase, ...]
    passes: int
    prune_budget: int
    without: frozenset[Fault] = frozenset()
