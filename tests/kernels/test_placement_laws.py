"""What must hold of the placement kernels for any pool, in both twins."""

from array import array
from dataclasses import replace
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels import placement_judge as judge
from tests.kernels.placement_calls import TWINS, Placed, flaws, place, plan
from tests.kernels.placement_draws import dice, drawn_pool, drawn_settings, hostile_pool, integers
from xcp_kernels._reference.errand import UNLIMITED
from xcp_kernels.pool import Flaw, Mode, Pool, Settings, Status

twins = pytest.mark.parametrize("kernel", [pytest.param(kernel, id=name) for name, kernel in TWINS.items()])
modes = pytest.mark.parametrize("mode", list(Mode))
laws = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 1 << 32)
both = pytest.mark.skipif("compiled" not in TWINS, reason="the kernels were not built here")


@both
@modes
@laws
@given(seed=seeds)
def test_both_twins_make_the_same_plan(mode: Mode, seed: int) -> None:
    random = dice(seed)
    pool, wish = drawn_pool(random), drawn_settings(random, mode)
    assert plan(TWINS["compiled"], pool, wish) == plan(TWINS["reference"], pool, wish)


@twins
@modes
@laws
@given(seed=seeds)
def test_no_move_breaks_anything_and_the_figures_are_true(kernel: ModuleType, mode: Mode, seed: int) -> None:
    random = dice(seed)
    pool, wish = drawn_pool(random), drawn_settings(random, mode)
    answer = plan(kernel, pool, wish)
    assert judge.wrongs(pool, answer.moves) == []
    assert answer.found == judge.violations(pool, pool.home)
    assert answer.left == judge.violations(pool, judge.end(pool, answer.moves)) <= answer.found
    assert judge.machines(pool, answer.moves) <= (wish.most_moves if wish.most_moves >= 0 else UNLIMITED)
    for count, value in enumerate(answer.scores):
        assert value == pytest.approx(judge.score(pool, judge.end(pool, answer.moves[:count])), abs=1e-7)
    if mode != Mode.CONSTRAINTS and not answer.found:
        assert answer.scores[-1] <= answer.scores[0]


@twins
@modes
@laws
@given(seed=seeds)
def test_a_second_plan_is_empty(kernel: ModuleType, mode: Mode, seed: int) -> None:
    random = dice(seed)
    pool, wish = drawn_pool(random), replace(drawn_settings(random, mode), most_moves=-1)
    answer = plan(kernel, pool, wish)
    if answer.status == Status.DONE:
        again = plan(kernel, replace(pool, home=integers(judge.end(pool, answer.moves))), wish)
        assert again.moves == ()


@twins
@laws
@given(seed=seeds)
def test_every_move_of_an_improvement_is_worth_its_cost(kernel: ModuleType, seed: int) -> None:
    """Without it, the rest of the plan would not gain so much that it could be spared."""
    random = dice(seed)
    pool = drawn_pool(random)
    wish = replace(drawn_settings(random, Mode.IMPROVE), margin=0.01, most_moves=random.choice((2, 4, 8)))
    answer = plan(kernel, pool, wish)
    if answer.found or answer.status != Status.DONE:
        return
    at = judge.end(pool, answer.moves)
    for item, host in enumerate(at):
        spared = [pool.home[item] if other == item else where for other, where in enumerate(at)]
        if host != pool.home[item] and not judge.violations(pool, spared):
            gain = judge.score(pool, spared) - judge.score(pool, at)
            assert gain > wish.margin * pool.size[item] + pool.cost[item] - 1e-9


@twins
@laws
@given(seed=seeds)
def test_units_do_not_matter(kernel: ModuleType, seed: int) -> None:
    random = dice(seed)
    pool, wish = drawn_pool(random), drawn_settings(random, Mode.IMPROVE)
    in_other_units = replace(
        pool,
        base=integers(1024 * value for value in pool.base),
        capacity=integers(1024 * value for value in pool.capacity),
        amount=integers(1024 * value for value in pool.amount),
        scale=array("d", [value / 1024 for value in pool.scale]),
    )
    assert plan(kernel, in_other_units, wish) == plan(kernel, pool, wish)


