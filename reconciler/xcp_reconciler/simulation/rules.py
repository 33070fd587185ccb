"""Faults that somebody asks for one by one: what happens to the k-th call, look, hint or commit of a history."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from xcp_reconciler.api.fields import Count, Text
from xcp_reconciler.api.wire import API_VERSION, Wire
from xcp_reconciler.simulation.fault import (
    CALL_FAULTS,
    COMMIT_FAULTS,
    HINT_FAULTS,
    LOOK_FAULTS,
    CrashPoint,
    Fault,
)
from xcp_reconciler.simulation.invalid import why


class Occasion(StrEnum):
    """What is counted until a fault is due."""

    EFFECT = "effect"  # a call that changes something is about to be sent
    LOOK = "look"  # a look is about to be handed over
    HINT = "hint"
    COMMIT = "commit"


OCCASIONS: Final[Mapping[Fault, Occasion]] = {
    **dict.fromkeys((Fault.CRASH, *CALL_FAULTS), Occasion.EFFECT),
    **dict.fromkeys(LOOK_FAULTS, Occasion.LOOK),
    **dict.fromkeys(HINT_FAULTS, Occasion.HINT),
    **dict.fromkeys(COMMIT_FAULTS, Occasion.COMMIT),
}


class Rule(Wire, frozen=True):
    """One fault, at one occasion."""

    fault: Fault = Field(description="What goes wrong.", examples=["ReplyLost"])
    nth: Count = Field(default=1, description="At which call, look, hint or commit, counted from 1.", examples=[3])
    method: Text | None = Field(
        default=None,
        description="Only calls of this method are counted, as `xcp plan -o json` names them.",
        examples=["vm.start"],
    )
    at: CrashPoint = Field(
        default=CrashPoint.BEFORE_REPLY,
        description="Where in the life of the call a Crash happens.",
        examples=["appliedBeforeReply"],
    )
    by: Count = Field(default=1, description="How many looks ago a StaleLook is from.", examples=[2])
    seconds: float = Field(
        default=5.0,
        gt=0,
        description="How long Slow, AppliedLater, HintLate and HintsLost take, and what is in flight at a Crash.",
        examples=[86400.0],
    )

    @model_validator(mode="after")
    def _can_be_asked_for(self) -> "Rule":
        if self.fault not in OCCASIONS:
            ones = ", ".join(OCCASIONS)
            raise ValueError(f"{self.fault} happens to hosts or machines, not to a call; there are: {ones}")
        if self.method is not None and self.occasion is not Occasion.EFFECT:
            raise ValueError(f"{self.fault} happens to a {self.occasion}, which has no method")
        return self

    @property
    def occasion(self) -> Occasion:
        """What is counted until it is due."""
        return OCCASIONS[self.fault]


class FaultPlanSpec(Wire, frozen=True):
    """The faults of a history."""

    scenario: Text | None = Field(default=None, description="Whose calls are counted; by default every scenario's.")
    swarm: bool = Field(default=False, description="Whether faults drawn from the seed happen as well.")
    faults: tuple[Rule, ...] = Field(description="One by one.")


class FaultPlanDocument(Wire, frozen=True):
    """A fault plan: which calls, looks, hints and commits of a simulated history go wrong, and how."""

    api_version: Literal["xcp.dev/v1alpha1"] = Field(description=f"Always {API_VERSION}.")
    kind: Literal["FaultPlan"] = Field(description="What the document is.")
    spec: FaultPlanSpec


class FaultPlanError(ValueError):
    """A fault plan cannot be read; the message says where and why."""


def read_fault_plan(text: str, file: str) -> FaultPlanSpec:
    """A fault plan from its YAML.

    Raises:
        FaultPlanError: it is not valid.
    """
    try:
        return FaultPlanDocument.model_validate(yaml.safe_load(text)).spec
    except yaml.YAMLError as error:
        raise FaultPlanError(f"{file}: {error}") from error
    except ValidationError as error:
        raise FaultPlanError(f"{file}: {why(error)}") from error


def fault_plan_schema() -> dict[str, Any]:
    """The JSON schema of fault plans, for editors."""
    return FaultPlanDocument.model_json_schema(by_alias=True)


class Rules:
    """Counts occasions, and says when a rule is due."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._waiting = list(rules)
        self._seen = [0] * len(self._waiting)

    def due(self, occasion: Occasion, method: str | None = None) -> Rule | None:
        """The rule that is due at this occasion, once."""
        found: Rule | None = None
        for number, rule in enumerate(self._waiting):
            if rule.occasion is not occasion or rule.method not in {None, method}:
                continue
            self._seen[number] += 1
            if self._seen[number] == rule.nth and found is None:
                found = rule
        return found

    @property
    def last(self) -> int:
        """How many occasions of the rule that is due last are still to come; 0 when all have been."""
        return sum(max(0, rule.nth - seen) for rule, seen in zip(self._waiting, self._seen, strict=True))
