"""Improving a plan: exchanges drawn at random, kept unless they make it worse by more than a falling threshold.

An exchange of two items that are away from home costs no move, nor does one that brings an item home and sends
another of the same host in its place: at a given number of moves there are many plans, and this walks among them.
"""

from typing import Final

from xcp_kernels._reference.errand import Errand
from xcp_kernels._reference.standing import FREE, NOBODY

_MASK: Final = (1 << 64) - 1
TRIES_FOR_ITEM: Final = 256
LEAST_TRIES: Final = 1 << 16
MOST_TRIES: Final = 1 << 23
BOLDNESS: Final = 0.4
"""The first threshold is this share of the score for the average host: what one move changes."""
DRAWS: Final = 16
REPLACE: Final = 9
ROTATE: Final = 14
SWAP: Final = 15
"""Of 16 draws: below 9 replace what is sent, below 14 let two that are away change places, 14 any two; 15 move one."""
TINY: Final = 1e-12


class Dice:
    """xorshift64*, so that both twins draw the same."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) & _MASK or 1

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1; bound < 2^32."""
        x = self._state
        x ^= x >> 12
        x ^= (x << 25) & _MASK
        x ^= x >> 27
        self._state = x
        return ((((x * 0x2545F4914F6CDD1D) & _MASK) >> 32) * bound) >> 32


class Rolls:
    """Who is on which host, and who is away: lists from which one can be drawn, in any order."""

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self.all = errand.movable()
        self.on: list[list[int]] = [[] for _ in range(errand.standing.hosts)]
        self._place = [0] * errand.standing.items
        self.away: list[int] = []
        self._turn = [0] * errand.standing.items
        for item in self.all:
            host = errand.standing.at[item]
            _enter(self.on[host], self._place, item)
            if host != errand.home[item]:
                _enter(self.away, self._turn, item)

    def moved(self, item: int, source: int) -> None:
        """The item has left source for where it is now."""
        home, target = self._errand.home[item], self._errand.standing.at[item]
        _leave(self.on[source], self._place, item)
        _enter(self.on[target], self._place, item)
        if source == home:
            _enter(self.away, self._turn, item)
        elif target == home:
            _leave(self.away, self._turn, item)


def _enter(roll: list[int], place: list[int], item: int) -> None:
    place[item] = len(roll)
    roll.append(item)


def _leave(roll: list[int], place: list[int], item: int) -> None:
    last = roll.pop()
    if last != item:
        roll[place[item]] = last
        place[last] = place[item]


def exchange(errand: Errand, seed: int) -> None:
    """Walk from the errand's plan, and end with the best that was met; never worse than it began."""
    standing, dice, rolls = errand.standing, Dice(seed), Rolls(errand)
    if not rolls.all or standing.hosts <= 1:
        return
    tries = tries_of(errand)
    now = standing.score() + errand.toll
    threshold = BOLDNESS * standing.score() / standing.hosts
    best, best_at = now, list(standing.at)
    for turn in range(tries):
        item, target, back = _drawn(errand, rolls, dice)
        if target == NOBODY or standing.at[item] == target:
            continue
        source = standing.at[item]
        more = errand.moves_after(item, target, back)
        if more > 0 and errand.away + more > errand.most:
            continue
        if standing.refusal(item, source, target, back) != FREE:
            continue
        then = standing.after(item, source, target, back) + (errand.toll + errand.toll_after(item, target, back))
        if not then < now + threshold * (tries - turn) / tries:
            continue
        errand.trade(item, target, back)
        rolls.moved(item, source)
        if back != NOBODY:
            rolls.moved(back, target)
        now = then
        if now < best - TINY:
            best, best_at = now, list(standing.at)
    errand.go_to(best_at)


def tries_of(errand: Errand) -> int:
    """How many exchanges are tried."""
    if errand.settings.effort >= 0:
        return errand.settings.effort
    return min(max(TRIES_FOR_ITEM * errand.standing.items, LEAST_TRIES), MOST_TRIES)


def _drawn(errand: Errand, rolls: Rolls, dice: Dice) -> tuple[int, int, int]:
    kind = dice.below(DRAWS)
    if kind < ROTATE and rolls.away:
        item = rolls.away[dice.below(len(rolls.away))]
        roll = rolls.on[errand.home[item]] if kind < REPLACE else rolls.away
        if not roll:
            return item, NOBODY, NOBODY
        back = roll[dice.below(len(roll))]
        return item, errand.standing.at[back], back
    item = rolls.all[dice.below(len(rolls.all))]
    if kind < SWAP:
        back = rolls.all[dice.below(len(rolls.all))]
        return item, errand.standing.at[back], back
    return item, dice.below(errand.standing.hosts), NOBODY
