"""All sets of R lost hosts: whether the machines of each come back. The words for what is lost are in `failures`.

Most sets are never looked at one by one. Let S be the lost hosts, and let machines be placed largest first, each
anywhere it fits. If one of size x finds no room, then each host b that is left had `free(b) - x + 1` or more filled
before. So all goes well if for every x

    sum over S (lost(h, x) + above(h, x)) < sum over all above(b, x) + x      above(b, x) = max(0, free(b) - x + 1)

where lost(h, x) is the size of all machines of h from x on: and for one x the worst S are just the R hosts with the
largest terms. The same holds for numbers of machines, with `ceil(above / largest size)` in place of `above`. In the
same way S is hopeless if its machines from x on are more (or are together more) than what is left can take of such.
What lies between is packed one set after the other, and searched where that fails.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Final

from xcp_kernels._reference.arrays import Integers
from xcp_kernels._reference.meter import Meter
from xcp_kernels._reference.packing import LONGER, Packed, pack
from xcp_kernels.verdict import Ground, Verdict

# With no more sizes than this each has sums of its own. Else those have them in common that differ by 1/32 at most.
_OWN_SUMS: Final = 64
_APART: Final = 32
# So many hosts before the last one it begins to be asked whether all sets that begin so are well.
_LEVELS: Final = 4
# A set that is not known after a turn of so many steps is put off, up to so many sets.
SHORT: Final = 2048
PUT_OFF: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Host:
    """A host in units of the pool: what is free, its machines with the largest first, and their sizes."""

    number: int
    free: int
    machines: Sequence[int]
    sizes: Sequence[int]
    together: int


@dataclass(frozen=True, slots=True)
class Pool:
    """All hosts, and the same by what is free. One `unit` is the greatest common divisor of all sizes, in KiB."""

    hosts: Sequence[Host]
    by_free: Sequence[Host]
    unit: int


def pool_of(offsets: Integers, sizes: Integers, room: Integers) -> Pool:
    unit = gcd(*sizes) or 1
    hosts: list[Host] = []
    for number, most in enumerate(room):
        here = range(offsets[number], offsets[number + 1])
        machines = sorted(here, key=lambda machine: (-sizes[machine], machine))
        together = sum(sizes[machine] for machine in here)
        # Where every size is a multiple of the unit, less than one unit is of no use to anybody.
        free = (most - together) // unit
        hosts.append(Host(number, free, machines, [sizes[m] // unit for m in machines], together // unit))
    return Pool(hosts, sorted(hosts, key=lambda host: (host.free, host.number)), unit)


def machines_of(hosts: Sequence[Host]) -> list[tuple[int, int]]:
    """The machines of some hosts with their sizes, the largest first, ties by index."""
    some = [row for host in hosts for row in zip(host.sizes, host.machines, strict=True)]
    return sorted(some, key=lambda row: (-row[0], row[1]))


@dataclass(slots=True)
class Outcome:
    """What is known in the end, and of which set of hosts."""

    verdict: Verdict
    lost: Sequence[int]
    ground: Ground = Ground.NONE
    size: int = 0
    need: int = 0
    have: int = 0
    packed: int = 0
    searched: int = 0


def outcome_of(found: Packed, lost: Sequence[int], unit: int) -> Outcome:
    """The same in KiB."""
    each = 1 if found.ground is Ground.TOO_MANY else unit
    return Outcome(found.verdict, lost, found.ground, found.size * unit, found.need * each, found.have * each)


class _Sums:
    """For the sizes from `low` to `high`: what each host adds to the sums, and what they must stay below.

    `volume` and `number` prove that all goes well; see above.
    """

    def __init__(self, hosts: Sequence[Host], low: int, high: int, largest: int) -> None:
        above = [max(0, host.free - high + 1) for host in hosts]
        places = [-(-one // largest) for one in above]
        self.low = low
        self.lost = [sum(size for size in host.sizes if size >= low) for host in hosts]
        self.count = [sum(1 for size in host.sizes if size >= low) for host in hosts]
        self.volume = [one + other for one, other in zip(self.lost, above, strict=True)]
        self.number = [one + other for one, other in zip(self.count, places, strict=True)]
        self.volume_below = sum(above) + low
        self.number_below = sum(places) + 1


class AllSets:
    """The search through all sets of `count` hosts, those that lose most first."""

    def __init__(self, pool: Pool, count: int, meter: Meter) -> None:
        self._pool = pool
        self._count = count
        self._meter = meter
        self._hosts = sorted(pool.hosts, key=lambda host: (-host.together, -host.free, host.number))
        self._packed = 0
        self._searched = 0
        self._hardest: Sequence[int] = _heaviest([host.free + host.together for host in self._hosts], count)
        self._most_steps = 0

    def run(self) -> Outcome:
        """All of it."""
        largest = max((host.sizes[0] for host in self._hosts if host.sizes), default=0)
        open_: list[_Sums] = []
        for low, high in _ranges(sorted({size for host in self._hosts for size in host.sizes if size}, reverse=True)):
            sums = _Sums(self._hosts, low, high, largest)
            if (refused := self._hopeless(sums)) is not None:
                return refused
            volume = sum(sums.volume[place] for place in _heaviest(sums.volume, self._count))
            number = sum(sums.number[place] for place in _heaviest(sums.number, self._count))
            if volume >= sums.volume_below and number >= sums.number_below:
                open_.append(sums)
        outcome = self._one_by_one(open_) if open_ else self._well()
        outcome.packed, outcome.searched = self._packed, self._searched
        return outcome

    def _hopeless(self, sums: _Sums) -> Outcome | None:
        """The set that is worst for machines of one size and more, if sums alone refuse it."""
        low = sums.low
        fitting = [host.free if host.free >= low else 0 for host in self._hosts]
        places = [host.free // low for host in self._hosts]
        for each, has, needs, ground in (
            (1, places, sums.count, Ground.TOO_MANY),
            (self._pool.unit, fitting, sums.lost, Ground.TOO_MUCH),
        ):
            worst = _heaviest([one + other for one, other in zip(has, needs, strict=True)], self._count)
            need = sum(needs[place] for place in worst)
            have = sum(has) - sum(has[place] for place in worst)
            if need > have:
                size = low * self._pool.unit
                return Outcome(Verdict.NO, self._numbers(worst), ground, size, need * each, have * each)
        return None

    def _one_by_one(self, open_: Sequence[_Sums]) -> Outcome:
        """Pack each set that sums leave open; those that take long are put off until all others are known."""
        put_off: list[Sequence[int]] = []
        for chosen in _sets(self._hosts, self._count, open_, self._meter):
            found = self._packs(chosen, SHORT if len(put_off) < PUT_OFF else -1)
            if found.verdict is Verdict.NO or self._meter.over:
                return self._ended(found, [*put_off, chosen])
            if found.verdict is Verdict.UNKNOWN:
                put_off.append(chosen)
        if self._meter.over:
            return Outcome(Verdict.UNKNOWN, self._numbers(put_off[0]) if put_off else [])
        turn = SHORT
        while put_off:
            turn *= LONGER
            again, put_off = put_off, []
            for chosen in again:
                found = self._packs(chosen, turn)
                if found.verdict is Verdict.NO or self._meter.over:
                    return self._ended(found, [*put_off, chosen])
                if found.verdict is Verdict.UNKNOWN:
                    put_off.append(chosen)
        return self._well()

    def _packs(self, chosen: Sequence[int], longest: int) -> Packed:
        gone = [self._hosts[place] for place in chosen]
        numbers = {host.number for host in gone}
        rooms = [host.free for host in self._pool.by_free if host.number not in numbers]
        before = self._meter.steps
        found = pack([size for size, _ in machines_of(gone)], rooms, self._meter, longest)
        self._packed += 1
        if found.searched:
            self._searched += 1
            if found.verdict is Verdict.YES and self._meter.steps - before > self._most_steps:
                self._most_steps = self._meter.steps - before
                self._hardest = chosen
        return found

    def _ended(self, found: Packed, unknown: Sequence[Sequence[int]]) -> Outcome:
        if found.verdict is Verdict.NO:
            return outcome_of(found, self._numbers(unknown[-1]), self._pool.unit)
        return Outcome(Verdict.UNKNOWN, self._numbers(unknown[0]))

    def _well(self) -> Outcome:
        return Outcome(Verdict.YES, self._numbers(self._hardest))

    def _numbers(self, places: Sequence[int]) -> list[int]:
        return [self._hosts[place].number for place in places]


def _ranges(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """The sizes, which fall, as ranges that have their sums in common: the lowest and the highest of each."""
    ranges: list[tuple[int, int]] = []
    for size in sizes:
        if ranges and len(sizes) > _OWN_SUMS and size * _APART >= ranges[-1][1] * (_APART - 1):
            ranges[-1] = (size, ranges[-1][1])
        else:
            ranges.append((size, size))
    return ranges


def _heaviest(terms: Sequence[int], count: int) -> list[int]:
    """The places of the largest terms, ties by place."""
    return sorted(range(len(terms)), key=lambda place: (-terms[place], place))[:count]


def _sets(hosts: Sequence[Host], count: int, open_: Sequence[_Sums], meter: Meter) -> Iterator[Sequence[int]]:
    """All sets of `count` hosts that sums leave open, in order of places.

    Of hosts that are alike the first ones are taken. A beginning of a set is given up as soon as the sums of all sets
    that begin so are known to be low enough, for which the largest terms of the hosts still to come are added.
    """
    size = len(hosts)
    alike = [place > 0 and _alike(hosts[place - 1], hosts[place]) for place in range(size)]
    levels = min(_LEVELS, count - 1)
    volumes = [_suffixes(sums.volume, levels) for sums in open_]
    numbers = [_suffixes(sums.number, levels) for sums in open_]
    chosen: list[int] = []
    # For each host that is chosen, the sums that are still open after it: which, and what they have come to.
    still: list[list[tuple[int, int, int]]] = [[(one, 0, 0) for one in range(len(open_))]]
    place = 0
    while True:
        remaining = count - len(chosen) - 1
        if place + remaining >= size:
            if not chosen:
                return
            place = _next_other(alike, chosen.pop())
            still.pop()
            continue
        if not meter.spend():
            return
        now: list[tuple[int, int, int]] = []
        for one, volume, number in still[-1]:
            sums = open_[one]
            row = (one, volume + sums.volume[place], number + sums.number[place])
            if remaining > levels or (
                row[1] + volumes[one][remaining][place + 1] >= sums.volume_below
                and row[2] + numbers[one][remaining][place + 1] >= sums.number_below
            ):
                now.append(row)
        if not now:
            place = _next_other(alike, place)
        elif remaining:
            chosen.append(place)
            still.append(now)
            place += 1
        else:
            yield (*chosen, place)
            place = _next_other(alike, place)


def _next_other(alike: Sequence[bool], place: int) -> int:
    """The next place whose host is not like the one before it."""
    place += 1
    while place < len(alike) and alike[place]:
        place += 1
    return place


def _alike(one: Host, other: Host) -> bool:
    return one.free == other.free and one.sizes == other.sizes


def _suffixes(terms: Sequence[int], levels: int) -> list[list[int]]:
    """For each number up to `levels` and each place, the largest sum of so many terms from that place on."""
    table = [[0] * (len(terms) + 1) for _ in range(levels + 1)]
    for number in range(1, levels + 1):
        for place in reversed(range(len(terms) - number + 1)):
            best = table[number - 1][place + 1] + terms[place]
            if len(terms) - place > number:
                best = max(best, table[number][place + 1])
            table[number][place] = best
    return table
