"""An independent judge of plans: it knows the rules of `xcp_kernels.pool`, and shares no line with the kernels."""

from collections import Counter
from collections.abc import Sequence
from itertools import product
from statistics import pstdev

from xcp_kernels.pool import NOWHERE, Pool, Scope


def used(pool: Pool, at: Sequence[int], host: int, row: int) -> int:
    """What is used of one row of a host."""
    rows = len(pool.weight)
    there = sum(pool.amount[item * rows + row] for item, where in enumerate(at) if where == host)
    return pool.base[host * rows + row] + there


def members(pool: Pool, at: Sequence[int], group: int) -> Counter[int]:
    """How many members of a group each host or domain has."""
    found = Counter[int]()
    for item, host in enumerate(at):
        if host != NOWHERE and group in groups_of(pool, item):
            found[pool.domain[host] if pool.group_scope[group] == Scope.DOMAIN else host] += 1
    return found


def groups_of(pool: Pool, item: int) -> Sequence[int]:
    """The groups of an item."""
    return pool.group_of[pool.group_start[item] : pool.group_start[item + 1]]


def excess(pool: Pool, at: Sequence[int], group: int) -> int:
    """By how much a group is beyond its limit."""
    there = members(pool, at, group)
    if pool.group_scope[group] == Scope.TOGETHER:
        return max(len(there) - 1, 0)
    return sum(max(count - pool.group_limit[group], 0) for count in there.values())


def score(pool: Pool, at: Sequence[int]) -> float:
    """As `Pool` says."""
    rows, total = len(pool.weight), 0.0
    for row, weight in enumerate(pool.weight):
        counted = [host for host in range(len(pool.domain)) if pool.scale[host * rows + row] > 0]
        if counted:
            total += weight * pstdev(used(pool, at, host, row) * pool.scale[host * rows + row] for host in counted)
    return total + sum(price * excess(pool, at, group) for group, price in enumerate(pool.group_price) if price >= 0)


def violations(pool: Pool, at: Sequence[int]) -> int:
    """Items where they may not be, rows too full, members too many or apart."""
    rows, hosts = len(pool.weight), len(pool.domain)
    out_of_reach = sum(host != NOWHERE and not reaches(pool, item, host) for item, host in enumerate(at))
    full = sum(
        used(pool, at, host, row) > pool.capacity[host * rows + row] for host, row in product(range(hosts), range(rows))
    )
    return out_of_reach + full + sum(excess(pool, at, g) for g, price in enumerate(pool.group_price) if price < 0)


def reaches(pool: Pool, item: int, host: int) -> bool:
    """Whether the item may be there at all."""
    return pool.reach[pool.reach_of[item] * len(pool.domain) + host] != 0


def wrongs(pool: Pool, moves: Sequence[tuple[int, int]]) -> list[str]:
    """Make the moves one by one; every rule that one of them breaks where it arrives."""
    at, found, rows = list(pool.home), list[str](), len(pool.weight)
    for item, host in moves:
        source = at[item]
        at[item] = host
        if not pool.movable[item] or source in {NOWHERE, host}:
            found.append(f"{item} may not be moved")
        if not reaches(pool, item, host):
            found.append(f"{item} may not be on {host}")
        for row in range(rows):
            if pool.amount[item * rows + row] and used(pool, at, host, row) > pool.capacity[host * rows + row]:
                found.append(f"{item} overfills row {row} of {host}")
        for group in groups_of(pool, item):
            if pool.group_price[group] < 0 and _breaks(pool, at, group, source, host):
                found.append(f"{item} breaks group {group} on {host}")
    return found


def _breaks(pool: Pool, at: Sequence[int], group: int, source: int, host: int) -> bool:
    there = members(pool, at, group)
    if pool.group_scope[group] == Scope.TOGETHER:
        return there[host] == 1 and len(there) > 1
    unit = pool.domain[host] if pool.group_scope[group] == Scope.DOMAIN else host
    before = pool.domain[source] if pool.group_scope[group] == Scope.DOMAIN else source
    return unit != before and there[unit] > pool.group_limit[group]


def machines(pool: Pool, moves: Sequence[tuple[int, int]]) -> int:
    """How many machines are moved, each as often as it moves."""
    return sum(pool.size[item] for item, _ in moves)


def end(pool: Pool, moves: Sequence[tuple[int, int]]) -> list[int]:
    """Where everything is in the end."""
    at = list(pool.home)
    for item, host in moves:
        at[item] = host
    return at


def fewest_moves(pool: Pool) -> int | None:
    """How many machines have to move until nothing is violated; None: no end is without violations. By trying all."""
    hosts, fewest = range(len(pool.domain)), None
    choices = [hosts if pool.movable[item] and home != NOWHERE else (home,) for item, home in enumerate(pool.home)]
    for at in product(*choices):
        moved = sum(pool.size[item] for item, host in enumerate(at) if host != pool.home[item])
        if (fewest is None or moved < fewest) and not violations(pool, at):
            fewest = moved
    return fewest
