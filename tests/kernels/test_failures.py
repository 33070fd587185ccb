"""Lost hosts: both forms agree to the last step, brute force agrees with both, and every promise has a plan."""

import math
import signal
import threading
import time
from array import array
from collections.abc import Sequence
from itertools import combinations
from random import Random
from types import FrameType, ModuleType
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.failures_calls import TWINS, Host, arrays, compiled, restart, tolerates
from tests.kernels.failures_draws import GIB, edge_pool, fullness, jigsaw, machines, planted
from tests.kernels.failures_judge import has_plan, sets_of, truth, wrong_with
from xcp_kernels._reference import failures as reference
from xcp_kernels._reference.meter import Meter
from xcp_kernels._reference.packing import best_fit, fill, place
from xcp_kernels.limits import MOST_KIB
from xcp_kernels.verdict import Figure, Ground, Verdict

MOST: Final = (1 << 63) - 1
WIDE: Final = st.one_of(
    st.integers(0, 8), st.integers(-(1 << 63), MOST), st.integers(MOST_KIB - 2, MOST_KIB + 2), st.integers(-3, 1 << 20)
)
SIZES: Final = st.one_of(st.integers(0, 6), st.integers(0, 1000), st.sampled_from((0, GIB, 2 * GIB, 3 * GIB)))


@st.composite
def pools(draw: st.DrawFn) -> list[Host]:
    """Small pools; where hosts have little more than their machines, verdicts are on the edge."""
    unit = draw(st.sampled_from((1, 1, 4, 256)))
    pool: list[Host] = []
    for _ in range(draw(st.integers(0, 7))):
        sizes = [unit * size for size in draw(st.lists(SIZES, max_size=6))]
        pool.append(Host(sum(sizes) + draw(st.integers(-1, 8) | st.integers(0, 2000)), tuple(sizes)))
    return pool


def hard(slack: float = 0.0, heavy: int = 2) -> list[Host]:
    """A pool that no search of ours knows within seconds."""
    return jigsaw(Random(5), 40, heavy, slack=slack)  # noqa: S311 - chance that can be repeated


@pytest.fixture(params=TWINS.values(), ids=list(TWINS))
def kernel(request: pytest.FixtureRequest) -> ModuleType:
    """Each form in turn."""
    found = request.param
    assert isinstance(found, ModuleType)
    return found


# --- both forms


@settings(max_examples=120, deadline=None)
@given(pool=pools(), failures=st.integers(-1, 5), work=st.sampled_from((-1, 0, 10, 100, 1000, 10_000)))
def test_both_forms_say_the_same(pool: list[Host], failures: int, work: int) -> None:
    answers = [tolerates(twin, pool, failures, work=work) for twin in TWINS.values()]
    assert answers[0] == answers[1]
    lost = answers[0].lost
    assert restart(compiled, pool, lost, work=work) == restart(reference, pool, lost, work=work)


def test_both_forms_say_the_same_on_the_edge() -> None:
    chance = Random(7)  # noqa: S311 - chance that can be repeated
    searched = 0
    for _ in range(400):
        failures, work = chance.randint(1, 2), chance.choice((-1, -1, 60, 600))
        pool = edge_pool(chance, failures)
        ours, theirs = (tolerates(twin, pool, failures, work=work) for twin in TWINS.values())
        assert ours == theirs, pool
        searched += ours.figures[Figure.SEARCHED]
    assert searched > 40


@pytest.mark.parametrize("slack", [0.0, 0.002, 0.005])
def test_both_forms_search_alike(slack: float) -> None:
    pool = jigsaw(Random(3), 24, 2, slack=slack)  # noqa: S311 - chance that can be repeated
    ours, theirs = (tolerates(twin, pool, 1, work=6000) for twin in TWINS.values())
    assert ours == theirs
    assert ours.figures[Figure.SEARCHED] > 0


@pytest.mark.parametrize("failures", [2, 6, 18])
def test_both_forms_go_through_many_sets_alike(failures: int) -> None:
    """Large sets of lost hosts, most of which sums leave open, until the work is over."""
    opened = 0
    for seed in range(8):
        chance = Random(seed)  # noqa: S311 - chance that can be repeated
        free = [chance.randint(70, 130) for _ in range(24)]
        most = chance.choice((0.9, 0.97, 1.0)) * sum(sorted(free)[: 24 - failures]) / failures
        pool = [Host(sum(mine) + one, tuple(mine)) for one in free for mine in [some_sizes(chance, most)]]
        ours, theirs = (tolerates(twin, pool, failures, work=4000) for twin in TWINS.values())
        assert ours == theirs
        opened += ours.figures[Figure.STEPS] > 0
    assert opened > 1


