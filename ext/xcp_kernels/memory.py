"""Memory targets: the compiled kernels where they were built, else their readable twin, which is the specification.

`XCP_KERNELS=compiled` or `reference` insists on one of them; `IMPLEMENTATION` says which it is.
"""

from typing import TYPE_CHECKING, Final

from xcp_kernels.outcome import Reason, Status
from xcp_kernels.selection import chosen

if TYPE_CHECKING:
    from xcp_kernels._reference.memory import demand_aware, demand_aware_calm, proportional, static

__all__ = ["IMPLEMENTATION", "Reason", "Status", "demand_aware", "demand_aware_calm", "proportional", "static"]

_kernels, _name = chosen("memory")
IMPLEMENTATION: Final[str] = _name
if not TYPE_CHECKING:
    demand_aware = _kernels.demand_aware
    demand_aware_calm = _kernels.demand_aware_calm
    proportional = _kernels.proportional
    static = _kernels.static
