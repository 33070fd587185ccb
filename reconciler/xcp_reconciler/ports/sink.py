"""Where news goes that people watch."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from xcp_reconciler.model.decision import Decision
from xcp_reconciler.model.errors import Failure
from xcp_reconciler.model.ops import Op
from xcp_reconciler.refs import Ref


class StepPhase(StrEnum):
    """How far a step is."""

    STARTED = "started"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepNews:
    """A step began, moved on or ended. `progress` from 0 to 1 where it is known; `at` in unix seconds."""

    ref: Ref
    op: Op
    phase: StepPhase
    at: float
    progress: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class DecisionNews:
    """An object was looked at, and this is what was decided; told after it was persisted."""

    ref: Ref
    decision: Decision
    at: float


@dataclass(frozen=True, slots=True)
class JobNews:
    """Long work on an object was seen under way; `progress` from 0 to 1."""

    ref: Ref
    progress: float
    at: float


News = StepNews | DecisionNews | JobNews


class Sink(Protocol):
    """A listener. It must not fail and must not wait."""

    def tell(self, news: News) -> None:
        """Take note."""
        ...
