"""Steepest descent: of all moves of one item to another host, always the one that leaves the lowest score.

It is hbal's rule for machines that any host can take over. Of several moves with the same score the first item's is
taken, and of those the one to the first host.

Hosts of the same shape (scales and capacities) compare: of two where one is at least as full in every row, only the
emptier is worth going to and only the fuller worth leaving; of two that are equal, the first. All amounts being
positive, the score says the same; only where a group keeps an item from the emptier host, this may overlook a move.
"""

from typing import Final

from xcp_kernels._reference.errand import Errand
from xcp_kernels._reference.standing import FREE, Standing
from xcp_kernels.pool import Mode

ROUNDING: Final = 1e-11
"""A gain that is not more than this may be none."""


def descend(errand: Errand) -> list[tuple[int, int]]:
    """Moves of (item, host), made one after the other until none gains any more, or the errand's moves are used up."""
    done: list[tuple[int, int]] = []
    kinds = _kinds(errand)
    while (best := _best(errand, kinds)) is not None:
        errand.trade(*best)
        done.append(best)
    return done


def _kinds(errand: Errand) -> list[tuple[object, ...] | None]:
    """What makes two items the same to the descent; None: it is like no other."""
    pool, standing, rows = errand.pool, errand.standing, errand.standing.rows
    return [
        None
        if pool.cost[i] > 0 or any(pool.group_price[group] >= 0 for group in standing.groups(i))
        else (*pool.amount[i * rows : (i + 1) * rows], pool.reach_of[i], pool.size[i], *standing.groups(i))
        for i in range(standing.items)
    ]


def _best(errand: Errand, kinds: list[tuple[object, ...] | None]) -> tuple[int, int] | None:
    standing, settings = errand.standing, errand.settings
    now = standing.score()
    lowest: tuple[float, int, int] | None = None
    for item in _worth_leaving(errand, kinds):
        source = standing.at[item]
        for target in _worth_going_to(standing, errand.pool.reach_of[item]):
            if target == source or standing.refusal(item, source, target) != FREE:
                continue
            if _spent(errand, item, target) > errand.most:
                continue
            value = standing.after(item, source, target) + errand.toll_after(item, target)
            if lowest is None or (value, item, target) < lowest:
                lowest = (value, item, target)
    if lowest is None or not lowest[0] < now - ROUNDING:
        return None
    if settings.mode == Mode.DESCENT and now <= settings.settled and now - lowest[0] < settings.least_gain:
        return None
    return lowest[1], lowest[2]


def _spent(errand: Errand, item: int, target: int) -> int:
    # hbal counts every move it makes, also the second one of a machine.
    if errand.settings.mode == Mode.DESCENT:
        return errand.made + errand.pool.size[item]
    return errand.away + errand.moves_after(item, target)


def _worth_leaving(errand: Errand, kinds: list[tuple[object, ...] | None]) -> list[int]:
    at, kept = errand.standing.at, dict[tuple[object, ...] | int, list[int]]()
    for item in errand.movable():
        kind = kinds[item]
        rivals = kept.setdefault(-item - 1 if kind is None else kind, [])
        if any(_fuller(errand.standing, at[other], at[item]) for other in rivals):
            continue
        rivals[:] = [other for other in rivals if not _fuller(errand.standing, at[item], at[other])]
        rivals.append(item)
    return [item for rivals in kept.values() for item in rivals]


def _worth_going_to(standing: Standing, reach: int) -> list[int]:
    kept: list[int] = []
    for host in range(standing.hosts):
        if not standing.pool.reach[reach * standing.hosts + host]:
            continue
        if any(_fuller(standing, host, other) for other in kept):
            continue
        kept = [other for other in kept if not _fuller(standing, other, host)]
        kept.append(host)
    return kept


def _fuller(standing: Standing, one: int, other: int) -> bool:
    """Whether `one` has the shape of `other` and is at least as full in every row."""
    pool, rows = standing.pool, standing.rows
    return all(
        pool.scale[one * rows + r] == pool.scale[other * rows + r]
        and pool.capacity[one * rows + r] == pool.capacity[other * rows + r]
        and standing.used[one * rows + r] >= standing.used[other * rows + r]
        for r in range(rows)
    )
