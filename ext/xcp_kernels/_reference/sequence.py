"""The order of moves: no move ever overfills a host or breaks a group in between, whatever the plan's end is.

Moves are made one after the other, each when its host has room, the one that helps most first: a plan that is cut
short is still a good one. Where all wait for each other, one item steps aside for a while, at the price of one more
move (two, if it was not to move at all).
"""

from collections.abc import Sequence
from typing import Final

from xcp_kernels._reference.standing import FREE, Standing
from xcp_kernels.pool import NOWHERE, Pool

WINDOW: Final = 1024
"""So many possible moves are compared; with more, the first items' are."""
MOST_ASIDE: Final = 1 << 20
"""So many ways to step aside are tried in all."""


class Procession:
    """Moves from `start` to `goal`, of at most `most` machines."""

    def __init__(self, pool: Pool, start: Sequence[int], goal: Sequence[int], most: int) -> None:
        self.standing = Standing(pool, start)
        self.moves: list[tuple[int, int]] = []
        """Item and host."""
        self._pool = pool
        self._goal = list(goal)
        self._left = most
        self._stepped: set[int] = set()
        self._patience = MOST_ASIDE

    def run(self) -> bool:
        """Whether the goal was reached."""
        pending = [i for i, host in enumerate(self.standing.at) if host != self._goal[i]]
        while pending:
            item = self._next(pending)
            if item is None:
                if not self._step_aside(pending):
                    return False
                continue
            if not self._move(item, self._goal[item]):
                return False
            pending.remove(item)
        return True

    def _move(self, item: int, target: int) -> bool:
        self._left -= self._pool.size[item]
        if self._left < 0:
            return False
        self.standing.trade(item, target)
        self.moves.append((item, target))
        return True

    def _next(self, pending: Sequence[int]) -> int | None:
        best: tuple[float, int] | None = None
        possible = 0
        for item in pending:
            source, target = self.standing.at[item], self._goal[item]
            if self.standing.refusal(item, source, target) != FREE:
                continue
            key = (self.standing.after(item, source, target), item)
            if best is None or key < best:
                best = key
            possible += 1
            if possible >= WINDOW:
                break
        return None if best is None else best[1]

    def _step_aside(self, pending: list[int]) -> bool:
        """Move something out of a host for which a pending item waits: first what has to leave it anyway."""
        for item in pending:
            ways = [other for other in range(self.standing.items) if self._is_in_the_way(other, item)]
            at = self.standing.at
            leaving = [other for other in ways if self._goal[other] != at[other]]
            staying = [other for other in ways if self._goal[other] == at[other]]
            for other in (*leaving, *staying):
                if self._lets_in(item, other, pending):
                    return True
        return False

    def _is_in_the_way(self, other: int, item: int) -> bool:
        """Whether `other` is where `item` wants to go, or takes its place in a group, and may step aside."""
        where, target = self.standing.at[other], self._goal[item]
        if where == NOWHERE or other == item or not self._pool.movable[other] or other in self._stepped:
            return False
        if self._pool.size[other] > self._left:
            return False
        if where == target:
            return True
        return any(
            self._pool.group_price[group] < 0
            and self.standing.unit(group, where) == self.standing.unit(group, target)
            and group in self.standing.groups(other)
            for group in self.standing.groups(item)
        )

    def _lets_in(self, item: int, other: int, pending: list[int]) -> bool:
        standing, host, here = self.standing, self._goal[item], self.standing.at[other]
        for aside in range(standing.hosts):
            if aside in {here, self._goal[other]} or self._patience <= 0:
                continue
            self._patience -= 1
            if standing.refusal(other, here, aside) != FREE:
                continue
            standing.trade(other, aside)
            fits = standing.refusal(item, standing.at[item], host) == FREE
            standing.trade(other, here)
            if fits:
                self._stepped.add(other)
                self._move(other, aside)
                if other not in pending:
                    pending.append(other)
                    pending.sort()
                return True
        return False
