"""Guards between a decision and its calls."""

from typing import Final

from tests.faults.guards.guard import Guard, each, without

EFFECTS: Final = (
    Guard(
        "preconditions",
        "a step is taken only if what it relies on is as it was decided on",
        without(
            "runtime.perform:_Run._holds",
            "return self._part is not None and fingerprint(step.op, self._part) == step.precondition",
            "return True",
        ),
        test="tests/runtime/test_overtaken.py::test_what_is_no_longer_as_it_was_decided_on_is_not_done",
        why="it takes somebody within the milliseconds between decision and call",
    ),
    Guard(
        "checked-again-after-the-intent",
        "what comes to light while an intent is written stops its call",
        without("runtime.perform:_Run.run", "if self._renew() and not self._holds(step):", "if False:"),
        test="tests/runtime/test_overtaken.py::test_nor_what_comes_to_light_while_the_intent_is_written",
        why="it takes somebody within the milliseconds between decision and call",
    ),
    Guard(
        "users-are-a-precondition",
        "a volume that somebody has begun to use meanwhile is not deleted",
        without("plan.preconditions:_read", "return copies, users", "return copies"),
        test="tests/unit/plan/test_never.py::test_a_volume_that_somebody_begins_to_use_is_not_deleted_as_decided",
        why="it takes somebody within the milliseconds between decision and call",
    ),
    Guard(
        "rest-is-dropped",
        "after a failure the other steps of an Act are not taken",
        without(
            "runtime.perform:_Run._step",
            "return await self._failed(op, intent, error)",
            "await self._failed(op, intent, error); return None",
        ),
        beside=("preconditions",),
        test="tests/runtime/test_effects.py::test_a_refusal_takes_its_intent_back_and_drops_the_rest",
        why="the preconditions of later steps stop them as well",
    ),
    Guard(
        "back-off",
        "what fails is tried again after a growing while",
        without("plan.failures:backoff", "return whole * (0.5 + fraction / 2)", "return 0.0"),
        test="tests/runtime/test_left_alone.py::test_a_call_that_fails_is_tried_again_after_a_growing_while",
        why="simulated failures end soon, and the end is the same",
    ),
    Guard(
        "back-off-is-kept",
        "an object that has just failed is left alone until its time",
        without("plan.decide:_held", "if history.retry_at is not None and history.retry_at > world.now:", "if False:"),
        test="tests/unit/plan/test_failures.py::test_a_command_does_not_wait_for_a_back_off_of_another",
        why="the schedule keeps to the same time",
    ),
    Guard(
        "refusals-are-believed",
        "what was refused is not tried again while nothing has changed",
        without("plan.decide:_held", "if same and world.now < failure.at + REFUSAL_HOLDS_S:", "if False:"),
        scenarios=(
            "disk-full-then-room",
            "create-on-full-host",
        ),
    ),
    Guard(
        "forgiven-once",
        "a command forgives what failed before it, and not what fails after it",
        without(
            "plan.failures:forgiven",
            "if history.failure is None or history.failure.at >= now:",
            "if history.failure is None:",
        ),
        test="tests/unit/plan/test_failures.py::test_what_fails_after_the_command_counts",
        why="the end is the same, only calls are more",
    ),
    Guard(
        "breaker",
        "a host that keeps failing is left alone for a while",
        without(
            "runtime.breaker:Breakers.open_until",
            "if record is None or not record.since <= self._clock.now() < record.until:",
            "if True:",
        ),
        test="tests/runtime/test_view.py::test_a_breaker_opens_after_three_failures_and_closes_with_the_first_success",
        why="the end is the same, only calls are more",
    ),
    Guard(
        "deaf-guests-are-left-alone",
        "a guest that did not give memory back is not asked at every look",
        without("plan.vm.memory:_at_its_maximum", " or now >= asked.at + RETRY_AFTER_S", " or True"),
        scenarios=(
            "memory-floor-guest",
            "memory-ceiling-guest",
        ),
    ),
    Guard(
        "one-act-an-object",
        "nobody works on an object that somebody is at work on",
        each(
            without("runtime.schedule:Schedule.ask", "if key not in self._busy:", "if True:"),
            without("runtime.schedule:Schedule._ripen", " and key not in self._busy", ""),
        ),
        test="tests/runtime/test_schedule.py::test_a_key_that_is_asked_for_while_it_is_worked_on_comes_again_afterwards",
        why="what two of them do at once is the same",
    ),
)