def some_sizes(chance: Random, most: float) -> list[int]:
    """Sizes of 10 to 70, but for the last one, and `most` in all."""
    sizes: list[int] = []
    while (size := chance.randint(10, 70)) + sum(sizes) <= most:
        sizes.append(size)
    return [*sizes, int(most) - sum(sizes)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WIDE, st.lists(WIDE, max_size=4)), max_size=4), st.integers(-(1 << 63), MOST))
def test_whatever_the_numbers_are_there_is_an_answer(rows: list[tuple[int, list[int]]], failures: int) -> None:
    pool = [Host(room, tuple(sizes)) for room, sizes in rows]
    ours, theirs = (tolerates(twin, pool, failures, work=5000) for twin in TWINS.values())
    assert ours == theirs
    sizes = [size for _, mine in rows for size in mine]
    wrong = any(not 0 <= size <= MOST_KIB for size in sizes) or any(abs(room) > MOST_KIB for room, _ in rows)
    assert (ours.verdict == Verdict.INVALID) == (wrong or failures < 0)


# --- brute force


def test_brute_force_agrees() -> None:
    """Every verdict, the named set of every NO, and a plan for every set of every YES."""
    chance = Random(11)  # noqa: S311 - chance that can be repeated
    seen: set[tuple[int, int, bool]] = set()
    for _ in range(300):
        failures = chance.randint(0, 3)
        pool = edge_pool(chance, failures)
        answer = tolerates(compiled, pool, failures)
        assert answer.verdict == (Verdict.YES if truth(pool, failures) else Verdict.NO), (pool, failures)
        seen.add((answer.verdict, answer.figures[Figure.GROUND], answer.figures[Figure.SEARCHED] > 0))
        if answer.verdict == Verdict.NO:
            assert len(answer.lost) <= failures
            assert not has_plan(pool, answer.lost)
            continue
        for lost in sets_of(len(pool), failures):
            plan = restart(compiled, pool, lost)
            assert plan.verdict == Verdict.YES
            assert wrong_with(pool, lost, plan.out) == ""
    assert {ground for _, ground, _ in seen} >= {Ground.NONE, Ground.OVERFULL, Ground.NOBODY, Ground.TOO_MANY}
    assert any(searched for _, _, searched in seen)


def test_each_search_alone_is_exact() -> None:
    chance = Random(13)  # noqa: S311 - chance that can be repeated
    refused = 0
    for _ in range(600):
        top = chance.choice((4, 10, 30, 1000))
        sizes = sorted((chance.randint(1, top) for _ in range(chance.randint(3, 8))), reverse=True)
        shares = [chance.uniform(0.5, 1) for _ in range(chance.randint(2, 4))]
        rooms = sorted(round(sum(sizes) * share / sum(shares) * chance.choice((1, 1.1))) for share in shares)
        pool = [Host(sum(sizes), tuple(sizes)), *(Host(room) for room in rooms)]
        right = has_plan(pool, frozenset({0}))
        refused += not right and sum(sizes) <= sum(rooms)
        for search in (fill, place):
            where, verdict = search(sizes, rooms, Meter(-1, math.inf))
            assert (verdict is Verdict.YES) == right
            assert not right or wrong_with(pool, frozenset({0}), [room + 1 for room in where]) == ""
    assert refused > 50


# --- what is said


def test_the_worst_set_is_refused_with_its_figures(kernel: ModuleType) -> None:
    pool = [Host(10, (6,)), Host(10, (3,)), Host(9, (5,))]
    answer = tolerates(kernel, pool, 1)
    assert answer.verdict == Verdict.YES
    assert restart(kernel, pool, frozenset({0})).out == (1, 1, 2)
    both = tolerates(kernel, pool, 2)
    assert both.verdict == Verdict.NO
    assert both.lost == {0, 1}
    assert both.figures[: Figure.HAVE + 1] == (Ground.TOO_MANY, 6, 1, 0)


