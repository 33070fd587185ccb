"""The host-failure check: compiled where it was built, else its readable twin, which is the specification.

`XCP_KERNELS=compiled` or `reference` insists on one of them; `IMPLEMENTATION` says which it is.
"""

from typing import TYPE_CHECKING, Final

from xcp_kernels.selection import chosen
from xcp_kernels.verdict import Figure, Ground, Verdict

if TYPE_CHECKING:
    from xcp_kernels._reference.failures import restart, tolerates

__all__ = ["IMPLEMENTATION", "Figure", "Ground", "Verdict", "restart", "tolerates"]

_kernels, _name = chosen("failures")
IMPLEMENTATION: Final[str] = _name
if not TYPE_CHECKING:
    restart = _kernels.restart
    tolerates = _kernels.tolerates
