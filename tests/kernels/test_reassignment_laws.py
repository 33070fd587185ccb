"""What must hold of the reassignment kernel for any workload, in both twins."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels import reassignment_judge as judge
from tests.kernels.placement_draws import dice, integers
from tests.kernels.reassignment_calls import TWINS, anneal, cost
from tests.kernels.reassignment_draws import drawn_walk, drawn_workload, hostile_workload
from xcp_kernels._reference.annealing import SPELL
from xcp_kernels.workload import MOST_AMOUNT, Flaw, Status, Walk, Workload

twins = pytest.mark.parametrize("kernel", [pytest.param(kernel, id=name) for name, kernel in TWINS.items()])
laws = settings(max_examples=50, deadline=None)
seeds = st.integers(0, 1 << 32)
both = pytest.mark.skipif("compiled" not in TWINS, reason="the kernels were not built here")


@both
@laws
@given(seed=seeds)
def test_both_twins_walk_the_same(seed: int) -> None:
    random = dice(seed)
    workload, walk = drawn_workload(random), drawn_walk(random)
    assert anneal(TWINS["compiled"], workload, walk) == anneal(TWINS["reference"], workload, walk)


@both
@pytest.mark.parametrize("seed", [5, 25, 36])
def test_both_twins_cool_the_same(seed: int) -> None:
    """For several spells, with lighter ones coming into play."""
    workload = drawn_workload(dice(seed), machines=9, services=12, processes=40)
    walk = Walk(3 * SPELL, 60.0, 0.5, homing=1.5, worth=2.0, seed=seed)
    answer = anneal(TWINS["compiled"], workload, walk)
    assert answer == anneal(TWINS["reference"], workload, walk)
    assert answer.taken > 200


@both
@laws
@given(seed=seeds)
def test_both_twins_agree_after_every_step(seed: int) -> None:
    """Walks of one try each, each from where the last one ended."""
    random = dice(seed)
    workload, at = drawn_workload(random), None
    for turn in range(12):
        walk = Walk(1, 50.0, 50.0, seed=turn)
        one, other = (anneal(kernel, workload, walk, at) for kernel in TWINS.values())
        assert one == other
        at = one.at


@twins
@laws
@given(seed=seeds)
def test_no_step_breaks_a_rule_and_costs_are_true(kernel: ModuleType, seed: int) -> None:
    random = dice(seed)
    workload, at = drawn_workload(random), None
    for turn in range(12):
        before = workload.home if at is None else at
        answer = anneal(kernel, workload, Walk(random.choice((1, 1, 30)), 40.0, 40.0, seed=turn), at)
        assert answer.status == Status.DONE
        for where, price in ((answer.at, answer.cost), (answer.best, answer.best_cost)):
            assert judge.broken(workload, where) == set()
            assert price == judge.cost(workload, where)
        assert answer.best_cost <= min(answer.cost, judge.cost(workload, before))
        at = answer.at


@twins
@laws
@given(seed=seeds)
def test_the_same_walk_is_the_same(kernel: ModuleType, seed: int) -> None:
    random = dice(seed)
    workload, walk = drawn_workload(random), drawn_walk(random)
    assert anneal(kernel, workload, walk) == anneal(kernel, workload, walk)


@twins
@laws
@given(seed=seeds)
def test_an_assignment_is_judged_by_every_rule(kernel: ModuleType, seed: int) -> None:
    """Processes strewn about: the flaw is one of those that are there, and none where there is none."""
    random = dice(seed)
    workload = drawn_workload(random)
    at = [m if random.randrange(3) else random.randrange(len(workload.location)) for m in workload.home]
    status, flaw, _, price = cost(kernel, workload, at)
    wrong = judge.broken(workload, at)
    if wrong:
        assert status == Status.INVALID
        assert flaw in wrong
    else:
        assert (status, flaw, price) == (Status.DONE, Flaw.NONE, judge.cost(workload, at))


@twins
@settings(max_examples=150, deadline=None)
@given(seed=seeds)
def test_hostile_numbers_are_named_or_harmless(kernel: ModuleType, seed: int) -> None:
    random = dice(seed)
    workload, walk = hostile_workload(random), drawn_walk(random, tries=60)
    answer = anneal(kernel, workload, walk)
    assert answer == anneal(TWINS["reference"], workload, walk)
    if answer.status == Status.INVALID:
        assert answer.flaw is not Flaw.NONE
        assert answer.at == tuple(workload.home)
    else:
        assert judge.broken(workload, answer.best) == set()
        assert answer.best_cost == judge.cost(workload, answer.best)


def two_machines(changes: dict[str, Any] | None = None) -> Workload:
    """Two processes of two services on the first of two machines, which costs; the second is free."""
    sound = Workload(
        load_weight=integers((10,)),
        transient=integers((0,)),
        capacity=integers((100, 100)),
        safety=integers((0, 100)),
        location=integers((0, 1)),
        neighbourhood=integers((0, 1)),
        way=integers((0, 1, 1, 0)),
        spread=integers((0, 0)),
        need_start=integers((0, 0, 0)),
        need_of=integers(()),
        service=integers((0, 1)),
        amount=integers((60, 30)),
        price=integers((1, 1)),
        home=integers((0, 0)),
        balance=integers(()),
        price_weight=1,
        service_weight=10,
        way_weight=100,
    )
    return replace(sound, **(changes or {}))


COLD = Walk(500, 1.0, 1.0)


@twins
def test_it_finds_what_there_is_to_find(kernel: ModuleType) -> None:
    answer = anneal(kernel, two_machines(), COLD)
    assert answer.best == (1, 1)
    assert answer.best_cost == 2 * (1 + 100) + 10


@twins
def test_what_is_transient_is_held_at_home(kernel: ModuleType) -> None:
    """The second process can come in the place of the first only where the first holds nothing there any more."""
    room = {"home": integers((0, 1)), "capacity": integers((60, 70)), "safety": integers((30, 70))}
    assert anneal(kernel, two_machines(room), COLD).best == (1, 0)
    assert anneal(kernel, two_machines(room | {"transient": integers((1,))}), COLD).best == (0, 1)


@twins
def test_light_ones_wait_until_it_is_cold(kernel: ModuleType) -> None:
    """They weigh 600 and 300: at one temperature only the first is in play, at half of it both."""
    assert anneal(kernel, two_machines(), Walk(500, 1.0, 1.0, worth=400.0)).best == (1, 0)
    assert anneal(kernel, two_machines(), Walk(500, 0.5, 0.5, worth=400.0)).best == (1, 1)


@twins
def test_who_is_away_for_nothing_comes_home(kernel: ModuleType) -> None:
    free = two_machines({"load_weight": integers((0,)), "price": integers((0, 0)), "way": integers((0,) * 4)})
    free = replace(free, service_weight=0)
    assert anneal(kernel, free, Walk(500, 1.0, 1.0, homing=50.0), (1, 1)).at == (0, 0)


def ends(kernel: ModuleType, workload: Workload) -> set[tuple[int, ...]]:
    """Where walks of one try each come to, when nothing but the rules holds them."""
    at, met = tuple(workload.home), set[tuple[int, ...]]()
    for turn in range(150):
        at = anneal(kernel, workload, Walk(1, 1e6, 1e6, seed=turn), at).at
        met.add(at)
    return met


THREE_MACHINES: dict[str, Any] = {
    "safety": integers((0, 0, 0)),
    "way": integers((0,) * 9),
    "location": integers((0, 1, 1)),
    "neighbourhood": integers((0, 0, 1)),
}


@twins
def test_a_service_stays_spread(kernel: ModuleType) -> None:
    """Two of one service, one of them alone in its location: they change places, and the other alone goes about."""
    workload = two_machines(
        THREE_MACHINES
        | {"capacity": integers((100, 100, 100)), "service": integers((0, 0)), "home": integers((0, 1))}
        | {"spread": integers((2, 0))}
    )
    assert ends(kernel, workload) == {(0, 1), (0, 2), (1, 0), (2, 0)}


@twins
def test_two_that_change_places_do_not_leave_each_other(kernel: ModuleType) -> None:
    """The first needs the others' service in its neighbourhood; with no room to spare, all that can be are swaps.

    It cannot go to the second neighbourhood in the place of the only one there that it needs.
    """
    workload = two_machines(
        THREE_MACHINES
        | {"capacity": integers((9, 9, 9)), "amount": integers((9, 9, 9)), "price": integers((0, 0, 0))}
        | {"service": integers((0, 1, 1)), "home": integers((0, 1, 2))}
        | {"need_start": integers((0, 1, 1)), "need_of": integers((1,))}
    )
    assert ends(kernel, workload) == {(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0)}


@twins
@pytest.mark.parametrize(
    ("changes", "flaw", "culprit"),
    [
        ({"amount": integers((60, -1))}, Flaw.NEGATIVE, 1),
        ({"amount": integers((60, MOST_AMOUNT + 1))}, Flaw.TOO_LARGE, 1),
        ({"load_weight": integers((MOST_AMOUNT,)), "amount": integers((MOST_AMOUNT, 1))}, Flaw.TOO_LARGE, 0),
        ({"home": integers((0, 2))}, Flaw.NO_SUCH_MACHINE, 1),
        ({"service": integers((2, 1))}, Flaw.NO_SUCH_SERVICE, 0),
        ({"need_start": integers((0, 1, 1)), "need_of": integers((-1,))}, Flaw.NO_SUCH_SERVICE, 0),
        ({"location": integers((0, 9))}, Flaw.NO_SUCH_PLACE, 1),
        ({"balance": integers((0, 1, 1, 1))}, Flaw.NO_SUCH_RESOURCE, 0),
        ({"way_weight": -1}, Flaw.NEGATIVE, 2),
        ({"capacity": integers((89, 100))}, Flaw.OVERFULL, 0),
        ({"service": integers((1, 1))}, Flaw.CONFLICT, 1),
        ({"spread": integers((0, 2))}, Flaw.SPREAD, 1),
        ({"need_start": integers((0, 0, 1)), "need_of": integers((0,)), "home": integers((0, 1))}, Flaw.DEPENDENCY, 1),
    ],
)
def test_every_flaw_has_its_name(kernel: ModuleType, changes: dict[str, Any], flaw: Flaw, culprit: int) -> None:
    workload = two_machines(changes)
    assert cost(kernel, workload, workload.home)[:3] == (Status.INVALID, flaw, culprit)


@twins
@pytest.mark.parametrize(
    "changes",
    [
        {"load_weight": integers(())},
        {"location": integers(())},
        {"way": integers((0, 1))},
        {"amount": integers((60,))},
        {"need_start": integers((0, 0))},
        {"need_start": integers((0, 2, 1)), "need_of": integers((1,))},
        {"balance": integers((0, 0, 1))},
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(kernel: ModuleType, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        anneal(kernel, two_machines(changes), COLD)


@twins
@pytest.mark.parametrize(
    "walk",
    [Walk(-1, 1, 1), Walk(1, 1, 2), Walk(1, 1, 0), Walk(1, float("nan"), 1), Walk(1, 1, 1, -1), Walk(1, 1, 1, 0, -1)],
)
def test_a_walk_without_temperatures_is_refused(kernel: ModuleType, walk: Walk) -> None:
    with pytest.raises(ValueError, match="walk"):
        anneal(kernel, two_machines(), walk)
