"""Machines into rooms: whether all fit, and where each goes. Exact: what is refused is proved.

Sizes are in any unit, largest first; rooms ascend. Three things are tried, the cheap ones first. Best fit: each
machine, largest first, into the smallest room that takes it. Sums: for each size, how many machines at least that
large there are, how much they are together, and what the rooms could take of such. Then two searches by turns, each
with four times the work of its last turn, as one is soon done where the other is not: room by room (`fill`, each
turn with another idea of how much may be wasted at first), and machine by machine (`place`). Both forget nothing that
they have found impossible, up to `MEMORY` numbers.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import Final

from xcp_kernels._reference.meter import Meter
from xcp_kernels.verdict import Ground, Verdict

# The numbers that a search may remember of what is impossible.
MEMORY: Final = 1 << 21
FIRST_TURN: Final = 512
LONGER: Final = 4
# Turn after turn, how many halves of its fair share of the slack a room may leave empty at first.
_HALVES: Final = (2, 4, 1, 8)


@dataclass(slots=True)
class Packed:
    """How it came out: for each machine the number of its room, -1 where it has none; and the ground of a NO."""

    verdict: Verdict
    rooms: list[int] = field(default_factory=list[int])
    ground: Ground = Ground.NONE
    size: int = 0
    need: int = 0
    have: int = 0
    searched: bool = False


def pack(sizes: Sequence[int], rooms: Sequence[int], meter: Meter, longest: int = -1) -> Packed:
    """Put machines into rooms: `sizes` descend, `rooms` ascend, none is negative, and there is a room.

    No search gets a turn of more than `longest` steps; -1 sets no bound. Where the verdict is not YES, `rooms` of the
    result is what best fit found.
    """
    meter.spend(len(sizes))
    where = best_fit(sizes, rooms)
    if -1 not in where:
        return Packed(Verdict.YES, where)
    if (refused := by_sums(sizes, rooms)) is not None:
        refused.rooms = where
        return refused
    # A plan uses no more rooms than there are machines; and if it uses one of the others, a larger one is empty.
    count = sum(1 for size in sizes if size > 0)
    first = max(0, len(rooms) - count)
    found, verdict = _search(sizes[:count], rooms[first:], meter, longest)
    if verdict is Verdict.YES:
        return Packed(verdict, [first + room for room in found] + [0] * (len(sizes) - count), searched=True)
    ground = Ground.EXHAUSTED if verdict is Verdict.NO else Ground.NONE
    return Packed(verdict, where, ground, sizes[count - 1], sum(sizes), sum(rooms), searched=True)


def best_fit(sizes: Sequence[int], rooms: Sequence[int]) -> list[int]:
    """For each machine the smallest room that takes it, by what is left of it then; -1 where none does."""
    left = [(room, number) for number, room in enumerate(rooms)]
    where: list[int] = []
    for size in sizes:
        at = bisect_left(left, (size, -1))
        if at == len(left):
            where.append(-1)
            continue
        room, number = left.pop(at)
        insort(left, (room - size, number))
        where.append(number)
    return where


def by_sums(sizes: Sequence[int], rooms: Sequence[int]) -> Packed | None:
    """Refuse what sums alone refuse: too many machines of a size or more, or too much of them together."""
    together = 0
    for count, size in enumerate(sizes, 1):
        together += size
        if size == 0 or (count < len(sizes) and sizes[count] == size):
            continue
        fitting = rooms[bisect_left(rooms, size) :]
        places = sum(room // size for room in fitting)
        if count > places:
            return Packed(Verdict.NO, [], Ground.TOO_MANY, size, count, places)
        if together > sum(fitting):
            return Packed(Verdict.NO, [], Ground.TOO_MUCH, size, together, sum(fitting))
    return None


def _search(sizes: Sequence[int], rooms: Sequence[int], meter: Meter, longest: int) -> tuple[list[int], Verdict]:
    """Both searches by turns. Rooms that nothing fits into are left out; they come first."""
    empty = bisect_left(rooms, sizes[-1])
    inner = rooms[empty:]
    turn = FIRST_TURN
    for halves in cycle(_HALVES):
        if 0 <= longest < turn:
            break
        for search in (partial(fill, halves=halves), place):
            meter.begin_turn(turn)
            found, verdict = search(sizes, inner, meter)
            meter.begin_turn(math.inf)
            if verdict is not Verdict.UNKNOWN or meter.over:
                return [empty + room for room in found], verdict
        turn *= LONGER
    return [], Verdict.UNKNOWN


# ---------------------------------------------------------------- room by room


class _Filling:
    """Contents of one room: how many machines of each class of equal sizes. They come in falling order.

    `left` is what can be taken, `slack` what may stay empty in this room and all after it. First come contents that
    leave no more than `fair` of that empty, then all others. Not shown is what another one is at least as good as:
    where a machine outside would fit as well, or in place of one or two smaller ones.
    """

    def __init__(self, sizes: Sequence[int], left: Sequence[int], room: int, slack: int, fair: int) -> None:
        self.take = [0] * len(sizes)
        self.left = left
        self.slack = slack
        self.rest = room
        self._sizes = sizes
        self._room = room
        self._fair = fair
        self._in_share = True
        self._fresh = True
        # The size of all that could be taken of class c and the smaller ones.
        self._below = [0] * (len(sizes) + 1)
        for c in reversed(range(len(sizes))):
            self._below[c] = self._below[c + 1] + sizes[c] * left[c]

    def advance(self, meter: Meter) -> bool:
        """Go to the next content; False when there is none, or no more work may be done."""
        while meter.spend():
            if not self._step():
                if not self._in_share or self._fair >= self.slack:
                    return False
                self._in_share = False
                self._fresh = True
                continue
            if self._good():
                return True
        return False

    def _step(self) -> bool:
        """The next content of all that may be good, in falling order."""
        if self._fresh:
            self._fresh = False
            self.rest = self._room
            self._fill_from(0)
            return True
        most = self._fair if self._in_share else self.slack
        for c in reversed(range(len(self.take))):
            if self.take[c] == 0:
                continue
            self.rest += self._sizes[c]
            # What is left out of class c must not fit in the end, and not too much may stay empty.
            if self.rest - self._below[c + 1] <= min(most, self._sizes[c] - 1):
                self.take[c] -= 1
                self._fill_from(c + 1)
                return True
            self.rest += self._sizes[c] * (self.take[c] - 1)
            self.take[c] = 0
        return False

    def _fill_from(self, c: int) -> None:
        for number in range(c, len(self.take)):
            count = min(self.left[number], self.rest // self._sizes[number])
            self.take[number] = count
            self.rest -= count * self._sizes[number]

    def _good(self) -> bool:
        rest = self.rest
        if self._in_share:
            if rest > self._fair:
                return False
        elif rest <= self._fair or rest > self.slack:
            return False
        if self._outside(0, rest):
            return False
        taken = [c for c, count in enumerate(self.take) if count]
        for place_, c in enumerate(taken):
            if self._outside(self._sizes[c] + 1, self._sizes[c] + rest):
                return False
            others = taken[place_ if self.take[c] > 1 else place_ + 1 :]
            if any(self._outside(m, m + rest) for m in (self._sizes[c] + self._sizes[other] for other in others)):
                return False
        return True

    def _outside(self, least: int, most: int) -> bool:
        """Whether a machine of such a size could be taken and is not."""
        return any(
            least <= size <= most and left > taken
            for size, left, taken in zip(self._sizes, self.left, self.take, strict=True)
        )


def fill(machines: Sequence[int], rooms: Sequence[int], meter: Meter, *, halves: int = 2) -> tuple[list[int], Verdict]:
    """Fill room after room, the smallest first: the room of each machine, or the proof that there is no plan.

    Contents come first that leave no more than `halves` halves of a fair share of the slack empty.
    """
    sizes = sorted(set(machines), reverse=True)
    left: Sequence[int] = [machines.count(size) for size in sizes]
    slack = sum(rooms) - sum(machines)
    if slack < 0:
        return [], Verdict.NO
    impossible: set[tuple[int, ...]] = set()
    stack: list[_Filling] = []
    while any(left):
        if not meter.spend():
            return [], Verdict.UNKNOWN
        depth = len(stack)
        if _may_fit(sizes, left, rooms[depth:]) and (depth, *left) not in impossible:
            fair = min(slack, halves * (slack // (len(rooms) - depth)) // 2)
            stack.append(_Filling(sizes, left, rooms[depth], slack, fair))
        while stack and not stack[-1].advance(meter):
            if meter.tired:
                return [], Verdict.UNKNOWN
            nothing = stack.pop()
            if len(impossible) < MEMORY // (len(sizes) + 1):
                impossible.add((len(stack), *nothing.left))
        if not stack:
            return [], Verdict.NO
        left = [count - taken for count, taken in zip(stack[-1].left, stack[-1].take, strict=True)]
        slack = stack[-1].slack - stack[-1].rest
    return _filled(machines, sizes, [one.take for one in stack]), Verdict.YES


def _may_fit(sizes: Sequence[int], left: Sequence[int], rooms: Sequence[int]) -> bool:
    """Whether those machines of which no room takes two have a room each."""
    room = len(rooms)
    for size, count in zip(sizes, left, strict=True):
        if count and (not rooms or size * 2 <= rooms[-1]):
            return bool(rooms)
        for _ in range(count):
            room -= 1
            if room < 0 or rooms[room] < size:
                return False
    return True


def _filled(machines: Sequence[int], sizes: Sequence[int], contents: Sequence[Sequence[int]]) -> list[int]:
    """The room of each machine: those of equal size go to the rooms in their order."""
    rooms = {size: [r for r, take in enumerate(contents) for _ in range(take[c])] for c, size in enumerate(sizes)}
    used = dict.fromkeys(sizes, 0)
    where: list[int] = []
    for size in machines:
        where.append(rooms[size][used[size]])
        used[size] += 1
    return where


# ---------------------------------------------------------------- machine by machine


@dataclass(slots=True)
class _Step:
    """A machine that was put into a room: which, what the room had left before, and whether it was the only choice."""

    number: int
    room: int
    only: bool
    wasted: int


def place(machines: Sequence[int], rooms: Sequence[int], meter: Meter) -> tuple[list[int], Verdict]:
    """Place machine after machine, the largest first, into each room of another size: the smallest that fits first.

    The first room is the only one that needs to be tried where the machine fits exactly, and where no second machine
    fits beside any: whatever else could be there could change places with it.
    """
    left = [(room, number) for number, room in enumerate(rooms)]
    smallest = machines[-1]
    slack = sum(rooms) - sum(machines)
    if slack < 0:
        return [], Verdict.NO
    impossible: set[tuple[int, ...]] = set()
    trail: list[_Step] = []
    tried = 0  # for the next machine: the largest room that was tried
    while len(trail) < len(machines):
        if not meter.spend():
            return [], Verdict.UNKNOWN
        size = machines[len(trail)]
        at = len(left)
        if tried or _state(trail, left, smallest) not in impossible:
            at = bisect_left(left, (max(size, tried + 1), -1))
        if at < len(left):
            room, number = left[at]
            only = tried == 0 and (room == size or room < 2 * smallest)
            wasted = room - size if room - size < smallest else 0
            if wasted > slack and not only:
                tried = room
                continue
            if wasted <= slack:
                left.pop(at)
                insort(left, (room - size, number))
                slack -= wasted
                trail.append(_Step(number, room, only, wasted))
                tried = 0
                continue
        # There is no way on from here. Go back to the last machine that has another room to try.
        while True:
            if len(impossible) < MEMORY // (len(rooms) + 1):
                impossible.add(_state(trail, left, smallest))
            if not trail:
                return [], Verdict.NO
            last = trail.pop()
            left.remove((last.room - machines[len(trail)], last.number))
            insort(left, (last.room, last.number))
            slack += last.wasted
            if not last.only:
                tried = last.room
                break
    return [step.number for step in trail], Verdict.YES


def _state(trail: Sequence[_Step], left: Sequence[tuple[int, int]], smallest: int) -> tuple[int, ...]:
    """What decides how it can go on: how many machines are placed, and what is left of the rooms."""
    return len(trail), *(room if room >= smallest else 0 for room, _ in left)
