"""Guards of calls whose end nobody knows."""

from typing import Final

from tests.faults.guards.guard import Guard, without

INTENTS: Final = (
    Guard(
        "intent-before-call",
        "what a call is about to do is durable before it is made",
        without("runtime.perform:_Run.run", "intent = intent_for(step.op, now)", "intent = None"),
        scenarios=("regret-while-creating",),
    ),
    Guard(
        "no-call-without-its-intent",
        "a call whose intent could not be written is not made",
        without(
            "runtime.perform:_Run.run",
            "await self._keep(pledged, announce)\n",
            "try:\n                await self._keep(pledged, announce)\n"
            "            except Exception:\n                pass\n",
        ),
        test="tests/runtime/test_before_the_call.py::test_without_room_for_intents_nothing_is_made",
        why="it takes a full disk, a lost answer and a change of mind at once",
    ),
    Guard(
        "open-intents-wait",
        "nothing is decided about an object while an earlier call may still land",
        without("plan.decide:_held", "if history.intents:", "if False:"),
        scenarios=("regret-while-creating",),
    ),
    Guard(
        "settled-by-a-later-look",
        "an intent ends by a look that was made after it",
        without("plan.intents:_ended", "if not looked:", "if False:"),
        test="tests/unit/plan/test_never.py::test_an_intent_does_not_end_by_a_look_from_before_it",
        why="after a call or a restart no older look is used",
    ),
    Guard(
        "settled-by-what-is-seen",
        "an intent lasts until its effect is seen, its deadline is over, or its hosts prove to be idle",
        without("plan.intents:_ended", "if world.now >= intent.deadline:", "if True:"),
        scenarios=("regret-while-creating",),
    ),
    Guard(
        "long-work-may-begin-late",
        "long work that is not seen yet has some seconds to begin",
        without("plan.intents:_never_began", "begun = intent.at + _BEGUN_S", "begun = intent.at"),
        test="tests/unit/plan/test_never.py::test_long_work_has_some_seconds_to_begin",
        why="simulated migrations are seen at once",
    ),
    Guard(
        "doubt-keeps-the-intent",
        "an error that does not say what became of the call leaves its intent open",
        without(
            "runtime.perform:_Run._failed",
            "clean = error.kind not in {FailureKind.OUTCOME_UNKNOWN, FailureKind.DEFECT}",
            "clean = True",
        ),
        scenarios=("regret-while-creating",),
    ),
    Guard(
        "running-work-keeps-the-intent",
        "work that is under way leaves its intent open",
        without(
            "runtime.perform:_Run._step",
            "await self._keep(history, ())",
            "await self._keep(_without(history, intent), ())",
        ),
        test="tests/runtime/test_left_alone.py::test_a_move_under_way_keeps_its_intent",
        why="a move under way is seen as a job as well",
    ),
    Guard(
        "times-from-the-future",
        "what a clock wrote that has been set back since does not hold for as long as the step was",
        without(
            "plan.intents:settle", "tidy(ref, never_ahead(history, world.now), world)", "tidy(ref, history, world)"
        ),
        test="tests/unit/plan/test_intents.py::test_after_the_clock_was_set_back_nothing_lasts_longer_than_it_was_to_last",
        why="it takes a restart within the seconds of a back-off after the clock was set",
    ),
)
