"""Machine reassignment: the compiled kernel where it was built, else its readable twin, which is the specification.

`XCP_KERNELS=compiled` or `reference` insists on one of them; `IMPLEMENTATION` says which it is.
"""

from typing import TYPE_CHECKING, Final

from xcp_kernels.selection import chosen
from xcp_kernels.workload import Figure, Flaw, Status, Walk, Workload

if TYPE_CHECKING:
    from xcp_kernels._reference.reassignment import anneal, cost

__all__ = ["IMPLEMENTATION", "Figure", "Flaw", "Status", "Walk", "Workload", "anneal", "cost"]

_kernels, _name = chosen("reassignment")
IMPLEMENTATION: Final[str] = _name
if not TYPE_CHECKING:
    anneal = _kernels.anneal
    cost = _kernels.cost
