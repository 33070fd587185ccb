"""Who listens: how it is found, how long one that does not is left alone, and what of it survives a restart."""

from dataclasses import replace

import pytest

from tests.unit.plan.memory.balloons import GIB, MIB, ODD, Balloon, herd, odd, steady, stuck
from tests.unit.plan.memory.ground import START, Ground, full
from xcp_reconciler.plan.memory import GuestKnowledge, Knowledge, Policy, lasting


def asked(kind: str, for_ms: int) -> Ground:
    ground = full([*herd(4), ODD[kind]()])
    ground.tick = 50
    ground.wanted = 5 * GIB
    ground.run(for_ms, look_every=10_000)
    return ground


@pytest.mark.parametrize(
    ("kind", "deaf"),
    [
        ("ideal", False),
        ("stuck", True),
        ("floor at 7.5 GiB", True),
        ("ceiling at 8 GiB", False),
        ("1 s in 20", False),
        ("a page per 5 s", True),
        ("slow, 64 MiB/s", False),
    ],
)
def test_after_its_time_a_guest_is_uncooperative_or_it_is_not(kind: str, *, deaf: bool) -> None:
    ground = asked(kind, 19_000)
    assert ground.last is not None
    assert not ground.last.uncooperative
    ground.run(12_000, look_every=10_000)
    assert ("odd" in ground.last.uncooperative) == deaf or ("odd" in ground.decide().uncooperative) == deaf


