"""MemoryPolicy: who moves balloons, and how."""

from typing import Literal

from pydantic import Field

from xcp_reconciler.api.enums import MemoryAlgorithm, MemoryFloor, MemoryMode
from xcp_reconciler.api.fields import Count, Flag, Kibibytes, LabelKey, LabelValue, Percent, Ratio, Seconds, SomePercent
from xcp_reconciler.api.wire import NameRef, PolicySpec, Resource, Wire


class Selector(Wire, frozen=True):
    """Which machines are meant; one that asks for nothing means all of the pool."""

    match_labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="Labels that a machine must have.", examples=[{"tier": "web"}]
    )


class Weight(Wire, frozen=True):
    """How much some machines count where memory is short."""

    match_labels: dict[LabelKey, LabelValue] = Field(
        description="Labels of the machines that it is for.", examples=[{"tier": "db"}]
    )
    weight: Count = Field(description="Twice the weight is twice the share of what is asked for.", examples=[2])


class Hysteresis(Wire, frozen=True):
    """How far off a target must be, and for how long, before a balloon is moved."""

    low: Percent = Field(default=8, description="A machine is given more when it is so far below its goal.")
    high: Percent = Field(default=15, description="A machine gives back when it is so far above its goal.")
    hold: Seconds = Field(
        default=30,
        description="For how long it must have been so.",
        examples=["10s"],
        json_schema_extra={"default": "30s"},
    )


class Step(Wire, frozen=True):
    """The size of one move of a balloon."""

    max_percent: SomePercent = Field(default=5, description="At most so much of the machine's memory.", examples=[10])
    min_delta: Kibibytes = Field(
        default=65_536,
        description="Nothing smaller is moved.",
        examples=["32Mi"],
        json_schema_extra={"default": "64Mi"},
    )


class MemoryPolicySpec(PolicySpec, frozen=True):
    """Which machines, who moves their balloons, and how."""

    pool_ref: NameRef = Field(description="The pool whose machines it is for.", examples=[{"name": "lab"}])
    selector: Selector = Field(
        default=Selector(),
        description="Which machines of the pool; by default all. A machine's memory.policyRef is stronger.",
    )
    mode: MemoryMode = Field(
        default=MemoryMode.DELEGATE,
        description="Off: as if there were no policy. Delegate: xcp sets memory.min and memory.max, and leaves the "
        "balloon between them to others. Direct: xcp sets the balloon's target; one such policy a pool.",
        examples=["Direct"],
    )
    algorithm: MemoryAlgorithm = Field(
        default=MemoryAlgorithm.DEMAND_AWARE,
        description="DemandAware follows what guests need; Proportional gives each the same part of its range; "
        "Static gives memory.max while there is room.",
        examples=["Proportional"],
    )
    host_reserve: Kibibytes | None = Field(
        default=None,
        description="What is left free on each host; by default 2 % of its memory and at least 1Gi. "
        "A larger reserve of the Host counts.",
        examples=["2Gi"],
    )
    floor: MemoryFloor = Field(
        default=MemoryFloor.WORKING_SET,
        description="What no machine is taken below: its memory.min, or also what it needs now.",
        examples=["Minimum"],
    )
    weights: tuple[Weight, ...] = Field(
        default=(), description="Machines that count more; the first that matches, else 1."
    )
    hysteresis: Hysteresis = Field(default=Hysteresis(), description="When a balloon is moved at all.")
    step: Step = Field(default=Step(), description="The size of one move.")
    uncooperative_after: Seconds = Field(
        default=20,
        description="A guest that has not followed for so long is left alone.",
        examples=["30s"],
        json_schema_extra={"default": "20s"},
    )
    retry_after: Seconds = Field(
        default=600,
        description="After so long it is asked again.",
        examples=["5m"],
        json_schema_extra={"default": "10m"},
    )
    migration_guard: Flag = Field(
        default=True,
        description="A machine that moves is left what it needs, and its balloon stands still.",
        examples=[False],
    )
    overcommit_ratio: Ratio = Field(
        default=1.0,
        description="How many times its memory a host may promise: a machine counts with memory.max divided by it, "
        "and at least memory.min.",
        examples=[1.5],
    )


class MemoryPolicy(Resource[MemoryPolicySpec], frozen=True):
    """How the memory of a pool's hosts is divided among machines that run."""

    kind: Literal["MemoryPolicy"] = Field(description="What the document declares.")
