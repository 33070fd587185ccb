"""Whether all items of any so many hosts would find room on the others, by sums alone.

Sizes that divide each other pack by counting: place the largest first, and what they take of a host is a whole number
of every smaller step. So they have room if, for each step, the hosts together hold as many of it as all items of this
step and larger ones need. Of the sets of hosts that may be lost, the hardest for a step is that of the hosts with most
to lose: what their items need, and the room that goes with them.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from xcp_kernels.pool import NOWHERE, Pool, Reserve

MOST_SLOTS: Final = 1 << 40


class Slack:
    """What is needed and free in every step, host by host."""

    def __init__(self, pool: Pool, reserve: Reserve, used: Sequence[int], at: Sequence[int]) -> None:
        self._pool = pool
        self._reserve = reserve
        self._rows = len(pool.weight)
        self._needs = [[0] * len(reserve.step) for _ in pool.domain]
        for item, host in enumerate(at):
            if host != NOWHERE:
                self._needs[host] = self._with(item, host)
        self._slots = [self._free(host, used[host * self._rows + reserve.row]) for host in range(len(pool.domain))]

    def _amount(self, item: int) -> int:
        return self._pool.amount[item * self._rows + self._reserve.row]

    def _with(self, item: int, host: int) -> list[int]:
        """What the host's items need together with one more, in each step."""
        level, step = bisect_left(self._reserve.step, self._amount(item)), self._reserve.step
        if not self._amount(item):
            return self._needs[host]
        return [need + (step[level] // step[k] if k <= level else 0) for k, need in enumerate(self._needs[host])]

    def _free(self, host: int, used: int) -> list[int]:
        if not self._reserve.takes[host]:
            return [0] * len(self._reserve.step)
        free = max(self._pool.capacity[host * self._rows + self._reserve.row] - used, 0)
        return [min(free // step, MOST_SLOTS) for step in self._reserve.step]

    def refuses(self, item: int, target: int, used: Sequence[int]) -> bool:
        """Whether the item may not go where so much is used already of every row."""
        needs = self._with(item, target)
        slots = self._free(target, used[self._reserve.row] + self._amount(item))
        for k in range(len(self._reserve.step)):
            there = [self._slots[h][k] if h != target else slots[k] for h in range(len(self._slots))]
            lost = [self._needs[h][k] + there[h] if h != target else needs[k] + slots[k] for h in range(len(there))]
            if sum(there) < sum(sorted(lost, reverse=True)[: self._reserve.failures]):
                return True
        return False

    def add(self, item: int, target: int, used: Sequence[int]) -> None:
        """It went there, and so much is used of every row now."""
        self._needs[target] = self._with(item, target)
        self._slots[target] = self._free(target, used[self._reserve.row])
