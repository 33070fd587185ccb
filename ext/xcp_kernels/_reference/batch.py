"""Placing many items at once: the largest first, each on the host that leaves the lowest score."""

from xcp_kernels._reference.arrays import IntegersOut
from xcp_kernels._reference.standing import FREE, Standing
from xcp_kernels.pool import NOWHERE, REFUSALS, Pool


def place_all(pool: Pool, host_out: IntegersOut, refused_out: IntegersOut) -> bool:
    """Whether every item without a home has a host now; ties go to the first host, and among equals to the first item.

    A refused host is counted once, under the first thing that refuses: reach, then rows, then groups.
    """
    standing, rows = Standing(pool, pool.home), len(pool.weight)
    for k in range(len(refused_out)):
        refused_out[k] = 0
    waiting = [item for item in range(standing.items) if pool.home[item] == NOWHERE]
    for item in sorted(waiting, key=lambda item: (-pool.amount[item * rows], item)):
        best: tuple[float, int] | None = None
        for host in range(standing.hosts):
            refusal = standing.refusal(item, NOWHERE, host)
            if refusal != FREE:
                refused_out[item * REFUSALS + refusal] += 1
                continue
            key = (standing.after(item, NOWHERE, host), host)
            if best is None or key < best:
                best = key
        if best is not None:
            standing.trade(item, best[1])
    for item in range(standing.items):
        host_out[item] = standing.at[item]
    return NOWHERE not in standing.at