def quick_at_first(ms: int) -> int:
    """4 GiB in four seconds, and then a page every five."""
    return min(ms, 4000) * MIB + 4 * (ms // 5000)


def test_a_guest_that_is_always_moving_and_never_there_is_uncooperative() -> None:
    for reach in (steady(300), quick_at_first):
        ground = full([*herd(2), odd(reach)])
        ground.tick = 50
        ground.wanted = 14 * GIB
        ground.run(27_000, look_every=5_000)
        assert ground.decide().uncooperative == {"odd"}


def test_an_uncooperative_guest_is_left_alone_and_tried_again() -> None:
    ground = asked("stuck", 40_000)
    sent = len(ground.sent)
    ground.run(560_000, look_every=10_000)
    assert not [key for _, key, _ in ground.sent[sent:] if key == "odd"]
    ground.run(60_000, look_every=10_000)
    # It came to its turn after ten minutes, said nothing, and is left alone again.
    assert [key for _, key, _ in ground.sent[sent:]] == ["odd"]
    assert ground.decide().uncooperative == {"odd"}


def test_a_guest_that_wakes_is_at_once_one_of_them_again() -> None:
    ground = asked("asleep for 30 s", 28_000)
    assert ground.decide().uncooperative == {"odd"}
    ground.run(20_000, look_every=5_000)
    assert not ground.decide().uncooperative
    targets = [guest.target for guest in ground.guests]
    assert max(targets) - min(targets) <= ground.policy.min_delta


def test_knowledge_survives_a_restart() -> None:
    ground = asked("stuck", 40_000)
    kept = lasting(ground.knowledge)
    assert kept.guests["odd"].deaf_until is not None
    assert 0.5 * GIB <= (kept.guests["g00"].speed or 0) <= GIB
    ground.knowledge = kept
    ground.wanted = 12 * GIB
    sent = len(ground.sent)
    ground.run(10_000)
    assert {key for _, key, _ in ground.sent[sent:]} == {"g00", "g01", "g02", "g03"}
    assert ground.decide().uncooperative == {"odd"}


def test_what_is_kept_seldom_differs() -> None:
    ground = asked("floor at 7.5 GiB", 30_000)
    kept = {repr(lasting(ground.knowledge))}
    for _ in range(60):
        ground.run(10_000)
        kept.add(repr(lasting(ground.knowledge)))
    assert len(kept) == 1


def test_a_guest_that_cannot_take_what_it_is_given_does_not_keep_it_from_others() -> None:
    low = Balloon("low", 2 * GIB, 2 * GIB, GIB, 8 * GIB, steady(GIB), most=3 * GIB, demand=6 * GIB)
    other = Balloon("other", 2 * GIB, 2 * GIB, GIB, 8 * GIB, steady(GIB), demand=6 * GIB)
    ground = Ground(Policy(), 11 * GIB, [low, other], reserve=GIB, tick=50)
    ground.run(19_000, look_every=5_000)
    assert other.actual <= 5.1 * GIB
    ground.run(90_000, look_every=5_000)
    assert low.target <= low.actual + 4 * MIB
    assert other.actual >= 6 * GIB
    assert ground.least_free >= ground.reserve


def test_a_guest_that_could_not_grow_is_tried_with_a_little() -> None:
    low = Balloon("low", 2 * GIB, 2 * GIB, GIB, 8 * GIB, stuck, demand=6 * GIB)
    other = Balloon("other", 2 * GIB, 2 * GIB, GIB, 8 * GIB, steady(GIB), demand=6 * GIB)
    ground = Ground(Policy(), 11 * GIB, [low, other], reserve=GIB, tick=50)
    ground.run(120_000, look_every=10_000)
    most = other.actual
    assert ground.last is not None
    # The room for its next trial is promised to nobody.
    assert ground.last.shares["other"].goal + low.actual + ground.policy.min_delta <= 10 * GIB
    low.reach = steady(GIB)
    ground.run(620_000, look_every=10_000)
    assert most >= 6 * GIB
    assert low.actual >= 4.5 * GIB
    assert other.actual >= 4.5 * GIB
    assert ground.least_free >= ground.reserve


def test_a_look_without_statistics_does_not_forget_the_demand() -> None:
    guests = herd(3, demand=7 * GIB)
    ground = full(guests)
    ground.tick = 1000
    ground.run(10_000)
    for guest in guests:
        guest.demand = None
    ground.run(300_000, look_every=10_000)
    assert ground.last is not None
    assert ground.last.fallback is None
    ground.run(600_000, look_every=10_000)
    assert ground.decide().fallback is not None


def test_a_clock_that_was_set_back_holds_nobody_up() -> None:
    ground = asked("stuck", 40_000)
    known = ground.knowledge.guests["odd"]
    ahead = replace(known, deaf_until=START + 86_400.0, asked_at=START + 86_000.0, seen_at=START + 86_000.0)
    ground.knowledge = Knowledge(ground.knowledge.host, {**ground.knowledge.guests, "odd": ahead})
    ground.decide()
    again = ground.knowledge.guests["odd"]
    assert (again.deaf_until or 0) <= ground.clock + ground.policy.retry_after
    assert again.seen_at <= ground.clock


def test_after_the_clock_was_set_back_the_balance_goes_on() -> None:
    ground = full([*herd(3), ODD["stuck"]()])
    ground.others, ground.total = 2 * GIB, ground.total + 2 * GIB
    ground.now = 86_400_000
    ground.run(2000)
    ground.others = GIB
    ground.run(10_000, look_every=10_000)
    ground.now = 0
    ground.wanted = 6 * GIB
    assert ground.run_until_free(6 * GIB) is not None
    ground.wanted = 0
    ground.run(60_000, look_every=10_000)
    # What others gave back is handed out after a hold, not after a day.
    assert ground.knowledge.host.others == GIB


def test_an_old_look_is_not_acted_upon() -> None:
    ground = full(herd(3))
    old = ground.look()
    ground.pass_time(1000)
    ground.decide()
    ground.wanted = GIB
    said = ground.decide(old)
    assert not said.sends
    assert said.wake_at is not None
    assert ground.decide().sends


def test_a_guest_that_is_missing_from_a_look_is_not_forgotten() -> None:
    ground = asked("stuck", 40_000)
    odd = ground.guests.pop()
    ground.others += odd.actual
    ground.decide()
    ground.guests.append(odd)
    ground.others -= odd.actual
    assert ground.decide().uncooperative == {"odd"}
    ground.guests.pop()
    ground.run(700_000, look_every=60_000)
    assert "odd" not in ground.knowledge.guests


def test_nothing_known_is_kept_as_nothing() -> None:
    known = Knowledge(guests={"a": GuestKnowledge(asked=5, seen_at=3.0), "b": GuestKnowledge(speed=1000.0)})
    assert dict(lasting(known).guests) == {"b": GuestKnowledge(speed=512.0)}
