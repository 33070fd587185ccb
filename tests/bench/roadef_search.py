"""A whole search: walk after walk of the reassignment kernel, colder and colder, until the time is over."""

import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from xcp_kernels.reassignment import Figure, Flaw, Status, Walk, Workload, anneal, cost
from xcp_kernels.workload import FIGURES

_FIRST: Final = 20_000
_LEAST: Final = 2_000
_WORTH: Final = 3.0
"""In temperatures: what a process has to weigh to be moved."""
_DECIDED: Final = 0.8
"""The share of a search after which loads hardly change any more."""
_LONGEST: Final = 1 / 20
"""Of the whole search: no walk takes more of it, so that there is always a temperature that fits."""


class FlawedError(ValueError):
    """The workload or the assignment that is home to its processes is not sound."""

    def __init__(self, flaw: Flaw, culprit: int) -> None:
        super().__init__(f"{flaw.name.lower().replace('_', ' ')}, number {culprit}")
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Found:
    """The best so far."""

    tries: int
    cost: int
    at: "array[int]"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Where the temperature begins, what it has fallen to when little is left to decide, and where it ends."""

    hot: float
    warm: float
    cold: float
    homing: float
    """How much processes are drawn home."""

    def heat(self, share: float) -> float:
        """The temperature when so much of the search is over."""
        if share < _DECIDED:
            return self.hot * math.pow(self.warm / self.hot, share / _DECIDED)
        return self.warm * math.pow(self.cold / self.warm, min((share - _DECIDED) / (1 - _DECIDED), 1.0))


def recipe_for(workload: Workload) -> Recipe:
    """By what the average process weighs.

    What is transient is used up by whoever leaves home, so there nobody leaves who has no need to.
    """
    width = len(workload.load_weight)
    load = sum(weight * sum(workload.amount[r::width]) for r, weight in enumerate(workload.load_weight))
    grain = max(load / max(len(workload.service), 1), 1.0)
    # Measured: the more pairs there are to try, the dearer is a move for nothing; and dearer where it is in the way.
    pairs = math.log(max(len(workload.service) * len(workload.location), 1))
    homing = pairs - 7.6 if any(workload.transient) else 1.67 * pairs - 18.9
    # At the end it is the prices of moves that count, some millionths of what the average process weighs.
    return Recipe(1.8 * grain, grain / 20_000, grain / 3_000_000, max(homing, 0.0))


def search(workload: Workload, share: Callable[[int], float], seed: int, longest: float = _LONGEST) -> Iterator[Found]:
    """The best after each walk, first of all home; `share` says how much of the search is over after so many tries.

    No walk shall take more than `longest` of the search.

    Raises:
        FlawedError: something is wrong with the workload.
    """
    at, figures = array("q", workload.home), array("q", [0] * FIGURES)
    if cost(workload, at, figures) != Status.DONE:
        raise FlawedError(Flaw(figures[Figure.FLAW]), figures[Figure.CULPRIT])
    best, tries, many, recipe = Found(0, figures[Figure.COST], array("q", at)), 0, _FIRST, recipe_for(workload)
    yield best
    now, step = share(0), 0.0
    while now < 1:
        seed += 1
        end = array("q", at)
        walk = Walk(many, recipe.heat(now), recipe.heat(now + step), recipe.homing, _WORTH, seed)
        anneal(workload, walk, at, end, figures)
        tries += many
        if figures[Figure.BEST] < best.cost:
            best = Found(tries, figures[Figure.BEST], end)
        else:
            best = Found(tries, best.cost, best.at)
        yield best
        before, now = now, share(tries)
        # What is left is met by more than a little, so that it is not gone by walks of nothing.
        step = min(longest, max(1 - now, longest / 32))
        many = max(_LEAST, int(many * min(step / max(now - before, 1e-9), 4)))
