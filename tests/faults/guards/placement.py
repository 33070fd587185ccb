"""Guards of hosts: what fits, and who is asked."""

from typing import Final

from tests.faults.guards.guard import Guard, each, without

PLACEMENT: Final = (
    Guard(
        "room",
        "a machine is placed only where its memory fits",
        each(
            without("plan.placement.hosts:Room.lack", "if need and need > free:", "if False:"),
            without(
                "plan.placement.scene:_host",
                "memory = total if total is not None else MOST_KIB",
                "memory = MOST_KIB",
            ),
        ),
        scenarios=(
            "create-on-full-host",
            "migrate-while-target-full",
        ),
        beside=("seen-free-to-start", "seen-free-to-move"),
    ),
    Guard(
        "reserve",
        "a host keeps its reserve",
        without(
            "plan.placement.hosts:capacity",
            "return total - reserve_of(host, total, world) if total is not None else None",
            "return total",
        ),
        scenarios=("room-reserve",),
    ),
    Guard(
        "strangers-take-room",
        "machines that are not ours count",
        each(
            without(
                "plan.placement.moment:Moment.room.func",
                "if is_active(copy) and copy.live is not None:",
                "if False:",
            ),
            without(
                "plan.placement.scene:_strangers", "if uuid not in moment.ours and vm.live is not None", "if False"
            ),
        ),
        scenarios=("room-elsewhere",),
    ),
    Guard(
        "moving-takes-room-twice",
        "a machine counts where it may be and where it still runs",
        without("plan.placement.guests:Guest.places.fget", "(self.home, self.runs_on, left)", "(self.home,)"),
        scenarios=(
            "room-while-moving",
            "migrate-while-target-full",
        ),
        beside=("seen-free-to-start", "seen-free-to-move"),
    ),
    Guard(
        "homes-take-room",
        "a machine counts where it may be, though it is not there yet",
        without("plan.placement.guests:Guest.places.fget", "(self.home, self.runs_on, left)", "(self.runs_on, left)"),
        scenarios=(
            "room-of-the-promised",
            "room-while-moving",
            "create-on-full-host",
        ),
    ),
    Guard(
        "placed-together",
        "what has just been placed counts for the next",
        without("plan.placement.place:_homes", "_count(replace(guest, current=assignment), guest.need, room)"),
        test="tests/unit/plan/test_both_ends.py"
        "::test_of_two_that_are_told_to_come_at_once_the_second_is_refused_where_only_one_has_room",
        why="two that were placed at once are parted before they start",
    ),
    Guard(
        "overfull-host",
        "nothing is started on a host that has promised more than it has",
        without(
            "plan.placement.homes:_takes",
            "moment.room.refusal(host, guest.need) or moment.eligible",
            "moment.eligible",
        ),
        scenarios=("room-elsewhere",),
    ),
    Guard(
        "nothing-to-silent-hosts",
        "nothing is placed on a host that does not answer",
        without("plan.placement.hosts:closed", "if not sight.answers(host):", "if False:"),
        scenarios=("room-on-silent-host",),
    ),
    Guard(
        "nothing-to-unschedulable-hosts",
        "nothing is placed on a host that is to be emptied",
        without("plan.placement.hosts:closed", "if spec is not None and not spec.schedulable:", "if False:"),
        scenarios=("room-closed-host",),
    ),
    Guard(
        "placed-by-its-disks",
        "a machine is placed only where its local volumes are",
        without(
            "plan.placement.scene:scene_of",
            "bound = bound_to(guest.spec, moment.world, moment.sight)",
            "bound = None",
        ),
        scenarios=("room-at-its-disk",),
    ),
    Guard(
        "no-start-without-a-place",
        "a machine that no host takes is not started",
        without(
            "plan.vm.change:_no_room",
            "if facts.assignment is not None and not isinstance(facts.assignment, Assigned):",
            "if False:",
        ),
        scenarios=("stranger-takes-the-room",),
        beside=("seen-free-to-start",),
    ),
    Guard(
        "seen-free-to-start",
        "a machine is made and started only where its memory is seen to be free",
        without("plan.vm.headroom:no_memory", "if short is None:", "if True:"),
        scenarios=("room-seen-free",),
    ),
    Guard(
        "seen-free-to-move",
        "a machine that runs moves only where its memory is seen to be free",
        without("plan.vm.change:_unwelcome", "if short is None:", "if True:"),
        test="tests/unit/plan/test_room_to_start.py",
        why="it takes a look that shows a host empty, at the moment when a machine is given its new place",
    ),
    Guard(
        "room-for-lost-hosts",
        "nothing is placed where it would leave no room for what lost hosts carry",
        without(
            "plan.placement.newcomers:_placed", "failures=policy.failures if policy is not None else 0", "failures=0"
        ),
        scenarios=("reserve-for-a-lost-host",),
    ),
)
