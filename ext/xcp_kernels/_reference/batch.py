"""Placing many items at once: one after the other, each on the host that leaves the lowest score."""

from xcp_kernels._reference.arrays import IntegersOut
from xcp_kernels._reference.fragments import Fragments
from xcp_kernels._reference.inside import Inside
from xcp_kernels._reference.slack import Slack
from xcp_kernels._reference.standing import FREE, Standing
from xcp_kernels.pool import NOWHERE, REFUSALS, Order, Pool, Refusal


class Batch:
    """A pool with what came so far."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.standing = Standing(pool, pool.home)
        self._rows = len(pool.weight)
        self._inside = Inside(pool, pool.parts) if pool.parts else None
        self._fragments = Fragments(pool, pool.demand, self._inside) if pool.demand and self._inside else None
        self._slack = Slack(pool, pool.reserve, self.standing.used, pool.home) if pool.reserve else None

    def _used(self, host: int) -> list[int]:
        return self.standing.used[host * self._rows : (host + 1) * self._rows]

    def refusal(self, item: int, host: int) -> int:
        """Why not there: reach, rows, parts, groups, reserve, the first of them; FREE if it may."""
        why = self.standing.refusal(item, NOWHERE, host)
        if why in {FREE, Refusal.GROUP} and self._inside and self._inside.choose(item, host) is None:
            return Refusal.PART
        if why == FREE and self._slack and self._slack.refuses(item, host, self._used(host)):
            return Refusal.RESERVE
        return why

    def value(self, item: int, host: int) -> float:
        """The score that it would leave there, but for the fragments that there are anyway."""
        value = self.standing.after(item, NOWHERE, host)
        if not (self._fragments and self._inside and self.pool.demand):
            return value
        used = self._used(host)
        then = [one + self.pool.amount[item * self._rows + r] for r, one in enumerate(used)]
        left = self._inside.after(item, host, self._inside.choose(item, host) or 0)
        more = self._fragments.of(host, then, left) - self._fragments.of(host, used, self._inside.after(item, host, 0))
        return value + self.pool.demand.price * more

    def add(self, item: int, host: int) -> int:
        """It goes there; bits of the parts that it gets."""
        bits = (self._inside.choose(item, host) or 0) if self._inside else 0
        if self._inside:
            self._inside.take(item, host, bits)
        self.standing.trade(item, host)
        if self._slack:
            self._slack.add(item, host, self._used(host))
        return bits


def place_all(pool: Pool, order: Order, host_out: IntegersOut, part_out: IntegersOut, refused_out: IntegersOut) -> bool:
    """Whether every item without a home has a host now; ties go to the first host.

    A refused host is counted once, under the first thing that refuses.
    """
    batch, rows = Batch(pool), len(pool.weight)
    for item in range(batch.standing.items):
        part_out[item] = pool.parts.held[item] if pool.parts else 0
    for k in range(len(refused_out)):
        refused_out[k] = 0
    waiting = [item for item in range(batch.standing.items) if pool.home[item] == NOWHERE]
    if order == Order.LARGEST_FIRST:
        waiting.sort(key=lambda item: -pool.amount[item * rows])
    for item in waiting:
        best: tuple[float, int] | None = None
        for host in range(batch.standing.hosts):
            refusal = batch.refusal(item, host)
            if refusal != FREE:
                refused_out[item * REFUSALS + refusal] += 1
                continue
            key = (batch.value(item, host), host)
            if best is None or key < best:
                best = key
        if best is not None:
            part_out[item] = batch.add(item, best[1])
    for item in range(batch.standing.items):
        host_out[item] = batch.standing.at[item]
    return NOWHERE not in batch.standing.at
