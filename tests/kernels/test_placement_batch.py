"""What must hold of placing a batch, in both twins."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels import placement_judge as judge
from tests.kernels.placement_calls import TWINS, flaws, place, plan
from tests.kernels.placement_draws import dice, integers
from tests.kernels.placement_inside import (
    GPU,
    NUMA,
    batch_pool,
    part_wrongs,
    plain_pool,
    survives,
    tight_pool,
    wide_pool,
)
from xcp_kernels.pool import (
    MOST_AMOUNT,
    NOWHERE,
    Demand,
    Flaw,
    Order,
    Parts,
    Pool,
    Refusal,
    Reserve,
    Settings,
    Status,
)

twins = pytest.mark.parametrize("kernel", [pytest.param(kernel, id=name) for name, kernel in TWINS.items()])
orders = pytest.mark.parametrize("order", list(Order))
laws = settings(max_examples=80, deadline=None)
seeds = st.integers(0, 1 << 32)
both = pytest.mark.skipif("compiled" not in TWINS, reason="the kernels were not built here")


@both
@orders
@laws
@given(seed=seeds)
def test_both_twins_place_the_same(order: Order, seed: int) -> None:
    pool = batch_pool(dice(seed))
    assert place(TWINS["compiled"], pool, order) == place(TWINS["reference"], pool, order)


@both
@laws
@given(seed=seeds)
def test_both_twins_place_the_same_where_many_are_alike(seed: int) -> None:
    """What is known of an item serves the next one like it, also after others came between."""
    random = dice(seed)
    pool = batch_pool(random)
    if len(pool.home):
        pool = _repeated(random, pool, 30)
    assert place(TWINS["compiled"], pool, Order.AS_GIVEN) == place(TWINS["reference"], pool, Order.AS_GIVEN)


@both
@laws
@given(seed=seeds)
def test_both_twins_keep_the_same_reserve(seed: int) -> None:
    pool = tight_pool(dice(seed))
    assert place(TWINS["compiled"], pool, Order.AS_GIVEN) == place(TWINS["reference"], pool, Order.AS_GIVEN)


@both
@orders
@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_both_twins_spread_the_same_over_many_hosts(order: Order, seed: int) -> None:
    pool = wide_pool(dice(seed))
    assert place(TWINS["compiled"], pool, order) == place(TWINS["reference"], pool, order)


@twins
@orders
@laws
@given(seed=seeds)
def test_placing_breaks_nothing_and_counts_every_host(kernel: ModuleType, order: Order, seed: int) -> None:
    pool = batch_pool(dice(seed))
    done = place(kernel, pool, order)
    came = [item for item, home in enumerate(pool.home) if home == NOWHERE]
    assert judge.violations(pool, done.at) <= judge.violations(pool, pool.home)
    assert part_wrongs(pool, done.at, done.parts) == []
    assert (done.status == Status.DONE) == (NOWHERE not in done.at)
    for item in came:
        refused = sum(done.refused[item])
        assert refused == len(pool.domain) if done.at[item] == NOWHERE else refused < len(pool.domain)
    if pool.reserve and any(done.at[item] != NOWHERE for item in came):
        assert survives(pool, done.at, pool.reserve.failures, pool.reserve.row, pool.reserve.takes)


@twins
@laws
@given(seed=seeds)
def test_the_reserve_is_exact_for_sizes_that_divide_each_other(kernel: ModuleType, seed: int) -> None:
    """One item more on one host: refused just where trying everything finds that some loss leaves one without room."""
    random = dice(seed)
    hosts, steps = random.randint(2, 4), random.choice(((1, 2, 4, 8), (2, 6), (1, 5)))
    homes = [random.randrange(hosts) for _ in range(random.randint(0, 6))]
    takes = integers(random.randrange(5) > 0 for _ in range(hosts))
    reserve = Reserve(random.randint(1, 2), 0, integers(steps), takes)
    capacity = [random.randint(8, 30) for _ in range(hosts)]
    amounts = [random.choice((0, *steps)) for _ in range(len(homes) + 1)]
    for target in range(hosts):
        pool = replace(
            plain_pool(capacity, amounts, [*homes, NOWHERE]),
            reach_of=integers([0] * len(amounts)),
            reach=integers(host == target for host in range(hosts)),
            reserve=reserve,
        )
        done = place(kernel, pool)
        if done.refused[-1][Refusal.ROW]:
            continue
        then = [*homes, target]
        assert (done.at[-1] == target) == survives(pool, then, reserve.failures, 0, takes)
        assert done.refused[-1][Refusal.RESERVE] == (done.at[-1] == NOWHERE)


@twins
def test_whole_shared_and_profiled_gpus(kernel: ModuleType) -> None:
    """Two GPUs of 1000: shares go where least is left, a whole one needs a whole one, a profile its own."""
    pool = plain_pool([100], [1] * 6, [NOWHERE] * 6)
    wants = [(GPU, 1, amount, 0) for amount in (300, 600, 200, 1000, 100, 700)]
    done = place(kernel, replace(pool, parts=_parts([[GPU, GPU]], 1000, wants)), Order.AS_GIVEN)
    assert done.parts == [1, 1, 2, 0, 1, 2]
    assert done.at == [0, 0, 0, NOWHERE, 0, 0]
    assert done.refused[3][Refusal.PART] == 1
    profiles = [
        (GPU, 1, amount, profile) for amount, profile in ((250, 7), (500, 8), (250, 7), (250, 9), (500, 8), (250, 7))
    ]
    done = place(kernel, replace(pool, parts=_parts([[GPU, GPU]], 1000, profiles, uniform=1)), Order.AS_GIVEN)
    assert done.parts == [1, 2, 1, 0, 2, 1]


@twins
def test_a_numa_node_has_the_memory_or_the_host_has_not(kernel: ModuleType) -> None:
    """Two nodes of 50 each make a host of 100, but not for one of 60 that must not be split."""
    pool = plain_pool([100, 70], [60, 30], [NOWHERE] * 2)
    wants = [(NUMA, 1, 60, 0), (NUMA, 1, 30, 0)]
    parts = replace(_parts([[NUMA, NUMA], [NUMA]], 50, wants), size=integers([50, 50, 70]))
    done = place(kernel, replace(pool, parts=parts))
    assert (done.at, done.parts) == ([1, 0], [1, 1])
    assert done.refused[0][Refusal.PART] == 1


@twins
def test_fragments_are_what_typical_demands_cannot_use(kernel: ModuleType) -> None:
    """A share goes where it spoils no whole GPU, and what needs none leaves processors to those that do."""
    pool = plain_pool([10, 10], [1, 5, 5], [1, NOWHERE, NOWHERE])
    parts = _parts([[GPU], [GPU, GPU]], 1000, [(GPU, 1, 400, 0), (GPU, 1, 500, 0), None], held=[1, 0, 0])
    demand = Demand(1.0, GPU, integers([1]), integers([4]), integers([1]), integers([1000]))
    done = place(kernel, replace(pool, parts=parts, demand=demand), Order.AS_GIVEN)
    # Host 0 keeps its whole GPU and ten of ten; the third item would leave host 1 too little for its second GPU.
    assert done.at == [1, 1, 0]
    assert done.parts[:2] == [1, 1]


@twins
def test_no_plan_moves_what_wants_parts(kernel: ModuleType) -> None:
    pool = replace(plain_pool([10, 10], [4, 4], [0, 0]), weight=array("d", [1.0]))
    assert len(plan(kernel, pool, Settings()).moves) == 1
    parts = _parts([[GPU], [GPU]], 4, [(GPU, 1, 2, 0), (GPU, 1, 2, 0)], held=[1, 1])
    assert plan(kernel, replace(pool, parts=parts), Settings()).moves == ()


@twins
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", -1),
        ("base", MOST_AMOUNT + 1),
        ("want_count", 0),
        ("want_count", 2),
        ("want_amount", -1),
        ("want_profile", -1),
        ("want_sort", 5),
        ("held", 3),
        ("held", -1),
    ],
)
def test_bad_parts_are_named(kernel: ModuleType, name: str, value: int) -> None:
    parts = _parts([[GPU, NUMA]], 4, [(GPU, 1, 2, 0), None], held=[1, 0])
    spoilt: dict[str, Any] = {name: integers([value, *getattr(parts, name)[1:]])}
    pool = replace(plain_pool([10], [4, 4], [0, NOWHERE]), parts=replace(parts, **spoilt))
    status, hosts, items, _ = flaws(kernel, pool)
    assert status == Status.INVALID
    assert Flaw.BAD_PARTS in (*hosts, *items)
    assert place(kernel, pool).status == Status.INVALID


@twins
@pytest.mark.parametrize(
    "changes",
    [
        {"reserve": Reserve(0, 0, [4], [1])},
        {"reserve": Reserve(9, 0, [4], [1])},
        {"reserve": Reserve(1, 1, [4], [1])},
        {"reserve": Reserve(1, 0, [], [1])},
        {"reserve": Reserve(1, 0, [0, 4], [1])},
        {"reserve": Reserve(1, 0, [3, 4], [1])},
        {"reserve": Reserve(1, 0, [2], [1])},
        {"reserve": Reserve(1, 0, [4], [])},
        {"demand": Demand(1.0, GPU, [1], [1], [1], [1])},
    ],
)
def test_what_cannot_be_counted_is_refused(kernel: ModuleType, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"reserve|demand|parts"):
        place(kernel, replace(plain_pool([10], [4], [NOWHERE]), **changes))


def _parts(
    hosts: list[list[int]],
    size: int,
    wants: Sequence[tuple[int, int, int, int] | None],
    *,
    uniform: int = 0,
    held: list[int] | None = None,
) -> Parts:
    """Parts of one size; each item has one want or none."""
    sorts = [sort for host in hosts for sort in host]
    flat = [want for want in wants if want]
    return Parts(
        start=integers(sum(map(len, hosts[:host])) for host in range(len(hosts) + 1)),
        sort=integers(sorts),
        size=integers([size] * len(sorts)),
        base=integers([0] * len(sorts)),
        uniform=integers([uniform] * len(sorts)),
        want_start=integers(sum(want is not None for want in wants[:item]) for item in range(len(wants) + 1)),
        want_sort=integers(want[0] for want in flat),
        want_count=integers(want[1] for want in flat),
        want_amount=integers(want[2] for want in flat),
        want_profile=integers(want[3] for want in flat),
        held=integers(held or [0] * len(wants)),
    )


def _repeated(random: Random, pool: Pool, more: int) -> Pool:
    """The pool with copies of its items to come after them, in no order."""
    rows, items = len(pool.weight), len(pool.home)
    order = [*range(items), *(random.randrange(items) for _ in range(more))]
    groups = [pool.group_of[pool.group_start[i] : pool.group_start[i + 1]] for i in order]
    parts = pool.parts
    if parts:
        wants = [range(parts.want_start[i], parts.want_start[i + 1]) for i in order]
        flat = [want for mine in wants for want in mine]
        parts = replace(
            parts,
            want_start=integers(sum(map(len, wants[:k])) for k in range(len(order) + 1)),
            want_sort=integers(parts.want_sort[want] for want in flat),
            want_count=integers(parts.want_count[want] for want in flat),
            want_amount=integers(parts.want_amount[want] for want in flat),
            want_profile=integers(parts.want_profile[want] for want in flat),
            held=integers(parts.held[i] if k < items else 0 for k, i in enumerate(order)),
        )
    return replace(
        pool,
        amount=integers(pool.amount[i * rows + row] for i in order for row in range(rows)),
        home=integers([*pool.home, *[NOWHERE] * more]),
        movable=integers([1] * len(order)),
        size=integers([1] * len(order)),
        cost=array("d", [0.0] * len(order)),
        reach_of=integers(pool.reach_of[i] for i in order),
        group_start=integers(sum(map(len, groups[:k])) for k in range(len(order) + 1)),
        group_of=integers(group for mine in groups for group in mine),
        parts=parts,
    )
