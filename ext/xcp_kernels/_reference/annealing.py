"""The walk: changes drawn at random, taken unless they make it worse by more than the temperature allows."""

from math import log
from operator import mul
from typing import Final

from xcp_kernels._reference.books import NOBODY, Books
from xcp_kernels._reference.exchange import Dice
from xcp_kernels.workload import BALANCE_FIELDS, Walk, Workload

LUCKS: Final = 4096
SPELL: Final = 4096
"""Tries at one temperature."""
DRAWS: Final = 16
ALIKE: Final = 6
SWAPS: Final = 12
"""Of 16 draws: below 6 two of like weight change places, below 12 any two; else one moves."""
NEAR: Final = 64
"""Alike are those that are, in the order of weight, at most this part of all apart."""


class Order:
    """The processes by weight: what their amounts cost where every unit costs."""

    def __init__(self, workload: Workload) -> None:
        width = len(workload.load_weight)
        self._weight = [0] * len(workload.service)
        for process in range(len(self._weight)):
            mine = workload.amount[process * width : process * width + width]
            self._weight[process] = sum(map(mul, workload.load_weight, mine))
            for k in range(0, len(workload.balance), BALANCE_FIELDS):
                one, two, target, weight = workload.balance[k : k + BALANCE_FIELDS]
                self._weight[process] += weight * (target * mine[one] + mine[two])
        self._order = sorted(range(len(self._weight)), key=self._weight.__getitem__)
        self._place = {process: place for place, process in enumerate(self._order)}
        self._playing = 1

    def admit(self, least: float) -> None:
        """From now on also those that weigh so much; the heaviest always."""
        while self._playing < len(self._order) and float(self._weight[self._order[-1 - self._playing]]) >= least:
            self._playing += 1

    def drawn(self, dice: Dice) -> int:
        """One of those that are in play."""
        return self._order[-1 - dice.below(self._playing)]

    def partner(self, process: int, dice: Dice) -> int:
        """One of like weight; the same where there is none."""
        reach = len(self._order) // NEAR + 1
        place = self._place[process] + dice.below(2 * reach + 1) - reach
        return self._order[place] if 0 <= place < len(self._order) else process


def anneal(books: Books, walk: Walk) -> tuple[list[int], int, int]:
    """The best assignment met, its cost, and how many changes were made; the books are left where the walk ended.

    A change is taken if it makes it worse by at most a share of the temperature that is drawn as for Metropolis' rule.
    Each process that it takes from home weighs `walk.homing` temperatures more, each that comes home as much less:
    what stays needlessly away uses up what others need that it holds at home. At the end that is next to nothing.
    Who weighs less than `walk.worth` temperatures is moved only in exchange: it would wander about and be in the way.
    """
    dice, processes, machines = Dice(walk.seed), len(books.at), len(books.workload.location)
    lucks = [-log((k + 0.5) / LUCKS) for k in range(LUCKS)]
    order = Order(books.workload)
    heat, fall = walk.hot, (walk.cold / walk.hot) ** (SPELL / walk.tries) if walk.tries else 1.0
    best, best_total, taken = list(books.at), books.total, 0
    if processes == 0 or machines == 1:
        return best, best_total, taken
    order.admit(walk.worth * heat)
    for turn in range(1, walk.tries + 1):
        if turn % SPELL == 0:
            heat *= fall
            order.admit(walk.worth * heat)
        process, back = order.drawn(dice), NOBODY
        kind = dice.below(DRAWS)
        if kind < SWAPS:
            back = order.partner(process, dice) if kind < ALIKE else dice.below(processes)
            target = books.at[back]
        else:
            target = dice.below(machines)
        source = books.at[process]
        if source == target or not books.is_allowed(process, target, back):
            continue
        pull = books.leaves(process, source, target)
        if back != NOBODY:
            pull += books.leaves(back, target, source)
        if float(books.change(process, target, back)) > heat * (lucks[dice.below(LUCKS)] - walk.homing * pull):
            continue
        books.move(process, target, back)
        taken += 1
        if books.total < best_total:
            best, best_total = list(books.at), books.total
    return best, best_total, taken
