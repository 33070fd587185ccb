"""Placement, rebalancing and evacuation: the specification. What is read is described in `xcp_kernels.pool`.

Outputs belong to the caller. Only arrays that do not fit together raise; whatever else is wrong comes back as flaws.
"""

from collections.abc import Sequence
from typing import Final

from xcp_kernels._reference.arrays import FloatsOut, IntegersOut
from xcp_kernels._reference.batch import place_all
from xcp_kernels._reference.errand import UNLIMITED, Errand
from xcp_kernels._reference.exchange import exchange
from xcp_kernels._reference.flaws import find_flaws
from xcp_kernels._reference.repair import repair, send_home, violations
from xcp_kernels._reference.sequence import Procession
from xcp_kernels._reference.shapes import check_shape, held_in_place
from xcp_kernels._reference.standing import Standing
from xcp_kernels._reference.steepest import descend
from xcp_kernels.pool import REFUSALS, Mode, Order, Pool, Settings, Status

__all__ = ["flaws", "place", "plan", "score"]

ROUNDS: Final = 16
"""Without a limit a plan is made again from its own end until that plan is empty; so many times at most."""
TINY: Final = 1e-9
Moves = list[tuple[int, int]]


def flaws(pool: Pool, host_out: IntegersOut, item_out: IntegersOut, group_out: IntegersOut) -> int:
    """A Flaw for each host, item and group; INVALID if there is any.

    Raises:
        ValueError: the arrays do not fit together.
    """
    check_shape(pool)
    if (len(host_out), len(item_out), len(group_out)) != (len(pool.domain), len(pool.home), len(pool.group_scope)):
        raise ValueError("an output is not as long as what it is about")
    return Status.INVALID if find_flaws(pool, host_out, item_out, group_out) else Status.DONE


def score(pool: Pool, at: Sequence[int], summary_out: FloatsOut) -> int:
    """The score with the items at `at`, and how many constraints are violated: two numbers in `summary_out`."""
    if _is_flawed(pool) or any(not -1 <= host < len(pool.domain) for host in at):
        return Status.INVALID
    standing = Standing(pool, at)
    summary_out[0] = standing.score()
    summary_out[1] = violations(standing)
    return Status.DONE


def place(pool: Pool, order: int, host_out: IntegersOut, part_out: IntegersOut, refused_out: IntegersOut) -> int:
    """A host for every item whose home is NOWHERE; those that find none stay there, and NOT_ALL is returned.

    Args:
        pool: what there is, and what comes.
        order: an Order.
        host_out: [N] where each item is in the end.
        part_out: [N] bits of the parts of that host that it has.
        refused_out: [N * REFUSALS] of how many hosts each Refusal was the first thing in the way.

    Raises:
        ValueError: the arrays do not fit together.
    """
    check_shape(pool)
    items = len(pool.home)
    if len(host_out) != items or len(part_out) != items or len(refused_out) != items * REFUSALS:
        raise ValueError("an output is not as long as what it is about")
    if _is_flawed(pool):
        return Status.INVALID
    every = place_all(pool, Order(order), host_out, part_out, refused_out)
    return Status.DONE if every else Status.NOT_ALL


def plan(
    pool: Pool,
    settings: Settings,
    item_out: IntegersOut,
    host_out: IntegersOut,
    score_out: FloatsOut,
    summary_out: IntegersOut,
) -> int:
    """Moves, in the order in which they are to be made, and the score after each.

    Args:
        pool: what there is.
        settings: what the plan is for.
        item_out: which item each move moves; as many moves as fit are given.
        host_out: where to.
        score_out: the score before the first move, and after each: one longer than `item_out`.
        summary_out: how many moves; how many violations are left after them; how many there were.

    Returns:
        DONE; NOT_ALL: a violation is left, or the end that was aimed at could not be reached; INVALID: see `flaws`.

    Raises:
        ValueError: the arrays do not fit together.
    """
    check_shape(pool)
    if len(host_out) != len(item_out) or len(score_out) != len(item_out) + 1 or len(summary_out) != 3:  # noqa: PLR2004 - as said above
        raise ValueError("an output is not as long as what it is about")
    summary_out[0] = summary_out[1] = summary_out[2] = 0
    score_out[0] = 0.0
    if _is_flawed(pool):
        return Status.INVALID
    pool = held_in_place(pool)
    if settings.mode == Mode.DESCENT:
        moves, arrived = _descent(pool, settings)
    else:
        moves, arrived = _rounds(pool, settings)
    standing = Standing(pool, pool.home)
    summary_out[2] = violations(standing)
    score_out[0] = standing.score()
    count = min(len(moves), len(item_out))
    for k, (item, host) in enumerate(moves[:count]):
        standing.trade(item, host)
        item_out[k], host_out[k], score_out[k + 1] = item, host, standing.score()
    summary_out[0] = count
    summary_out[1] = violations(standing)
    return Status.DONE if arrived and count == len(moves) and not summary_out[1] else Status.NOT_ALL


def _descent(pool: Pool, settings: Settings) -> tuple[Moves, bool]:
    """What repair finds, in an order that works; then hbal's moves, in hbal's order."""
    errand = Errand(pool, settings, pool.home)
    repair(errand)
    procession = Procession(pool, pool.home, errand.standing.at, errand.most)
    if not procession.run():
        return procession.moves, False
    return procession.moves + descend(errand), True


def _rounds(pool: Pool, settings: Settings) -> tuple[Moves, bool]:
    """Rounds, until one that begins where the last one ended finds nothing: so a second plan is empty.

    A round whose end cannot be reached counts as far as it comes, if that is any better.
    """
    at, made, arrived = list(pool.home), Moves(), True
    left = settings.most_moves if settings.most_moves >= 0 else UNLIMITED
    unlimited = left == UNLIMITED
    for _ in range(ROUNDS):
        errand = Errand(pool, settings, at)
        errand.most = left
        goal = _improved(errand) if settings.mode == Mode.IMPROVE else _mended(errand)
        procession = Procession(pool, at, goal, left)
        before = (violations(procession.standing), procession.standing.score())
        arrived = procession.run()
        after = (violations(procession.standing), procession.standing.score())
        if not procession.moves or (not arrived and not _is_better(after, before)):
            break
        made += procession.moves
        at = list(procession.standing.at)
        left -= 0 if unlimited else sum(pool.size[item] for item, _ in procession.moves)
        if arrived and not unlimited:
            break
    direct = Procession(pool, pool.home, at, settings.most_moves if settings.most_moves >= 0 else UNLIMITED)
    return (direct.moves if direct.run() else made), arrived


def _is_better(one: tuple[int, float], other: tuple[int, float]) -> bool:
    return one[0] < other[0] or (one[0] == other[0] and one[1] < other[1] - TINY)


def _mended(errand: Errand) -> list[int]:
    repair(errand)
    return list(errand.standing.at)


def _improved(errand: Errand) -> list[int]:
    repair(errand)
    mended = list(errand.standing.at)
    errand.only_mends = False
    before = errand.standing.score() + errand.toll
    worth = errand.settings.worth * errand.standing.score()
    descend(errand)
    exchange(errand, errand.settings.seed)
    send_home(errand)
    gain = before - (errand.standing.score() + errand.toll)
    if gain < worth or gain < TINY:
        return mended
    return list(errand.standing.at)


def _is_flawed(pool: Pool) -> bool:
    hosts, items, groups = [0] * len(pool.domain), [0] * len(pool.home), [0] * len(pool.group_scope)
    return find_flaws(pool, hosts, items, groups)
