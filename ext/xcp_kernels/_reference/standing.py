"""Where everything is: what hosts use, the sums behind the score, and what each change would do to them.

The compiled twin does the same operations in the same order, so that both choose the same moves to the last bit.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final

from xcp_kernels.pool import NOWHERE, Pool, Refusal, Scope

REFRESH: Final = 1024
"""After so many changes the sums are taken anew, or rounding errors would add up."""
NOBODY: Final = -1
FREE: Final = -1
"""Nothing refuses."""


class Standing:
    """A pool with its items at `at`. A change costs O(rows) and O(groups of its items)."""

    def __init__(self, pool: Pool, at: Sequence[int]) -> None:
        self.pool = pool
        self.rows = len(pool.weight)
        self.hosts = len(pool.domain)
        self.items = len(pool.home)
        self.at = list(at)
        self.used = list(pool.base)
        groups = len(pool.group_scope)
        self.members = [[0] * self.hosts for _ in range(groups)]
        self.excess = [0] * groups
        for item, host in enumerate(self.at):
            if host != NOWHERE:
                self._add(item, host)
        self.counted = [sum(pool.scale[h * self.rows + r] > 0 for h in range(self.hosts)) for r in range(self.rows)]
        self.centre = [self._mean(row) for row in range(self.rows)]
        self.share = [0.0] * (self.hosts * self.rows)
        self.total = [0.0] * self.rows
        self.squares = [0.0] * self.rows
        self.price = 0.0
        self.refresh()

    def _mean(self, row: int) -> float:
        total = 0.0
        for host in range(self.hosts):
            total += self.used[host * self.rows + row] * self.pool.scale[host * self.rows + row]
        return total / self.counted[row] if self.counted[row] else 0.0

    def _add(self, item: int, host: int) -> None:
        for row in range(self.rows):
            self.used[host * self.rows + row] += self.pool.amount[item * self.rows + row]
        for group in self.groups(item):
            self.excess[group] += self._joining(group, self.unit(group, host))
            self.members[group][self.unit(group, host)] += 1

    def groups(self, item: int) -> Sequence[int]:
        """The groups of an item."""
        return self.pool.group_of[self.pool.group_start[item] : self.pool.group_start[item + 1]]

    def unit(self, group: int, host: int) -> int:
        """What the group counts by: the host, or its failure domain."""
        return self.pool.domain[host] if self.pool.group_scope[group] == Scope.DOMAIN else host

    def share_of(self, host: int, row: int, used: int) -> float:
        """The share of a host that `used` is, from the mean at the start; 0 where it does not count."""
        scale = self.pool.scale[host * self.rows + row]
        return used * scale - self.centre[row] if scale > 0 else 0.0

    def refresh(self) -> None:
        """Take all sums anew, host by host."""
        self.stale = 0
        for row in range(self.rows):
            total = squares = 0.0
            for host in range(self.hosts):
                k = host * self.rows + row
                self.share[k] = self.share_of(host, row, self.used[k])
                total += self.share[k]
                squares += self.share[k] * self.share[k]
            self.total[row] = total
            self.squares[row] = squares
        self.price = 0.0
        for group, excess in enumerate(self.excess):
            if self.pool.group_price[group] >= 0:
                self.price += self.pool.group_price[group] * excess

    def score(self) -> float:
        """What it is now."""
        return self._weighed([0.0] * self.rows, [0.0] * self.rows) + self.price

    def _weighed(self, totals: Sequence[float], squares: Sequence[float]) -> float:
        score = 0.0
        for row in range(self.rows):
            if self.pool.weight[row] > 0 and self.counted[row]:
                mean = (self.total[row] + totals[row]) / self.counted[row]
                variance = (self.squares[row] + squares[row]) / self.counted[row] - mean * mean
                if variance > 0:
                    score += self.pool.weight[row] * sqrt(variance)
        return score

    def net(self, item: int, back: int) -> list[int]:
        """What goes over when `item` goes and `back` comes, in every row."""
        amount = self.pool.amount
        return [
            amount[item * self.rows + r] - (amount[back * self.rows + r] if back != NOBODY else 0)
            for r in range(self.rows)
        ]

    def after(self, item: int, source: int, target: int, back: int = NOBODY) -> float:
        """The score if `item` went from source (or NOWHERE) to target, and `back` the other way."""
        net = self.net(item, back)
        totals = [0.0] * self.rows
        squares = [0.0] * self.rows
        for row in range(self.rows):
            b = target * self.rows + row
            to = self.share[b]
            to_then = self.share_of(target, row, self.used[b] + net[row])
            if source == NOWHERE:
                totals[row] = to_then - to
                squares[row] = to_then * to_then - to * to
                continue
            a = source * self.rows + row
            fro = self.share[a]
            fro_then = self.share_of(source, row, self.used[a] - net[row])
            totals[row] = (fro_then - fro) + (to_then - to)
            squares[row] = (fro_then * fro_then - fro * fro) + (to_then * to_then - to * to)
        return self._weighed(totals, squares) + (self.price + self._price_after(item, source, target, back))

    def _price_after(self, item: int, source: int, target: int, back: int) -> float:
        change = 0.0
        for who, a, b, other in ((item, source, target, back), (back, target, source, item)):
            if who == NOBODY:
                continue
            for group in self.groups(who):
                if self.pool.group_price[group] >= 0 and not (other != NOBODY and group in self.groups(other)):
                    change += self.pool.group_price[group] * self.excess_after(group, a, b)
        return change

    def excess_after(self, group: int, source: int, target: int) -> int:
        """By how much the group's excess changes when one member goes from source (or NOWHERE) to target."""
        b = self.unit(group, target)
        if source == NOWHERE:
            return self._joining(group, b)
        a = self.unit(group, source)
        if a == b:
            return 0
        if self.pool.group_scope[group] == Scope.TOGETHER:
            return (self.members[group][b] == 0) - (self.members[group][a] == 1)
        limit = self.pool.group_limit[group]
        return (self.members[group][b] >= limit) - (self.members[group][a] > limit)

    def _joining(self, group: int, unit: int) -> int:
        members = self.members[group]
        if self.pool.group_scope[group] == Scope.TOGETHER:
            return int(members[unit] == 0 and any(members))
        return int(members[unit] >= self.pool.group_limit[group])

    def refusal(self, item: int, source: int, target: int, back: int = NOBODY) -> int:
        """Why `item` may not go from source (or NOWHERE) to target while `back` goes the other way; FREE if it may.

        What is wrong where they come from is no reason: leaving mends it.
        """
        if not self.reaches(item, target) or (back != NOBODY and not self.reaches(back, source)):
            return Refusal.REACH
        for row, net in enumerate(self.net(item, back)):
            host = target if net > 0 else source
            k = host * self.rows + row
            if net and host != NOWHERE and self.used[k] + abs(net) > self.pool.capacity[k]:
                return Refusal.ROW + row
        if self._refuses_by_group(item, source, target, back):
            return Refusal.GROUP
        if back != NOBODY and self._refuses_by_group(back, target, source, item):
            return Refusal.GROUP
        return FREE

    def reaches(self, item: int, host: int) -> bool:
        """Whether the item's class may be on the host."""
        return self.pool.reach[self.pool.reach_of[item] * self.hosts + host] != 0

    def _refuses_by_group(self, item: int, source: int, target: int, other: int) -> bool:
        for group in self.groups(item):
            if self.pool.group_price[group] >= 0 or (other != NOBODY and group in self.groups(other)):
                continue
            members, b = self.members[group], self.unit(group, target)
            if source != NOWHERE and self.unit(group, source) == b:
                continue
            if self.pool.group_scope[group] == Scope.TOGETHER:
                if members[b] == 0 and any(members):
                    return True
            elif members[b] >= self.pool.group_limit[group]:
                return True
        return False

    def trade(self, item: int, target: int, back: int = NOBODY) -> None:
        """Move `item` to target, and `back` from there to where `item` was."""
        source = self.at[item]
        self.price += self._price_after(item, source, target, back)
        net = self.net(item, back)
        for row in range(self.rows):
            b = target * self.rows + row
            self.used[b] += net[row]
            to, to_then = self.share[b], self.share_of(target, row, self.used[b])
            self.share[b] = to_then
            if source == NOWHERE:
                self.total[row] += to_then - to
                self.squares[row] += to_then * to_then - to * to
                continue
            a = source * self.rows + row
            self.used[a] -= net[row]
            fro, fro_then = self.share[a], self.share_of(source, row, self.used[a])
            self.share[a] = fro_then
            self.total[row] += (fro_then - fro) + (to_then - to)
            self.squares[row] += (fro_then * fro_then - fro * fro) + (to_then * to_then - to * to)
        for who, a, b, other in ((item, source, target, back), (back, target, source, item)):
            if who != NOBODY:
                self._regroup(who, a, b, other)
                self.at[who] = b
        self.stale += 1
        if self.stale >= REFRESH:
            self.refresh()

    def _regroup(self, item: int, source: int, target: int, other: int) -> None:
        for group in self.groups(item):
            if other != NOBODY and group in self.groups(other):
                continue
            self.excess[group] += self.excess_after(group, source, target)
            if source != NOWHERE:
                self.members[group][self.unit(group, source)] -= 1
            self.members[group][self.unit(group, target)] += 1