def test_one_large_room_is_not_two_small_ones(kernel: ModuleType) -> None:
    """12 KiB are free for 11, and no two of the rooms take 6 and 5."""
    pool = [Host(11, (6, 5)), Host(4), Host(4), Host(4)]
    answer = tolerates(kernel, pool, 1)
    assert answer.verdict == Verdict.NO
    assert answer.lost == {0}
    assert answer.figures[: Figure.HAVE + 1] == (Ground.TOO_MANY, 6, 1, 0)


def test_what_only_a_search_refuses(kernel: ModuleType) -> None:
    """All sums are well: 5 and three of 3 for rooms of 8 and 6, where the one beside the 5 leaves 6 for two."""
    pool = [Host(16, (5, 4, 4, 3)), Host(10), Host(6)]
    answer = tolerates(kernel, pool, 1)
    assert answer.verdict == (Verdict.YES if truth(pool, 1) else Verdict.NO)
    assert answer.verdict == Verdict.NO
    assert answer.figures[: Figure.HAVE + 1] == (Ground.EXHAUSTED, 3, 16, 16)
    assert answer.figures[Figure.SEARCHED] == 1


def test_the_reserve_is_kept_before_anything_is_lost(kernel: ModuleType) -> None:
    for failures in range(4):
        answer = tolerates(kernel, [Host(100), Host(5, (4, 2)), Host(-1)], failures)
        assert answer.verdict == Verdict.NO
        assert answer.lost == frozenset()
        assert answer.figures[: Figure.HOST + 1] == (Ground.OVERFULL, 0, 6, 5, 1)


def test_nobody_is_left(kernel: ModuleType) -> None:
    assert tolerates(kernel, [Host(5, (0,)), Host(5)], 2).figures[: Figure.NEED + 1] == (Ground.NOBODY, 0, 1)
    assert tolerates(kernel, [Host(5, (0,)), Host(5)], 99).lost == {0, 1}
    assert tolerates(kernel, [Host(5), Host(5)], 2).verdict == Verdict.YES
    assert tolerates(kernel, [], 1).verdict == Verdict.YES
    assert restart(kernel, [Host(5, (1,))], frozenset({0})).out == (-1,)


def test_machines_without_memory_need_only_a_host(kernel: ModuleType) -> None:
    assert tolerates(kernel, [Host(0, (0, 0)), Host(0)], 1).verdict == Verdict.YES
    assert restart(kernel, [Host(0, (0, 0)), Host(0)], frozenset({0})).out == (1, 1)


def test_many_sets_are_known_by_sums(kernel: ModuleType) -> None:
    """Of 40 hosts any 8 can be lost: 76,904,685 sets, none of which was looked at."""
    pool = [Host(100, (10, 10, 5, 5)) for _ in range(40)]
    answer = tolerates(kernel, pool, 8)
    assert (answer.verdict, answer.figures[Figure.PACKED]) == (Verdict.YES, 0)


def test_hosts_that_are_alike_are_looked_at_once(kernel: ModuleType) -> None:
    """Sums leave open whether five of 6 fit into rooms of 16; of 30 such hosts one stands for all."""
    pool = [Host(36 + 10, (6, 6, 6, 6, 6, 6)) for _ in range(8)]
    answer = tolerates(kernel, pool, 1)
    assert answer.verdict == Verdict.YES
    assert answer.figures[Figure.PACKED] <= 1


# --- large pools with a plan inside


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_no_planted_pool_is_refused(failures: int) -> None:
    for seed in range(6):
        chance = Random(seed)  # noqa: S311 - chance that can be repeated
        hosts = chance.randint(48 if failures == 3 else 32, 64)
        pool = planted(chance, hosts, failures, full=chance.choice((0.9, 0.99)), dust=seed % 2 == 1)
        assert fullness(pool) > 0.899
        answer = tolerates(compiled, pool, failures, deadline=time.monotonic() + 20)
        assert answer.verdict == Verdict.YES
        _promised(pool, [answer.lost, *chance.sample(list(combinations(range(hosts), failures)), 20)])