@twins
@laws
@given(seed=seeds)
def test_what_is_not_fit_is_named_and_nothing_is_computed(kernel: ModuleType, seed: int) -> None:
    pool = hostile_pool(dice(seed))
    status, *found = flaws(kernel, pool)
    assert status == Status.INVALID
    assert any(flaw != Flaw.NONE for flaws_ in found for flaw in flaws_)
    assert plan(kernel, pool, Settings()).status == Status.INVALID
    assert place(kernel, pool).status == Status.INVALID
    if kernel is not TWINS["reference"]:
        assert flaws(TWINS["reference"], pool) == (status, *found)


@twins
def test_no_hosts_no_items(kernel: ModuleType) -> None:
    nothing = integers([])
    empty = Pool(
        weight=array("d", [1.0]),
        scale=array("d"),
        base=nothing,
        capacity=nothing,
        domain=nothing,
        amount=nothing,
        home=nothing,
        movable=nothing,
        size=nothing,
        cost=array("d"),
        reach_of=nothing,
        reach=nothing,
        group_start=integers([0]),
        group_of=nothing,
        group_scope=nothing,
        group_limit=nothing,
        group_price=array("d"),
    )
    for mode in Mode:
        assert plan(kernel, empty, Settings(mode=mode)).moves == ()
    assert place(kernel, empty) == Placed(Status.DONE, [], [], [])
    with pytest.raises(ValueError, match="as long as"):
        plan(kernel, replace(empty, home=integers([0])), Settings())


@twins
def test_two_that_have_to_swap_take_turns_on_a_third_host(kernel: ModuleType) -> None:
    """Each fills its host; only the other's place is better for it; the third host has room and no say in the score."""
    pool = Pool(
        weight=array("d", [1.0, 1.0]),
        scale=array("d", [1 / 64, 1 / 16, 1 / 64, 1 / 16, 0.0, 0.0]),
        base=integers([0, 8, 0, 0, 0, 0]),
        capacity=integers([64, 64, 64, 64, 64, 64]),
        domain=integers([0, 1, 2]),
        amount=integers([60, 9, 60, 1]),
        home=integers([0, 1]),
        movable=integers([1, 1]),
        size=integers([1, 1]),
        cost=array("d", [0.0, 0.0]),
        reach_of=integers([0, 0]),
        reach=integers([1, 1, 1]),
        group_start=integers([0, 0, 0]),
        group_of=integers([]),
        group_scope=integers([]),
        group_limit=integers([]),
        group_price=array("d"),
    )
    answer = plan(kernel, pool, Settings(effort=1000))
    assert answer.status == Status.DONE
    assert [host for _, host in answer.moves] in ([2, 0, 1], [2, 1, 0])
    assert judge.wrongs(pool, answer.moves) == []
    assert answer.scores[-1] == pytest.approx(0)
    # Two moves do not suffice, and half of an exchange is no plan.
    assert plan(kernel, pool, Settings(effort=1000, most_moves=2)).moves == ()


@twins
def test_constraints_are_mended_with_few_moves(kernel: ModuleType) -> None:
    """Against trying all: always mended where that is possible with the moves tried, mostly with the fewest."""
    compared = fewest = missed = 0
    for seed in range(400):
        pool = drawn_pool(dice(seed), hosts=4, items=6, groups=2)
        answer = plan(kernel, pool, Settings(mode=Mode.CONSTRAINTS))
        if not answer.found:
            assert answer.moves == ()
            continue
        least = judge.fewest_moves(pool)
        if least is None:
            continue
        compared += 1
        missed += answer.left > 0
        fewest += not answer.left and judge.machines(pool, answer.moves) == least
    assert compared > 40
    assert fewest >= 0.85 * compared
    assert missed <= 0.1 * compared
