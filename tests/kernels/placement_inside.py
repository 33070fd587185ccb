"""Pools with parts, typical demands and a reserve, drawn by a seeded random; and an independent judge of them."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import Final

from tests.kernels.placement_draws import drawn_pool, integers
from tests.kernels.placement_judge import used
from xcp_kernels.pool import NOWHERE, Demand, Parts, Pool, Reserve

GPU: Final = 0
NUMA: Final = 1
_SHARES: Final = (0, 1, 2, 3, 5, 8)


def batch_pool(random: Random) -> Pool:
    """Half of the items are still to come; some want parts, and some pools have demands or a reserve."""
    pool = drawn_pool(random)
    homes = [home if random.randrange(2) else NOWHERE for home in pool.home]
    pool = replace(pool, home=integers(homes))
    if random.randrange(8):
        pool = replace(pool, parts=_parts(random, pool))
        if random.randrange(4):
            pool = replace(pool, demand=_demand(random, pool))
    if random.randrange(2):
        pool = replace(pool, reserve=_reserve(random, pool))
    if random.randrange(3) == 0:
        pool = replace(pool, weight=array("d", [0.0] * len(pool.weight)))
    return pool


def tight_pool(random: Random) -> Pool:
    """One row, nearly as much to come as the reserve leaves room for, and more hosts than may be lost."""
    hosts, items = random.randint(5, 9), random.randint(20, 40)
    steps = random.choice(((1, 2, 4, 8, 16), (2, 6, 18), (3, 15), (16,)))
    amounts = [random.randint(0, random.choice((4, 8, steps[-1]))) for _ in range(items)]
    room = sum(amounts) * (1 + random.random()) / hosts
    return plain_pool(
        [int(room * random.uniform(0.6, 1.6)) + 1 for _ in range(hosts)],
        amounts,
        [random.choice((NOWHERE, NOWHERE, random.randrange(hosts))) for _ in range(items)],
        weight=random.choice((0.0, 1.0)),
        reserve=Reserve(
            random.randint(1, 3), 0, integers(steps), integers(random.randrange(9) > 0 for _ in range(hosts))
        ),
    )


def wide_pool(random: Random) -> Pool:
    """More hosts than a line looks at anew each time, of one size or several, and items of few sizes in any order."""
    hosts, items = random.randint(33, 48), random.randint(80, 160)
    sizes = random.choice(((64,), (64, 96, 128)))
    return plain_pool(
        [random.choice(sizes) for _ in range(hosts)],
        [random.choice((2, 4, 8, 16)) for _ in range(items)],
        [random.choice((NOWHERE, NOWHERE, NOWHERE, random.randrange(hosts))) for _ in range(items)],
        weight=1.0,
    )


def plain_pool(
    capacity: Sequence[int],
    amounts: Sequence[int],
    homes: Sequence[int],
    *,
    weight: float = 0.0,
    reserve: Reserve | None = None,
) -> Pool:
    """One row; every host within reach."""
    hosts, items = len(capacity), len(amounts)
    return Pool(
        weight=array("d", [weight]),
        scale=array("d", [1 / room for room in capacity]),
        base=integers([0] * hosts),
        capacity=integers(capacity),
        domain=integers(range(hosts)),
        amount=integers(amounts),
        home=integers(homes),
        movable=integers([1] * items),
        size=integers([1] * items),
        cost=array("d", [0.0] * items),
        reach_of=integers([0] * items),
        reach=integers([1] * hosts),
        group_start=integers([0] * (items + 1)),
        group_of=integers([]),
        group_scope=integers([]),
        group_limit=integers([]),
        group_price=array("d"),
        reserve=reserve,
    )


def _parts(random: Random, pool: Pool) -> Parts:
    hosts = [[random.choice((GPU, GPU, NUMA)) for _ in range(random.randrange(6))] for _ in pool.domain]
    starts = [sum(map(len, hosts[:host])) for host in range(len(hosts) + 1)]
    sorts = [sort for host in hosts for sort in host]
    sizes = [random.choice((4, 8, 8)) for _ in sorts]
    base = [random.choice((0, 0, 0, 2, 9)) for _ in sorts]
    held: list[int] = []
    wants: list[list[tuple[int, int, int, int]]] = []
    for home in pool.home:
        mine: list[tuple[int, int, int, int]] = []
        bits = 0
        for sort in (GPU, NUMA):
            if random.randrange(3) == 0:
                amount = random.choice(_SHARES)
                mine.append((sort, random.choice((1, 1, 2)), amount, random.choice((amount, 7))))
        for sort, count, _, _ in list(mine):
            there = [] if home == NOWHERE else [k for k, one in enumerate(hosts[home]) if one == sort]
            if home != NOWHERE and len(there) < count:
                mine = [want for want in mine if want[0] != sort]
                continue
            bits |= sum(1 << k for k in there[:count])
        held.append(bits)
        wants.append(mine)
    flat = [want for mine in wants for want in mine]
    return Parts(
        start=integers(starts),
        sort=integers(sorts),
        size=integers(sizes),
        base=integers(base),
        uniform=integers(random.randrange(3) == 0 for _ in sorts),
        want_start=integers(sum(map(len, wants[:item])) for item in range(len(wants) + 1)),
        want_sort=integers(want[0] for want in flat),
        want_count=integers(want[1] for want in flat),
        want_amount=integers(want[2] for want in flat),
        want_profile=integers(want[3] for want in flat),
        held=integers(held),
    )


def _demand(random: Random, pool: Pool) -> Demand:
    many, rows = random.randrange(1, 5), len(pool.weight)
    return Demand(
        price=random.choice((0.0, 0.001, 1.0)),
        sort=GPU,
        weight=integers(random.randint(1, 9) for _ in range(many)),
        amount=integers(random.choice((0, 1, 8, 32)) for _ in range(many * rows)),
        count=integers(random.choice((1, 1, 2)) for _ in range(many)),
        each=integers(random.choice(_SHARES) for _ in range(many)),
    )


def _reserve(random: Random, pool: Pool) -> Reserve:
    rows = len(pool.weight)
    row = random.randrange(rows)
    steps = random.choice(((32,), (4, 32), (1, 2, 4, 8, 16, 32), (3, 12, 36)))
    takes = integers(random.randrange(8) > 0 for _ in pool.domain)
    return Reserve(random.choice((1, 1, 2, 3)), row, integers(steps), takes)


def part_wrongs(pool: Pool, at: Sequence[int], bits: Sequence[int]) -> list[str]:
    """Every item has what it wants where it is, and no part that an arrival uses holds too much or two profiles."""
    parts, found = pool.parts, list[str]()
    if parts is None:
        return found
    held = list(parts.base)
    serves: list[set[int]] = [set() for _ in parts.size]
    arrived: set[int] = set()
    for item, host in enumerate(at):
        if host == NOWHERE:
            continue
        mine = [parts.start[host] + k for k in range(64) if bits[item] >> k & 1]
        for want in range(parts.want_start[item], parts.want_start[item + 1]):
            got = [part for part in mine if parts.sort[part] == parts.want_sort[want]]
            mine = [part for part in mine if part not in got]
            if len(got) != parts.want_count[want]:
                found.append(f"{item} has {len(got)} parts of sort {parts.want_sort[want]}")
            for part in got:
                held[part] += parts.want_amount[want]
                serves[part].add(parts.want_profile[want])
                if pool.home[item] == NOWHERE and (parts.want_amount[want] or parts.uniform[part]):
                    arrived.add(part)
        if mine or any(part >= parts.start[host + 1] for part in mine):
            found.append(f"{item} has parts that it does not want")
    before = serves_before(pool)
    for part in arrived:
        if held[part] > parts.size[part]:
            found.append(f"part {part} holds too much")
        if parts.uniform[part] and len(serves[part]) > max(len(before[part]), 1):
            found.append(f"part {part} serves more profiles than one")
    return found


def serves_before(pool: Pool) -> list[set[int]]:
    """The profiles on each part at the start: they may be several, where somebody did not keep the rule."""
    parts = pool.parts
    if parts is None:
        return []
    serves: list[set[int]] = [set() for _ in parts.size]
    for item, host in enumerate(pool.home):
        if host == NOWHERE:
            continue
        for want in range(parts.want_start[item], parts.want_start[item + 1]):
            for part in range(parts.start[host], parts.start[host + 1]):
                if parts.held[item] >> part - parts.start[host] & 1 and parts.sort[part] == parts.want_sort[want]:
                    serves[part].add(parts.want_profile[want])
    return serves


def survives(pool: Pool, at: Sequence[int], failures: int, row: int, takes: Sequence[int]) -> bool:
    """Whether the items of any so many hosts have room elsewhere, by trying everything."""
    hosts = range(len(pool.domain))
    rows = len(pool.weight)
    for lost in combinations(hosts, min(failures, len(hosts))):
        free = [
            pool.capacity[host * rows + row] - used(pool, at, host, row) if takes[host] and host not in lost else 0
            for host in hosts
        ]
        items = sorted((pool.amount[i * rows + row] for i, host in enumerate(at) if host in lost), reverse=True)
        if not _pack([one for one in items if one], free):
            return False
    return True


def _pack(items: Sequence[int], free: list[int]) -> bool:
    if not items:
        return True
    for host in {room: host for host, room in enumerate(free) if room >= items[0]}.values():
        free[host] -= items[0]
        fits = _pack(items[1:], free)
        free[host] += items[0]
        if fits:
            return True
    return False
