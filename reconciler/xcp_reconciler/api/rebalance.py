"""Rebalance: when machines are moved so that a pool's load is spread better."""

from typing import Literal

from pydantic import Field

from xcp_reconciler.api.enums import RebalanceMode
from xcp_reconciler.api.fields import Count, Flag, Seconds, SomePercent
from xcp_reconciler.api.wire import NameRef, PolicySpec, Resource


class RebalanceSpec(PolicySpec, frozen=True):
    """When machines of a pool are moved, and how many."""

    pool_ref: NameRef = Field(description="The pool whose machines it is for; one a pool.", examples=[{"name": "lab"}])
    mode: RebalanceMode = Field(
        default=RebalanceMode.RECOMMEND,
        description="Off: as if there were none. Recommend: the moves are shown, and left to people. Auto: they are "
        "made, live.",
        examples=["Auto"],
    )
    threshold: SomePercent = Field(
        default=30,
        description="How many points of its memory or CPUs the fullest host must be fuller than the emptiest.",
        examples=[20],
    )
    hold_rounds: Count = Field(default=3, description="At so many looks in a row it must have been so.", examples=[5])
    margin: SomePercent = Field(
        default=10, description="By so much the moves must make the pool's score better.", examples=[5]
    )
    cooldown: Seconds = Field(
        default=1800,
        description="For so long a machine that was moved is not moved again.",
        examples=["10m"],
        json_schema_extra={"default": "30m"},
    )
    max_moves_per_window: Count = Field(
        default=10, description="So many moves at most within any window.", examples=[4]
    )
    window: Seconds = Field(
        default=3600,
        description="How far back a move counts for maxMovesPerWindow.",
        examples=["30m"],
        json_schema_extra={"default": "1h"},
    )
    max_concurrent: Count = Field(default=2, description="So many machines move at the same time.", examples=[1])
    constraints_only: Flag = Field(
        default=False,
        description="True: only what violates a rule of the PlacementPolicy is moved, however uneven the load.",
        examples=[True],
    )


class Rebalance(Resource[RebalanceSpec], frozen=True):
    """Moves machines between a pool's hosts, or says which it would move."""

    kind: Literal["Rebalance"] = Field(description="What the document declares.")
