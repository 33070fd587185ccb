"""One request to plan: where things are, where they began, and what moving them may cost."""

from collections.abc import Sequence
from typing import Final

from xcp_kernels._reference.standing import NOBODY, Standing
from xcp_kernels.pool import NOWHERE, Mode, Pool, Settings

UNLIMITED: Final = 1 << 40
MOST_ASIDE: Final = 1 << 20
"""So many ways to make room are tried in a round."""


class Errand:
    """A plan in the making.

    `home` is where the round began, `away` how many moves lead from there to here, `made` how many were made on the
    way. While it `only_mends`, a move that mends nothing is undone, whatever it gains.
    """

    def __init__(self, pool: Pool, settings: Settings, home: Sequence[int]) -> None:
        self.pool = pool
        self.settings = settings
        self.home = list(home)
        self.standing = Standing(pool, home)
        self.away = 0
        self.made = 0
        self.only_mends = True
        self.patience = MOST_ASIDE
        self.toll = 0.0
        self.most = settings.most_moves if settings.most_moves >= 0 else UNLIMITED

    def charge(self, item: int) -> float:
        """What moving the item must gain, in score."""
        if self.settings.mode != Mode.IMPROVE:
            return 0.0
        return self.settings.margin * self.pool.size[item] + self.pool.cost[item]

    def strays(self, item: int, host: int) -> int:
        """1 if the item would be away from home on that host."""
        return int(self.home[item] != host)

    def moves_after(self, item: int, target: int, back: int = NOBODY) -> int:
        """How many more moves the plan would have; negative where something comes home."""
        source = self.standing.at[item]
        more = (self.strays(item, target) - self.strays(item, source)) * self.pool.size[item]
        if back != NOBODY:
            more += (self.strays(back, source) - self.strays(back, target)) * self.pool.size[back]
        return more

    def toll_after(self, item: int, target: int, back: int = NOBODY) -> float:
        """How much more the moves of the plan would have to gain."""
        source = self.standing.at[item]
        more = (self.strays(item, target) - self.strays(item, source)) * self.charge(item)
        if back != NOBODY:
            more += (self.strays(back, source) - self.strays(back, target)) * self.charge(back)
        return more

    def moves_at_most(self, item: int) -> int:
        """How many more moves the plan would have if the item went to any host but home."""
        return (1 - self.strays(item, self.standing.at[item])) * self.pool.size[item]

    def affords(self, item: int, other: int) -> bool:
        """Whether both may be moved."""
        return self.away + self.moves_at_most(item) + self.moves_at_most(other) <= self.most and item != other

    def trade(self, item: int, target: int, back: int = NOBODY) -> None:
        """Do it, and keep the books."""
        self.away += self.moves_after(item, target, back)
        self.made += self.pool.size[item] + (self.pool.size[back] if back != NOBODY else 0)
        self.toll += self.toll_after(item, target, back)
        self.standing.trade(item, target, back)

    def go_to(self, at: Sequence[int]) -> None:
        """Stand where `at` says, with all books made anew."""
        self.standing = Standing(self.pool, at)
        self.away = 0
        self.toll = 0.0
        for item in self.movable():
            self.away += self.strays(item, at[item]) * self.pool.size[item]
            self.toll += self.strays(item, at[item]) * self.charge(item)

    def movable(self) -> list[int]:
        """The items that may be moved."""
        return [i for i in range(self.standing.items) if self.pool.movable[i] and self.home[i] != NOWHERE]
