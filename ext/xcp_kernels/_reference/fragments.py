"""Fragments: what is left of parts, and no use to what typically comes.

The measure is that of Fragmentation Gradient Descent (Weng et al., USENIX ATC 2023): for each typical demand, what is
left of the parts that it cannot use; with every row asked for, not only processors. What that measure does not see
is a host that still has room for any one demand, but not for as many as its parts could serve: so what is left beyond
what the scarcest row can serve, at the ratio of all typical demands together, counts as a fragment for each of them.
"""

from collections.abc import Sequence
from typing import Final

from xcp_kernels._reference.inside import Inside
from xcp_kernels.pool import Demand, Pool

FINE: Final = 1024
"""Ratios of rows to parts are in so many parts of one."""
MOST_FREE: Final = 1 << 50


def ratios(demand: Demand, rows: int) -> list[int]:
    """How much of each row comes with one unit of a part, times FINE; 0 where the row does not matter."""
    parts = sum(w * c * e for w, c, e in zip(demand.weight, demand.count, demand.each, strict=True))
    if not parts:
        return [0] * rows
    totals = [sum(w * demand.amount[t * rows + r] for t, w in enumerate(demand.weight)) for r in range(rows)]
    return [min(max(total * FINE // parts, 1), MOST_FREE) if total else 0 for total in totals]


class Fragments:
    """Fragments in whole numbers: units of parts, times the weights of the demands that cannot use them."""

    def __init__(self, pool: Pool, demand: Demand, inside: Inside) -> None:
        self._pool = pool
        self._demand = demand
        self._inside = inside
        self._ratios = ratios(demand, len(pool.weight))
        self._whole = sum(demand.weight)

    def of(self, host: int, used: Sequence[int], left: Sequence[int]) -> int:
        """Of one host, with so much used in every row and so much left of every part."""
        demand, sort = self._demand, self._inside.parts.sort
        parts = [one for p, one in zip(self._inside.of(host), left, strict=True) if sort[p] == demand.sort and one > 0]
        rows = len(used)
        free = [self._pool.capacity[host * rows + r] - used[r] for r in range(rows)]
        usable = stranded = 0
        for t, weight in enumerate(demand.weight):
            serving = [one for one in parts if one >= demand.each[t]]
            room = all(free[r] >= demand.amount[t * rows + r] for r in range(rows))
            if room and len(serving) >= demand.count[t]:
                usable += weight * sum(serving)
        for r, ratio in enumerate(self._ratios):
            if ratio:
                served = min(max(free[r], 0), MOST_FREE) * FINE // ratio
                stranded = max(stranded, sum(parts) - served)
        return self._whole * (sum(parts) + stranded) - usable
