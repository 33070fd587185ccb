"""Before a migration the minimum is raised to what the guest uses, and taken back afterwards, also after a crash."""

from dataclasses import replace

from tests.unit.plan.memory.balloons import GIB, MIB
from xcp_reconciler.plan.memory import GuestMemory, HostMemory, Knowledge, Policy, Send, Step, guarded_minimum, step

NOW = 5_000_000.0
GUEST = GuestMemory("a", "a", 4 * GIB, 4 * GIB, GIB, 8 * GIB, 3 * GIB, minimum=GIB)


def decide(guest: GuestMemory, knowledge: Knowledge | None = None, at: float = NOW) -> Step:
    host = HostMemory("h1", 5 * GIB, GIB, seen_at=at)
    return step(Policy(), host, [guest], knowledge or Knowledge(), 0, at)


def test_the_minimum_is_raised_before_and_taken_back_after() -> None:
    assert not decide(GUEST).sends
    before = decide(replace(GUEST, migrating=True))
    assert before.sends == (Send("a", 4 * GIB, 3 * GIB),)
    during = decide(replace(GUEST, migrating=True, minimum=3 * GIB), before.knowledge, NOW + 5)
    assert not during.sends
    after = decide(replace(GUEST, minimum=3 * GIB), during.knowledge, NOW + 60)
    assert after.sends == (Send("a", 4 * GIB, GIB),)
    assert not decide(GUEST, after.knowledge, NOW + 65).sends


def test_it_is_taken_back_by_who_knows_nothing() -> None:
    assert decide(replace(GUEST, minimum=3 * GIB)).sends == (Send("a", 4 * GIB, GIB),)


def test_what_is_used_is_all_that_it_holds_where_nobody_knows_better() -> None:
    guest = replace(GUEST, migrating=True, demand=None)
    assert guarded_minimum(Policy(), guest) == 4 * GIB
    assert guarded_minimum(Policy(), replace(guest, demand=GIB // 2)) == GIB
    assert guarded_minimum(Policy(), replace(guest, demand=6 * GIB)) == 4 * GIB
    assert guarded_minimum(Policy(migration_guard=False), guest) == GIB


def test_a_backend_that_rounds_or_refuses_is_not_told_at_every_look() -> None:
    first = decide(replace(GUEST, migrating=True))
    assert not decide(replace(GUEST, migrating=True), first.knowledge, NOW + 1).sends
    assert decide(replace(GUEST, migrating=True), first.knowledge, NOW + 11).sends
    assert not decide(replace(GUEST, minimum=GIB + 1024)).sends


def test_a_guest_that_migrates_keeps_its_target_whatever_is_wanted() -> None:
    moving = replace(GUEST, migrating=True, minimum=3 * GIB)
    other = replace(GUEST, key="b", name="b")
    host = HostMemory("h1", 9 * GIB, GIB, seen_at=NOW)
    said = step(Policy(), host, [moving, other], Knowledge(), GIB, NOW)
    assert [send.key for send in said.sends] == ["b"]


def test_a_backend_without_minima_is_sent_none() -> None:
    said = decide(replace(GUEST, migrating=True, minimum=None))
    assert not said.sends


def test_a_minimum_is_never_sent_above_its_target() -> None:
    guest = replace(GUEST, floor=5 * GIB, minimum=GIB, actual=4 * GIB - 64 * MIB)
    assert all(send.minimum is not None and send.minimum <= send.target for send in decide(guest).sends)
