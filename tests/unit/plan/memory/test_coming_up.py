"""A guest that has just come up: what it will need nobody knows yet, and what it may be about to use is left to it.

Seen on real guests: one that was shrunk near its minimum while its programs started died of it, kernel and all.
"""

from tests.unit.plan.memory.balloons import GIB, Balloon, steady
from tests.unit.plan.memory.ground import Ground
from xcp_reconciler.plan.memory import FloorRule, Knowledge, Policy, Urgency, lasting


def booting(*, demand: int | None = None, floor: FloorRule = FloorRule.WORKING_SET) -> Ground:
    """One guest of 4 GiB that is booting on a host of 8, where another one of 4 wants to start."""
    guest = Balloon("web", 4 * GIB, 4 * GIB, GIB, 4 * GIB, steady(GIB), demand=demand, driver=False)
    return Ground(Policy(floor=floor), 8 * GIB, [guest], reserve=GIB, wanted=4 * GIB, tick=100)


def comes_up(ground: Ground, *, demand: int | None) -> None:
    ground.run(5_000, look_every=1_000)
    (guest,) = ground.guests
    guest.driver, guest.demand = True, demand


def has_room(ground: Ground) -> bool:
    """Whether the other one can start."""
    return ground.free >= ground.reserve + ground.wanted


def test_it_keeps_what_it_has_until_it_has_said_for_a_hold_that_it_needs_less() -> None:
    ground = booting()
    comes_up(ground, demand=GIB)
    ground.run(28_000, look_every=1_000)
    assert not ground.sent
    assert ground.last is not None
    assert ground.last.lacking
    ground.run(10_000, look_every=1_000)
    assert has_room(ground)


def test_what_counts_is_the_most_that_it_has_said_since() -> None:
    ground = booting()
    comes_up(ground, demand=GIB)
    ground.run(10_000, look_every=1_000)
    ground.guests[0].demand = int(3.5 * GIB)
    ground.run(3_000, look_every=1_000)
    ground.guests[0].demand = 3 * GIB
    ground.run(30_000, look_every=1_000)
    assert not ground.sent
    assert ground.last is not None
    assert ground.last.shares["web"].goal >= int(3.5 * GIB)


def test_one_that_says_nothing_has_a_minute() -> None:
    ground = booting()
    comes_up(ground, demand=None)
    ground.run(1_000, look_every=1_000)
    assert ground.last is not None
    assert ground.last.shares["web"].sentence == (
        "4 GiB: its maximum; wants 4 GiB (all that it has: it has come up, and has not said yet)"
    )
    ground.run(58_000, look_every=1_000)
    assert not ground.sent
    # It is woken for that, whatever else happens.
    ground.run(6_000)
    assert has_room(ground)


def test_below_its_reserve_a_host_asks_it_all_the_same() -> None:
    ground = booting()
    comes_up(ground, demand=GIB)
    ground.wanted, ground.others = 0, 4 * GIB
    said = ground.decide()
    assert said.urgency is Urgency.RESERVE
    assert [send.target for send in said.sends] == [3 * GIB]


def test_where_the_minimum_is_the_floor_it_is_asked_at_once() -> None:
    ground = booting(floor=FloorRule.MINIMUM)
    comes_up(ground, demand=GIB)
    ground.run(3_000, look_every=1_000)
    assert has_room(ground)


def test_one_that_was_up_before_anybody_looked_is_believed_at_once() -> None:
    ground = booting(demand=GIB)
    ground.guests[0].driver = True
    ground.run(3_000, look_every=1_000)
    assert has_room(ground)


def test_a_restart_of_ours_in_between_makes_it_no_shorter() -> None:
    ground = booting()
    comes_up(ground, demand=GIB)
    ground.run(20_000, look_every=1_000)
    ground.knowledge = lasting(ground.knowledge)
    assert ground.knowledge != Knowledge()
    ground.run(25_000, look_every=1_000)
    assert not ground.sent
    ground.run(15_000, look_every=1_000)
    assert has_room(ground)
