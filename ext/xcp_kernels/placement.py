"""Placement and rebalancing: the compiled kernels where they were built, else their readable twin, the specification.

`XCP_KERNELS=compiled` or `reference` insists on one of them; `IMPLEMENTATION` says which it is.
"""

from typing import TYPE_CHECKING, Final

from xcp_kernels.pool import (
    MOST_STEPS,
    NOWHERE,
    REFUSALS,
    Demand,
    Flaw,
    Mode,
    Order,
    Parts,
    Pool,
    Refusal,
    Reserve,
    Scope,
    Settings,
    Status,
)
from xcp_kernels.selection import chosen

if TYPE_CHECKING:
    from xcp_kernels._reference.placement import flaws, place, plan, score

__all__ = [
    "IMPLEMENTATION",
    "MOST_STEPS",
    "NOWHERE",
    "REFUSALS",
    "Demand",
    "Flaw",
    "Mode",
    "Order",
    "Parts",
    "Pool",
    "Refusal",
    "Reserve",
    "Scope",
    "Settings",
    "Status",
    "flaws",
    "place",
    "plan",
    "score",
]

_kernels, _name = chosen("placement")
IMPLEMENTATION: Final[str] = _name
if not TYPE_CHECKING:
    flaws = _kernels.flaws
    place = _kernels.place
    plan = _kernels.plan
    score = _kernels.score
