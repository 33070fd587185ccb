"""Pools for the host-failure check: small ones on the edge, and large ones that a plan was planted in."""

from collections.abc import Sequence
from random import Random
from typing import Final

from tests.kernels.failures_calls import Host

GIB: Final = 1 << 20
_SIZES: Final = (2, 4, 8, 16, 32)
_SHARES: Final = (30, 30, 20, 15, 5)


def edge_pool(chance: Random, failures: int) -> list[Host]:
    """A small pool whose lost machines nearly fill what is left: cut to fit, and then a little wrong."""
    top = chance.choice((8, 16, 40, 200))
    free = [chance.randint(top // 4, top) for _ in range(chance.randint(2, 4))]
    small = [tuple(chance.randint(0, top // 6) for _ in range(chance.randint(0, 1))) for _ in free]
    pool = [Host(sum(mine) + one, mine) for mine, one in zip(small, free, strict=True)]
    for _ in range(chance.randint(1, 2)):
        sizes = [part for one in free for part in _cut(chance, one // max(1, failures), chance.randint(2, 4))]
        for _ in range(chance.randint(0, 2)):
            place = chance.randrange(len(sizes))
            sizes[place] = max(0, sizes[place] + chance.choice((-1, -1, 1)))
        spare = chance.choice((0, 0, 0, 1, 2)) - (chance.random() < 0.03)
        pool.append(Host(sum(sizes) + spare, tuple(sizes)))
    if chance.random() < 0.2:
        pool = [chance.choice(pool) for _ in pool]
    return chance.sample(pool, len(pool))


def _cut(chance: Random, whole: int, parts: int) -> list[int]:
    cuts = sorted(chance.randint(0, whole) for _ in range(parts - 1))
    return [end - begin for begin, end in zip([0, *cuts], [*cuts, whole], strict=True) if end > begin]


def machines(chance: Random, most: int, *, dust: bool) -> list[int]:
    """Machines of 2 to 32 GiB, `most` KiB in all; with `dust` no two are equal."""
    sizes: list[int] = []
    while True:
        size = chance.choices(_SIZES, _SHARES)[0] * GIB - (chance.randrange(GIB // 2) if dust else 0)
        if sum(sizes) + size > most:
            return sizes
        sizes.append(size)


def planted(chance: Random, hosts: int, failures: int, *, full: float = 0.9, dust: bool = False) -> list[Host]:
    """A pool of which any so many hosts can be lost, with machines in `full` of it, or in a little more.

    What is free was first cut into slots of the sizes of machines, so many that whatever is lost, each machine has a
    slot of its own on a host that is left: that is the plan which was planted. For one lost host every other draw
    rather gives each machine one host to go to, chosen so that hosts are asked for as little as possible: then hardly
    another plan is left. What that leaves of `full` is spread, in half of the hosts as dust that no machine fits into.
    """
    sizes = [machines(chance, 256 * GIB, dust=dust) for _ in range(hosts)]
    asked = _ways_out(chance, sizes) if failures == 1 and chance.random() < 0.5 else _slots(chance, sizes, failures)
    used = sum(map(sum, sizes))
    spare = max(0, int(used / full) - used - sum(asked)) // hosts
    least = min(map(min, sizes))
    return [
        Host(sum(mine) + free + (min(spare, least - 1) if chance.random() < 0.5 else spare), tuple(mine))
        for mine, free in zip(sizes, asked, strict=True)
    ]


def jigsaw(chance: Random, hosts: int, heavy: int, *, slack: float) -> list[Host]:
    """A pool of which any host can be lost, but for `heavy` of them there is hardly more than one way.

    Their machines were cut out of what is free of all others, of which only the share `slack` stays free.
    """
    free = [chance.randint(20 * GIB, 60 * GIB) for _ in range(hosts - heavy)]
    pool = [Host(sum(mine) + one, tuple(mine)) for one in free for mine in [machines(chance, 8 * one, dust=True)]]
    for _ in range(heavy):
        sizes = [part for one in free for part in _cut(chance, int(one * (1 - slack)), chance.randint(1, 5))]
        pool.append(Host(sum(sizes), tuple(chance.sample(sizes, len(sizes)))))
    return pool


def fullness(pool: Sequence[Host]) -> float:
    """How much of what machines may have they do have."""
    return sum(sum(host.sizes) for host in pool) / sum(host.room for host in pool)


def _ways_out(chance: Random, sizes: Sequence[Sequence[int]]) -> list[int]:
    """What each host is asked for by the worst other one, if every machine goes where it is told to."""
    hosts = len(sizes)
    asked = [0] * hosts
    for home in chance.sample(range(hosts), hosts):
        load = [0] * hosts
        for size in sorted(sizes[home], reverse=True):
            others = [(max(0, load[o] + size - asked[o]), asked[o] - load[o], o) for o in range(hosts) if o != home]
            other = min(others)[2]
            load[other] += size
            asked[other] = max(asked[other], load[other])
    return asked


def _slots(chance: Random, sizes: Sequence[Sequence[int]], failures: int) -> list[int]:
    """The sum of each host's slots: of every size there are enough, whichever hosts are lost with their own slots."""
    hosts = len(sizes)
    free, slots = [0] * hosts, [0] * hosts
    for gib in reversed(_SIZES):
        counts = [sum(1 for size in mine if 2 * size > gib * GIB) for mine in sizes]
        while sum(slots) < sum(sorted((c + s for c, s in zip(counts, slots, strict=True)), reverse=True)[:failures]):
            host = min(range(hosts), key=lambda one: (free[one], chance.random()))
            free[host] += gib * GIB
            slots[host] += 1
    return free
