"""Whether the arrays of a pool fit together; what both twins ask before anything else."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from xcp_kernels.pool import (
    MOST_AMOUNT,
    MOST_COUNTERS,
    MOST_DEMANDS,
    MOST_FAILURES,
    MOST_HOSTS,
    MOST_ITEMS,
    MOST_PARTS,
    MOST_PRICE,
    MOST_ROWS,
    MOST_STEEP,
    MOST_STEPS,
    MOST_WEIGHT,
    Demand,
    Parts,
    Pool,
    Reserve,
)


def check_shape(pool: Pool) -> None:
    """The arrays fit together, and the weights are numbers.

    Raises:
        ValueError: they do not, or there are more rows, hosts, items or counters than a kernel takes.
    """
    rows, hosts, items, groups = len(pool.weight), len(pool.domain), len(pool.home), len(pool.group_scope)
    if not 0 < rows <= MOST_ROWS or hosts > MOST_HOSTS or items > MOST_ITEMS or groups * hosts > MOST_COUNTERS:
        raise ValueError("no rows, or more rows, hosts, items or groups than a kernel takes")
    if any(len(one) != hosts * rows for one in (pool.scale, pool.base, pool.capacity)):
        raise ValueError("an array of hosts is not as long as hosts times rows")
    if len(pool.amount) != items * rows or len(pool.group_start) != items + 1:
        raise ValueError("an array of items is not as long as there are items")
    if any(len(one) != items for one in (pool.movable, pool.size, pool.cost, pool.reach_of)):
        raise ValueError("an array of items is not as long as there are items")
    if any(len(one) != groups for one in (pool.group_limit, pool.group_price)):
        raise ValueError("an array of groups is not as long as there are groups")
    if len(pool.reach) % max(hosts, 1) or (not hosts and len(pool.reach)):
        raise ValueError("reach is not a whole number of classes")
    _check_starts("group_start", pool.group_start, len(pool.group_of))
    if any(not 0 <= weight <= MOST_PRICE for weight in pool.weight):
        raise ValueError("a weight is negative, too large or no number")
    if pool.parts:
        _check_parts(pool.parts, hosts, items)
    if pool.demand:
        _check_demand(pool.demand, pool.parts, rows)
    if pool.reserve:
        _check_reserve(pool.reserve, pool, hosts, rows)


def _check_starts(name: str, starts: Sequence[int], end: int) -> None:
    if starts[0] != 0 or starts[-1] != end or any(one > after for one, after in pairwise(starts)):
        raise ValueError(f"{name} begins at 0, never falls, and ends with the length of what it parts")


def _check_parts(parts: Parts, hosts: int, items: int) -> None:
    if len(parts.start) != hosts + 1 or len(parts.want_start) != items + 1 or len(parts.held) != items:
        raise ValueError("an array of parts is not as long as there are hosts or items")
    if any(len(one) != len(parts.sort) for one in (parts.size, parts.base, parts.uniform)):
        raise ValueError("an array of parts is not as long as there are parts")
    if any(len(one) != len(parts.want_sort) for one in (parts.want_count, parts.want_amount, parts.want_profile)):
        raise ValueError("an array of wants is not as long as there are wants")
    _check_starts("start", parts.start, len(parts.sort))
    _check_starts("want_start", parts.want_start, len(parts.want_sort))
    if any(after - one > MOST_PARTS for one, after in pairwise(parts.start)):
        raise ValueError("a host has more parts than a kernel takes")


def _check_demand(demand: Demand, parts: Parts | None, rows: int) -> None:
    sorts = len(demand.weight)
    if parts is None or len(demand.count) != sorts or len(demand.each) != sorts or len(demand.amount) != sorts * rows:
        raise ValueError("an array of demands is not as long as there are demands, or there are no parts")
    if not 0 <= demand.price <= MOST_PRICE or sorts > MOST_DEMANDS or sum(demand.weight) > MOST_WEIGHT:
        raise ValueError("a price is negative or no number, or there are more demands than a kernel takes")
    if any(not 0 < one <= MOST_WEIGHT for one in (*demand.weight, *demand.count)):
        raise ValueError("a demand weighs nothing, or is for no part")
    if any(not 0 <= one <= MOST_AMOUNT for one in (*demand.amount, *demand.each)):
        raise ValueError("a demand is negative, or too large to be summed")
    if any(
        size > MOST_AMOUNT // MOST_WEIGHT
        for size, sort in zip(parts.size, parts.sort, strict=True)
        if sort == demand.sort
    ):
        raise ValueError("a part is too large for its fragments to be summed")


def _check_reserve(reserve: Reserve, pool: Pool, hosts: int, rows: int) -> None:
    steps = reserve.step
    if not 0 < reserve.failures <= MOST_FAILURES or not 0 <= reserve.row < rows or len(reserve.takes) != hosts:
        raise ValueError("a reserve is for no failures or too many, for no row, or not for all hosts")
    if not 0 < len(steps) <= MOST_STEPS or not 0 < steps[0] <= steps[-1] <= MOST_AMOUNT:
        raise ValueError("a reserve has no steps, too many, or one that is no size")
    if any(after <= one or after % one for one, after in pairwise(steps)):
        raise ValueError("the steps of a reserve do not rise, or do not divide each other")
    if steps[-1] // steps[0] > MOST_STEEP or max(pool.amount[reserve.row :: rows], default=0) > steps[-1]:
        raise ValueError("the steps of a reserve are too far apart, or an item is larger than the last")


def held_in_place(pool: Pool) -> Pool:
    """The pool, but what wants parts is not to be moved: which parts it would get elsewhere is for placing to say."""
    if pool.parts is None:
        return pool
    starts = pool.parts.want_start
    movable = bytearray(8 * len(pool.movable))
    view = memoryview(movable).cast("q")
    for item, may in enumerate(pool.movable):
        view[item] = may if starts[item] == starts[item + 1] else 0
    return replace(pool, movable=view)
