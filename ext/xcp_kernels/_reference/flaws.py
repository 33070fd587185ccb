"""What is wrong with a pool: one flaw for each host, item and group, before anything is computed."""

from xcp_kernels._reference.arrays import IntegersOut
from xcp_kernels._reference.shapes import check_shape
from xcp_kernels.pool import MOST_AMOUNT, MOST_ITEMS, MOST_ON_HOST, MOST_PRICE, NOWHERE, Flaw, Parts, Pool, Scope


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
    if pool.parts:
        for k in range(pool.parts.start[host], pool.parts.start[host + 1]):
            if not 0 <= pool.parts.size[k] <= MOST_AMOUNT or not 0 <= pool.parts.base[k] <= MOST_AMOUNT:
                return Flaw.BAD_PARTS
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
    if pool.parts and _are_bad(pool.parts, item, pool.home[item]):
        return Flaw.BAD_PARTS
    return Flaw.NONE


def _are_bad(parts: Parts, item: int, home: int) -> bool:
    wants, rest = range(parts.want_start[item], parts.want_start[item + 1]), parts.held[item]
    for want in wants:
        if not 1 <= parts.want_count[want] <= MOST_ITEMS or not 0 <= parts.want_amount[want] <= MOST_AMOUNT:
            return True
        if parts.want_profile[want] < 0 or any(
            parts.want_sort[other] == parts.want_sort[want] for other in wants if other < want
        ):
            return True
        if home != NOWHERE:
            mine = range(parts.start[home], parts.start[home + 1])
            bits = [1 << k for k, part in enumerate(mine) if parts.sort[part] == parts.want_sort[want]]
            had = [bit for bit in bits if rest & bit]
            if len(had) != parts.want_count[want]:
                return True
            rest -= sum(had)
    return rest != 0


def _of_group(pool: Pool, group: int) -> Flaw:
    if not Scope.HOST <= pool.group_scope[group] <= Scope.TOGETHER:
        return Flaw.NO_SUCH_GROUP
    if pool.group_limit[group] < 0:
        return Flaw.NEGATIVE
    # A price below zero says: required. Also minus infinity; but no number is none.
    if not pool.group_price[group] <= MOST_PRICE:
        return Flaw.BAD_NUMBER
    return Flaw.NONE
