"""Every key once, at its earliest time, news before routine."""

from tests.runtime.stage import vm_ref
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.schedule import Priority, Schedule

A, B, C = vm_ref("a"), vm_ref("b"), vm_ref("c")


def taken(schedule: Schedule, now: float) -> list[Ref]:
    found: list[Ref] = []
    while (key := schedule.take(now)) is not None:
        found.append(key)
    return found


def test_a_key_is_due_once_and_at_its_earliest_time() -> None:
    schedule = Schedule()
    schedule.ask(A, 10.0)
    schedule.ask(A, 5.0)
    schedule.ask(A, 20.0)
    assert schedule.next_at() == 5.0
    assert taken(schedule, 4.9) == []
    assert taken(schedule, 30.0) == [A]


def test_news_goes_before_a_routine_that_came_first() -> None:
    schedule = Schedule()
    schedule.ask(A, 0.0, Priority.ROUTINE)
    schedule.ask(B, 0.0, Priority.ROUTINE)
    schedule.ask(C, 0.0, Priority.NEWS)
    assert taken(schedule, 1.0) == [C, A, B]


def test_news_about_a_key_of_the_routine_moves_it_ahead() -> None:
    schedule = Schedule()
    schedule.ask(A, 0.0, Priority.ROUTINE)
    schedule.ask(B, 0.0, Priority.ROUTINE)
    assert schedule.take(1.0) == A
    schedule.done(A)
    schedule.ask(A, 1.0, Priority.ROUTINE)
    schedule.ask(A, 1.0, Priority.NEWS)
    assert taken(schedule, 1.0) == [A, B]


def test_a_key_that_is_asked_for_while_it_is_worked_on_comes_again_afterwards() -> None:
    schedule = Schedule()
    schedule.ask(A, 0.0)
    assert schedule.take(0.0) == A
    schedule.ask(A, 0.0)
    assert schedule.take(0.0) is None
    assert schedule.next_at() is None
    schedule.done(A)
    assert schedule.next_at() == 0.0
    assert schedule.take(0.0) == A


def test_a_forgotten_key_does_not_come() -> None:
    schedule = Schedule()
    schedule.ask(A, 0.0)
    schedule.forget(A)
    assert schedule.next_at() is None
    assert schedule.take(1.0) is None


def test_the_listener_hears_of_what_may_be_due_earlier() -> None:
    schedule = Schedule()
    heard: list[None] = []
    schedule.listen(lambda: heard.append(None))
    schedule.ask(A, 10.0)
    schedule.ask(A, 20.0)
    schedule.ask(A, 5.0)
    assert len(heard) == 2
