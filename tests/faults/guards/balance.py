"""Guards of the balance of memory: what is counted as held, who is not asked, and which looks are believed."""

from typing import Final

from tests.faults.guards.guard import Guard, without

_POLICY: Final = "tests/unit/plan/test_memory_policy.py::test_"
_MEMORY: Final = "tests/unit/plan/memory/test_"
_RARE: Final = "the scenarios of the balance have few guests, and few of their seeds bring it about"

BALANCE: Final = (
    Guard(
        "late-calls-count",
        "a target whose call may still land counts as held",
        without(
            "plan.room:held",
            "promised = (target_of(vm, world) or 0, world.targets.get(vm.uuid, 0), world.doubts.get(vm.uuid, 0))",
            "promised = (target_of(vm, world) or 0, world.targets.get(vm.uuid, 0))",
        ),
        test=f"{_POLICY}a_call_that_may_still_land_behind_a_later_one_counts",
        why=_RARE,
    ),
    Guard(
        "calls-of-the-dead-count",
        "for as long as calls of a process before may land, a guest counts with all that they may give it",
        without(
            "plan.room:held",
            "return max(known, desired.spec.memory_max) if world.now < world.targets_from else known",
            "return known",
        ),
        test=f"{_POLICY}nothing_counts_as_given_back_while_calls_of_a_process_before_may_land",
        why=_RARE,
    ),
    Guard(
        "one-start-after-the-other",
        "machines that are to come do not all take the same memory",
        without(
            "plan.vm.headroom:_ahead",
            "if ref != facts.ref and (ref < facts.ref or _is_on_its_way(facts, ref))",
            "if False",
        ),
        test=f"{_POLICY}machines_to_come_take_their_turn",
        why=_RARE,
    ),
    Guard(
        "coming-up-keeps",
        "a guest that has just come up is not asked for what it may be about to use",
        without("plan.memory.settle:settle", "if known.driverless:", "if False:"),
        test=f"{_MEMORY}coming_up.py::test_it_keeps_what_it_has_until_it_has_said_for_a_hold_that_it_needs_less",
        why="a simulated guest does not die of lack of memory",
    ),
    Guard(
        "start-takes-nothing-in-use",
        "a start takes nothing that guests use",
        without(
            "plan.memory.shares:_soft_floor",
            "return max(guest.floor, min(rule.demand.get(guest.key, 0), guest.ceiling))",
            "return guest.floor",
        ),
        test=f"{_MEMORY}freeing.py::test_a_start_takes_nothing_that_guests_use",
        why="a simulated guest does not die of lack of memory",
    ),
    Guard(
        "given-only-what-is-seen-free",
        "a guest counts with the most that it may hold before the next look",
        without(
            "plan.memory.scene:_held",
            "return max(guest.actual, guest.target, promised, guest.pending or 0)",
            "return guest.actual",
        ),
        test=f"{_MEMORY}freeing.py::test_a_look_that_began_before_a_call_ended_does_not_free_what_the_call_takes_back",
        why=_RARE,
    ),
    Guard(
        "old-looks-move-nothing",
        "a look that is older than one that was decided on moves no balloon",
        without("plan.memory.step:step", "if host.seen_at < knowledge.host.seen_at <= now:", "if False:"),
        test=f"{_MEMORY}listening.py::test_an_old_look_is_not_acted_upon",
        why="a policy has one turn at a time, and one session's looks come in order",
    ),
    Guard(
        "migrating-guests-stand-still",
        "the target of a guest that migrates stays",
        without("plan.memory.scene:_part", "if guest.migrating:", "if False:"),
        test=f"{_MEMORY}guard.py::test_a_guest_that_migrates_keeps_its_target_whatever_is_wanted",
        why=_RARE,
    ),
)
