"""Mending violated constraints with as few moves as can be found; a move never breaks another constraint.

Violated are: an item where its class may not be; a row above its capacity; a required group above its limit; a group
that has to be together and is not. The item goes first whose leaving mends most for a move; where no host can take it,
one other item makes room. What cannot be mended stays, and is counted.
"""

from xcp_kernels._reference.errand import Errand
from xcp_kernels._reference.standing import FREE, Standing
from xcp_kernels.pool import NOWHERE, Scope


def repair(errand: Errand) -> int:
    """Mend what can be; how many violations are left."""
    _gather(errand)
    hopeless: set[int] = set()
    while (item := _gravest(errand, hopeless)) is not None:
        target = _best_target(errand, item)
        if target is not None:
            errand.trade(item, target)
        elif not _make_room(errand, item):
            hopeless.add(item)
    send_home(errand)
    return violations(errand.standing)


def violations(standing: Standing) -> int:
    """How many items are where they may not be, rows too full, members too many or apart."""
    pool = standing.pool
    return (
        sum(host != NOWHERE and not standing.reaches(item, host) for item, host in enumerate(standing.at))
        + sum(used > capacity for used, capacity in zip(standing.used, pool.capacity, strict=True))
        + sum(excess for excess, price in zip(standing.excess, pool.group_price, strict=True) if price < 0)
    )


def relief(standing: Standing, item: int, target: int) -> float:
    """How much of what is violated is mended when the item goes there (NOWHERE: anywhere far): 1 for each whole."""
    source, pool = standing.at[item], standing.pool
    total = 0.0
    if not standing.reaches(item, source):
        total += 1.0
    for row in range(standing.rows):
        over = standing.used[source * standing.rows + row] - pool.capacity[source * standing.rows + row]
        if over > 0:
            total += float(min(pool.amount[item * standing.rows + row], over)) / float(over)
    for group in standing.groups(item):
        if pool.group_price[group] >= 0 or pool.group_scope[group] == Scope.TOGETHER:
            continue
        unit = standing.unit(group, source)
        leaves = target == NOWHERE or standing.unit(group, target) != unit
        if leaves and standing.members[group][unit] > pool.group_limit[group]:
            total += 1.0
    return total


def bulk(errand: Errand, item: int) -> int:
    """What the item takes of the first row: what decides who goes first among equals."""
    return errand.pool.amount[item * errand.standing.rows]


def _gravest(errand: Errand, hopeless: set[int]) -> int | None:
    standing, pool = errand.standing, errand.pool
    gravest: tuple[float, int, int] | None = None
    for item in errand.movable():
        if item in hopeless or errand.away + errand.moves_at_most(item) > errand.most:
            continue
        gain = relief(standing, item, NOWHERE)
        if gain > 0:
            # Who must leave goes largest first, as that packs best; where room is short, the smallest that makes it.
            size = bulk(errand, item) if standing.reaches(item, standing.at[item]) else -bulk(errand, item)
            key = (-gain / pool.size[item], size, item)
            if gravest is None or key < gravest:
                gravest = key
    return None if gravest is None else gravest[2]


def _best_target(errand: Errand, item: int) -> int | None:
    standing, source = errand.standing, errand.standing.at[item]
    best: tuple[float, float, int] | None = None
    for target in range(standing.hosts):
        if target == source or standing.refusal(item, source, target) != FREE:
            continue
        gain = relief(standing, item, target)
        if gain > 0:
            key = (-gain, standing.after(item, source, target), target)
            if best is None or key < best:
                best = key
    return None if best is None else best[2]


def _make_room(errand: Errand, item: int) -> bool:
    """Move one other item out of a host, so that `item` can go there; the first that does it."""
    standing, source = errand.standing, errand.standing.at[item]
    for target in range(standing.hosts):
        if target == source or not standing.reaches(item, target):
            continue
        for other in errand.movable():
            if standing.at[other] != target or not errand.affords(item, other):
                continue
            for aside in range(standing.hosts):
                if aside == target or errand.patience <= 0:
                    continue
                errand.patience -= 1
                if standing.refusal(other, target, aside) != FREE:
                    continue
                errand.trade(other, aside)
                if standing.refusal(item, source, target) == FREE and relief(standing, item, target) > 0:
                    errand.trade(item, target)
                    return True
                errand.trade(other, target)
    return False


def _gather(errand: Errand) -> None:
    """Bring the members of every group that has to be together to the host where that takes the fewest moves."""
    standing, pool = errand.standing, errand.pool
    for group, scope in enumerate(pool.group_scope):
        if scope != Scope.TOGETHER or pool.group_price[group] >= 0 or standing.excess[group] == 0:
            continue
        members = [i for i in range(standing.items) if standing.at[i] != NOWHERE and group in standing.groups(i)]
        there = [0] * standing.hosts
        for item in members:
            there[standing.at[item]] += pool.size[item]
        for host in sorted(range(standing.hosts), key=lambda host: (-there[host], host)):
            if there[host] == 0 or _all_go(errand, members, host):
                break


def _all_go(errand: Errand, members: list[int], host: int) -> bool:
    done: list[tuple[int, int]] = []
    for item in members:
        source = errand.standing.at[item]
        if source == host:
            continue
        fine = errand.pool.movable[item] and errand.away + errand.moves_after(item, host) <= errand.most
        if not fine or errand.standing.refusal(item, source, host) != FREE:
            for back, where in reversed(done):
                errand.trade(back, where)
            return False
        errand.trade(item, host)
        done.append((item, source))
    return True


def send_home(errand: Errand) -> None:
    """Undo every single move that is not worth what it costs, until each one is."""
    again = True
    while again:
        again = False
        for item in errand.movable():
            source, target = errand.standing.at[item], errand.home[item]
            if source == target or errand.standing.refusal(item, source, target) != FREE:
                continue
            if relief(errand.standing, item, target) > 0:
                continue
            change = errand.standing.after(item, source, target) - errand.standing.score()
            if change + errand.toll_after(item, target) <= 0 or errand.only_mends:
                errand.trade(item, target)
                again = True
