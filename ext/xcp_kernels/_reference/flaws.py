"""What is wrong with a pool: one flaw for each host, item and group, before anything is computed."""

from xcp_kernels._reference.arrays import IntegersOut
from xcp_kernels.pool import (
    MOST_AMOUNT,
    MOST_COUNTERS,
    MOST_HOSTS,
    MOST_ITEMS,
    MOST_ON_HOST,
    MOST_PRICE,
    MOST_ROWS,
    NOWHERE,
    Flaw,
    Pool,
    Scope,
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
    starts = pool.group_start
    if starts[0] != 0 or starts[items] != len(pool.group_of) or any(starts[i] > starts[i + 1] for i in range(items)):
        raise ValueError("group_start begins at 0, never falls, and ends with the length of group_of")
    if any(not 0 <= weight <= MOST_PRICE for weight in pool.weight):
        raise ValueError("a weight is negative, too large or no number")


def find_flaws(pool: Pool, host_out: IntegersOut, item_out: IntegersOut, group_out: IntegersOut) -> bool:
    """Whether anything is wrong; the outputs say what, with the first Flaw of each host, item and group."""
    check_shape(pool)
    for host in range(len(pool.domain)):
        host_out[host] = _of_host(pool, host)
    for item in range(len(pool.home)):
        item_out[item] = _of_item(pool, item)
    for group in range(len(pool.group_scope)):
        group_out[group] = _of_group(pool, group)
    return any(host_out) or any(item_out) or any(group_out)


def _of_host(pool: Pool, host: int) -> Flaw:
    rows = len(pool.weight)
    if not 0 <= pool.domain[host] < len(pool.domain):
        return Flaw.NO_SUCH_HOST
    for k in range(host * rows, host * rows + rows):
        if not 0 <= pool.scale[k] <= MOST_PRICE:
            return Flaw.BAD_NUMBER
        if abs(pool.base[k]) > MOST_ON_HOST or abs(pool.capacity[k]) > MOST_ON_HOST:
            return Flaw.TOO_LARGE
    return Flaw.NONE


def _of_item(pool: Pool, item: int) -> Flaw:
    rows, hosts = len(pool.weight), len(pool.domain)
    for amount in pool.amount[item * rows : (item + 1) * rows]:
        if amount < 0:
            return Flaw.NEGATIVE
        if amount > MOST_AMOUNT:
            return Flaw.TOO_LARGE
    if not 1 <= pool.size[item] <= MOST_ITEMS:
        return Flaw.NEGATIVE if pool.size[item] < 1 else Flaw.TOO_LARGE
    if pool.home[item] != NOWHERE and not 0 <= pool.home[item] < hosts:
        return Flaw.NO_SUCH_HOST
    if not 0 <= pool.reach_of[item] * hosts < max(len(pool.reach), 1):
        return Flaw.NO_SUCH_CLASS
    if not 0 <= pool.cost[item] <= MOST_PRICE:
        return Flaw.BAD_NUMBER
    groups = pool.group_of[pool.group_start[item] : pool.group_start[item + 1]]
    if len(set(groups)) < len(groups) or any(not 0 <= group < len(pool.group_scope) for group in groups):
        return Flaw.NO_SUCH_GROUP
    return Flaw.NONE


def _of_group(pool: Pool, group: int) -> Flaw:
    if not Scope.HOST <= pool.group_scope[group] <= Scope.TOGETHER:
        return Flaw.NO_SUCH_GROUP
    if pool.group_limit[group] < 0:
        return Flaw.NEGATIVE
    # A price below zero says: required. Also minus infinity; but no number is none.
    if not pool.group_price[group] <= MOST_PRICE:
        return Flaw.BAD_NUMBER
    return Flaw.NONE
