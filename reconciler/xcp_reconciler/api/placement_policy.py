"""PlacementPolicy: which host gets a machine, and what is kept apart or together."""

from typing import Literal

from pydantic import Field

from xcp_reconciler.api.enums import Keep, Scope, Strategy
from xcp_reconciler.api.fields import Count, CpuRatio, Failures, Flag, Hundredths, LabelKey, LabelValue, Name
from xcp_reconciler.api.wire import NameRef, PolicySpec, Resource, Wire


class Overcommit(Wire, frozen=True):
    """How much more than it has a host may promise; for memory a MemoryPolicy says so."""

    cpu: CpuRatio | None = Field(
        default=None,
        description="So many virtual CPUs for each CPU that a host has; by default any number.",
        examples=[4.0],
    )


class Rule(Wire, frozen=True):
    """Machines that are kept apart, or together."""

    name: Name = Field(description="Names the rule within its policy.", examples=["db"])
    match_labels: dict[LabelKey, LabelValue] = Field(
        description="Labels of the machines that it is for; `{}` is every machine of the pool.",
        examples=[{"app": "db"}],
    )
    keep: Keep = Field(
        description="Apart: at most `limit` of them share a host or a domain. Together: all are on one host.",
        examples=["Apart"],
    )
    scope: Scope | None = Field(
        default=None,
        description="What machines kept apart do not share: a host, or all hosts with the same value of "
        "`topologyKey`; by default Host. Only where they are kept apart.",
        examples=["Domain"],
    )
    limit: Count | None = Field(
        default=None,
        description="So many of them may share it; by default 1. Only where they are kept apart.",
        examples=[2],
    )
    required: Flag = Field(
        default=True,
        description="True: no machine is placed against the rule, and what violates it is moved. False: hosts that "
        "keep it are preferred.",
        examples=[False],
    )
    weight: Hundredths | None = Field(
        default=None,
        description="What each machine too many adds to the score that hosts are compared by; by default 1. Only "
        "where the rule is not required.",
        examples=[5],
    )


class PlacementPolicySpec(PolicySpec, frozen=True):
    """How machines are placed in a pool."""

    pool_ref: NameRef = Field(
        description="The pool whose machines it is for; one policy a pool.", examples=[{"name": "lab"}]
    )
    strategy: Strategy = Field(
        default=Strategy.SPREAD,
        description="Spread: the host that leaves memory, CPUs and machines spread most evenly. Pack: the first by "
        "name that has room.",
        examples=["Pack"],
    )
    overcommit: Overcommit = Field(default=Overcommit(), description="How much more than it has a host may promise.")
    reserve_failures: Failures = Field(
        default=0,
        description="A machine is placed only where so many hosts may still be lost at once, with room for their "
        "machines on the others.",
        examples=[1],
    )
    topology_key: LabelKey | None = Field(
        default=None,
        description="The label of hosts that names what they fail together with, such as a rack; by default each "
        "host fails alone.",
        examples=["rack"],
    )
    rules: tuple[Rule, ...] = Field(default=(), description="What is kept apart or together, by name.")


class PlacementPolicy(Resource[PlacementPolicySpec], frozen=True):
    """Which of a pool's hosts get its machines."""

    kind: Literal["PlacementPolicy"] = Field(description="What the document declares.")
