"""What must hold of the memory kernels for any host, in both twins."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.memory_calls import TWINS, Guest, Host, ask, ask_one
from tests.kernels.memory_oracle import exact_shares, rounded, slopes
from xcp_kernels.outcome import Reason, Status

twins = pytest.mark.parametrize("kernel", [pytest.param(kernel, id=name) for name, kernel in TWINS.items()])
laws = settings(max_examples=40, deadline=None)
LARGEST = (1 << 46) - 1

sizes = st.integers(0, 12) | st.integers(0, 32 << 20) | st.integers(LARGEST - 2, LARGEST) | st.integers(0, LARGEST)
weights = st.just(1.0) | st.floats(0, 8) | st.sampled_from([0.25, 2.0, 1e-9, 1e300])


@st.composite
def guests(draw: st.DrawFn) -> Guest:
    floor, held = draw(sizes), draw(sizes)
    ceiling = min(floor + draw(sizes), LARGEST) if draw(st.booleans()) else draw(sizes)
    band = st.integers(0, held // 4 + 2)
    return Guest(floor, ceiling, draw(sizes), draw(weights), 1, draw(sizes), held, draw(band), draw(band))


@st.composite
def hosts(draw: st.DrawFn, *, feasible: bool = True, inactive: bool = True) -> Host:
    """Budgets are drawn between what matters: floors, wants and tops."""
    rows = draw(st.lists(guests(), min_size=1, max_size=8))
    if inactive:
        rows = [row._replace(active=int(draw(st.integers(0, 5)) > 0)) for row in rows]
    active = [row for row in rows if row.active]
    marks = [sum(row.floor for row in active), sum(row.wanted for row in active), sum(row.top for row in active)]
    low, high = draw(st.sampled_from(list(pairwise(marks)))) if feasible else (-5, marks[0])
    return Host(draw(st.integers(low, high)), tuple(rows), draw(st.floats()))


@twins
@laws
@given(host=hosts())
def test_the_exact_shares_cut_to_whole_numbers(kernel: ModuleType, host: Host) -> None:
    """Against fractions found by halving: level, cut, remainders and ties, all at once."""
    active = [guest for guest in host.guests if guest.active]
    answer = ask_one(kernel, "demand_aware", host)
    assert answer.of_active(host) == rounded(exact_shares(active, host.budget))
    assert answer.status == (Status.SCARCE if sum(guest.wanted for guest in active) > host.budget else Status.PLENTY)


@twins
@laws
@given(host=hosts())
@pytest.mark.parametrize("mode", ["demand_aware", "demand_aware_calm", "static"])
def test_sum_and_bounds(kernel: ModuleType, mode: str, host: Host) -> None:
    answer = ask_one(kernel, mode, host)
    active = [guest for guest in host.guests if guest.active]
    targets = answer.of_active(host)
    assert all(guest.floor <= target <= guest.top for guest, target in zip(active, targets, strict=True))
    most = min(host.budget, sum(guest.top for guest in active))
    assert sum(targets) <= most
    # Bands may leave memory unasked for; nothing else may.
    if mode != "demand_aware_calm":
        assert sum(targets) == most


@twins
@laws
@given(host=hosts(inactive=False))
def test_no_level_suits_another_guest_better(kernel: ModuleType, host: Host) -> None:
    """KKT residual 0, in integers: one level is right for every guest to less than one KiB.

    A guest that could have more must not be below the level by a KiB, one that could have less not above it by one.
    """
    answer = ask_one(kernel, "demand_aware", host)
    if answer.status != Status.SCARCE:
        return
    rows = list(zip(host.guests, slopes(host.guests), answer.targets, strict=True))
    least = max((Fraction(t - 1, slope) for g, slope, t in rows if slope and t > g.floor), default=Fraction(-1))
    most = min((Fraction(t + 1, slope) for g, slope, t in rows if slope and t < g.wanted), default=least + 1)
    assert least < most


@twins
@laws
@given(host=hosts(inactive=False), more=st.integers(1, 1 << 22))
@pytest.mark.parametrize("mode", ["demand_aware", "static"])
def test_more_memory_takes_from_nobody(kernel: ModuleType, mode: str, host: Host, more: int) -> None:
    """But for the one KiB of rounding: largest remainders can hand that to somebody else."""
    before = ask_one(kernel, mode, host).targets
    after = ask_one(kernel, mode, replace(host, budget=host.budget + more)).targets
    assert all(new >= old - 1 for old, new in zip(before, after, strict=True))


@twins
@laws
@given(host=hosts(), data=st.data())
def test_order_is_of_no_account(kernel: ModuleType, host: Host, data: st.DataObject) -> None:
    """But for ties: guests whose remainders are equal may swap the one KiB of rounding, the lower index first."""
    order = data.draw(st.permutations(range(len(host.guests))))
    before = ask_one(kernel, "demand_aware", host).targets
    shuffled = ask_one(kernel, "demand_aware", replace(host, guests=tuple(host.guests[i] for i in order))).targets
    after = dict(zip(order, shuffled, strict=True))
    other = [i for i, target in enumerate(before) if after[i] != target]
    if not other:
        return
    active = [i for i, guest in enumerate(host.guests) if guest.active]
    shares = dict(zip(active, exact_shares([host.guests[i] for i in active], host.budget), strict=True))
    assert len({shares[i] % 1 for i in other}) == 1
    assert all(abs(after[i] - before[i]) == 1 for i in other)
    assert sum(after.values()) == sum(before)


@twins
@laws
@given(host=hosts(inactive=False), factor=st.integers(2, 50), power=st.integers(-20, 20))
def test_scale(kernel: ModuleType, host: Host, factor: int, power: int) -> None:
    """Sizes times a factor are targets times it, to the rounding; weights times a power of two are nothing."""
    before = ask_one(kernel, "demand_aware", host)
    heavier = tuple(guest._replace(weight=guest.weight * 2.0**power) for guest in host.guests)
    if all(guest.weight >= 1e-200 for guest in host.guests):
        assert ask_one(kernel, "demand_aware", replace(host, guests=heavier)).targets == before.targets
    if max(max(guest.top, guest.demand) for guest in host.guests) > LARGEST // factor:
        return
    larger = tuple(
        guest._replace(floor=guest.floor * factor, ceiling=guest.ceiling * factor, demand=guest.demand * factor)
        for guest in host.guests
    )
    after = ask_one(kernel, "demand_aware", replace(host, guests=larger, budget=host.budget * factor))
    assert after.status == before.status
    assert all(abs(new - factor * old) < factor for new, old in zip(after.targets, before.targets, strict=True))


@laws
@given(some=st.lists(hosts() | hosts(feasible=False), max_size=4))
@pytest.mark.parametrize("mode", ["demand_aware", "demand_aware_calm", "static"])
def test_the_twins_agree(mode: str, some: list[Host]) -> None:
    assert ask(TWINS["compiled"], mode, some) == ask(TWINS["reference"], mode, some)


@twins
@laws
@given(host=hosts(), level=st.floats())
@pytest.mark.parametrize("mode", ["demand_aware", "demand_aware_calm"])
def test_the_last_level_changes_no_target(kernel: ModuleType, mode: str, host: Host, level: float) -> None:
    first, again = ask(kernel, mode, [host, replace(host, level=level)])
    assert (first.targets, first.reasons, first.status) == (again.targets, again.reasons, again.status)


@twins
@laws
@given(host=hosts(feasible=False))
@pytest.mark.parametrize("mode", ["demand_aware", "demand_aware_calm", "static"])
def test_floors_that_do_not_fit(kernel: ModuleType, mode: str, host: Host) -> None:
    active = [guest for guest in host.guests if guest.active]
    if sum(guest.floor for guest in active) <= host.budget:
        return
    answer = ask_one(kernel, mode, host)
    assert answer.status == Status.SHORT
    assert answer.of_active(host) == [guest.floor for guest in active]
    assert set(answer.reasons) <= {Reason.FLOOR, Reason.CROSSED, Reason.INACTIVE}


@twins
@laws
@given(host=hosts())
def test_without_bands_calm_is_nothing(kernel: ModuleType, host: Host) -> None:
    plain = replace(host, guests=tuple(guest._replace(shrink=0, grow=0) for guest in host.guests))
    assert ask_one(kernel, "demand_aware_calm", plain) == ask_one(kernel, "demand_aware", plain)


@twins
@laws
@given(host=hosts(inactive=False), data=st.data())
def test_within_their_bands_nobody_moves(kernel: ModuleType, host: Host, data: st.DataObject) -> None:
    """What stands is what was right; then demands and the budget move so little that all goals stay in their bands."""
    right = ask_one(kernel, "demand_aware", host).targets
    rows: list[Guest] = []
    for guest, target in zip(host.guests, right, strict=True):
        ceiling = max(guest.floor, guest.ceiling)
        changed = max(0, min(guest.demand + data.draw(st.integers(-9, 9)), LARGEST))
        rows.append(guest._replace(ceiling=ceiling, held=target, shrink=1 << 44, grow=1 << 44, demand=changed))
    calm = ask_one(kernel, "demand_aware_calm", replace(host, guests=tuple(rows), budget=max(host.budget, sum(right))))
    assert calm.targets == right


@twins
def test_one_guests_change_moves_only_those_that_must(kernel: ModuleType) -> None:
    """Of 20 guests one wants 1 GiB more, and one holds more than its share: they settle it between them."""
    gib = 1 << 20
    rows = [Guest(gib, 8 * gib, 4 * gib, held=3 * gib, shrink=gib // 4, grow=gib // 4) for _ in range(20)]
    rows[:2] = rows[0]._replace(demand=5 * gib), rows[1]._replace(held=4 * gib)
    host = Host(61 * gib, tuple(rows))
    loose, calm = ask_one(kernel, "demand_aware", host), ask_one(kernel, "demand_aware_calm", host)
    assert all(target != 3 * gib for target in loose.targets)
    assert calm.targets[2:] == (3 * gib,) * 18
    # 5 v - 1/4 and 4 v + 1/4 GiB are 7 GiB.
    assert calm.targets[:2] == (35 * gib // 9 + 1 - gib // 4, 28 * gib // 9 + gib // 4)
    assert [Reason(reason) for reason in calm.reasons] == [Reason.SHARE, Reason.SHARE, *[Reason.HELD] * 18]


@twins
def test_reasons_say_why(kernel: ModuleType) -> None:
    """Level 0.5 of demand: shares, a floor above it, and a whole small demand under a weight."""
    rows = (
        Guest(0, 1000, 400, 1.0),
        Guest(300, 1000, 400, 1.0),
        Guest(0, 1000, 100, 2.0),
        Guest(0, 50, 400, 2.0),
        Guest(90, 80, 0, 1.0),
        Guest(0, 1000, 0, 1.0, active=0, actual=7),
    )
    answer = ask_one(kernel, "demand_aware", Host(200 + 300 + 100 + 50 + 90, rows))
    assert answer.targets == (200, 300, 100, 50, 90, 7)
    assert answer.status == Status.SCARCE
    assert [Reason(reason) for reason in answer.reasons] == [
        Reason.SHARE,
        Reason.FLOOR,
        Reason.DEMAND,
        Reason.CEILING,
        Reason.CROSSED,
        Reason.INACTIVE,
    ]
    plenty = ask_one(kernel, "demand_aware", Host(300, (Guest(0, 200, 100), Guest(0, 300, 100), Guest(50, 50, 9))))
    assert plenty.targets == (117, 133, 50)
    assert [Reason(reason) for reason in plenty.reasons] == [Reason.SPREAD, Reason.SPREAD, Reason.FLOOR]