@pytest.mark.parametrize("slack", [0.005, 0.02, 0.05])
def test_a_jigsaw_is_solved(slack: float) -> None:
    """Where sums and best fit do not know, it is searched; and every plan is whole."""
    searched = 0
    for seed in range(4):
        pool = jigsaw(Random(seed), 40, 3, slack=slack)  # noqa: S311 - chance that can be repeated
        answer = tolerates(compiled, pool, 1, deadline=time.monotonic() + 20)
        assert answer.verdict == Verdict.YES
        _promised(pool, [answer.lost, *sets_of(40, 1)])
        searched += answer.figures[Figure.SEARCHED]
    assert slack > 0.01 or searched > 3


def _promised(pool: Sequence[Host], sets: Sequence[Sequence[int] | frozenset[int]]) -> None:
    for lost in map(frozenset, sets):
        plan = restart(compiled, pool, lost)
        assert plan.verdict == Verdict.YES
        assert wrong_with(pool, lost, plan.out) == ""


def test_a_thousand_hosts() -> None:
    chance = Random(1)  # noqa: S311 - chance that can be repeated
    pool = [Host(256 * GIB, tuple(machines(chance, 230 * GIB, dust=True))) for _ in range(1000)]
    begun = time.process_time()
    answer = tolerates(compiled, pool, 1)
    took = time.process_time() - begun
    assert answer.verdict == Verdict.YES
    assert took < 1.0, f"{took:.3f} s"


# --- the end of time


def test_work_and_time_can_end(kernel: ModuleType) -> None:
    pool = hard()
    answer = tolerates(kernel, pool, 1, work=3000)
    assert answer.verdict == Verdict.UNKNOWN
    assert len(answer.lost) == 1
    assert not answer.lost <= {*range(38)}
    begun = time.monotonic()
    assert tolerates(kernel, pool, 1, deadline=begun + 0.2).verdict == Verdict.UNKNOWN
    assert time.monotonic() - begun < 5
    assert restart(kernel, pool, answer.lost, deadline=begun).verdict == Verdict.UNKNOWN


def test_a_refusal_is_found_behind_what_takes_long(kernel: ModuleType) -> None:
    """The first hosts would be searched for ever; they are put off until it is found that the last one has no plan."""
    pool = hard()
    free = sorted(host.free for host in pool)
    # Three machines for two rooms. It comes last, as it is lighter; and sums over all sets are not fine enough for it.
    size = free[-3] + 1
    pool.append(Host(3 * size, (size,) * 3))
    answer = tolerates(kernel, pool, 1, deadline=time.monotonic() + 20)
    assert answer.verdict == Verdict.NO
    assert answer.lost == {40}
    assert answer.figures[: Figure.HAVE + 1] == (Ground.TOO_MANY, size, 3, 2)
    assert answer.figures[Figure.SEARCHED] == 2


def test_an_interrupt_ends_the_search() -> None:
    """The compiled search lets signals through, though it never runs a line of Python."""

    class Stop(Exception):  # noqa: N818 - it is no error
        pass

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise Stop

    assert threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Stop):
            tolerates(compiled, hard(), 1, deadline=time.monotonic() + 30)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- what does not fit together


def test_arrays_that_do_not_fit_together_raise(kernel: ModuleType) -> None:
    offsets, sizes, room = arrays([Host(5, (1, 2)), Host(5)])
    lost, figures = array("q", [0, 0]), array("q", [0] * len(Figure))
    wrong = [
        (array("q"), sizes, room, lost, figures),
        (offsets, sizes[:1], room, lost, figures),
        (offsets, sizes, room[:1], lost, figures),
        (offsets, sizes, room, lost[:1], figures),
        (offsets, sizes, room, lost, figures[:3]),
        (array("q", [0, 3, 2]), sizes, room, lost, figures),
        (array("q", [1, 2, 2]), sizes, room, lost, figures),
    ]
    for one, two, three, four, five in wrong:
        with pytest.raises(ValueError, match=r"[a-z]"):
            kernel.tolerates(one, two, three, 1, -1, math.inf, four, five)
        with pytest.raises(ValueError, match=r"[a-z]"):
            kernel.restart(one, two, three, four, -1, math.inf, array("q", [0] * len(two)), five)
    with pytest.raises(ValueError, match=r"[a-z]"):
        kernel.restart(offsets, sizes, room, lost, -1, math.inf, array("q"), figures)


def test_best_fit_takes_the_smallest_room() -> None:
    assert best_fit((5, 3, 3, 1), (3, 4, 9)) == [2, 0, 1, 1]
    assert best_fit((5,), (4, 4)) == [-1]
