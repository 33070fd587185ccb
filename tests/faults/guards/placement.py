"""Guards of hosts: what fits, and who is asked."""

from typing import Final

from tests.faults.guards.guard import Guard, without

PLACEMENT: Final = (
    Guard(
        "room",
        "a machine is placed only where its memory fits",
        without("plan.placement:Room.lack", "if need and need > free:", "if False:"),
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
            "plan.placement:capacity",
            "return total - reserve_of(host, total, world) if total is not None else None",
            "return total",
        ),
        scenarios=("room-reserve",),
    ),
    Guard(
        "strangers-take-room",
        "machines that are not ours count",
        without("plan.placement:_count", "if is_active(copy) and copy.live is not None:", "if False:"),
        scenarios=("stranger-takes-the-room",),
    ),
    Guard(
        "moving-takes-room-twice",
        "a machine counts where it may be and where it still runs",
        without("plan.placement:_count", "places.add(guest.seen.host)"),
        scenarios=(
            "room-while-moving",
            "migrate-while-target-full",
        ),
        beside=("seen-free-to-start", "seen-free-to-move"),
    ),
    Guard(
        "homes-take-room",
        "a machine counts where it may be, though it is not there yet",
        without(
            "plan.placement:_count",
            "places = {guest.current.host} if isinstance(guest.current, Assigned) else set[str]()",
            "places = set[str]()",
        ),
        scenarios=(
            "room-of-the-promised",
            "room-while-moving",
            "create-on-full-host",
        ),
    ),
    Guard(
        "placed-together",
        "what has just been placed counts for the next",
        without("plan.placement:place", "_count_home(guest, assignment, guest.need, room)"),
        test="tests/unit/plan/test_rounds.py::test_placement_fills_in_order_and_says_why_not",
        why="two that were placed at once are parted before they start",
    ),
    Guard(
        "overfull-host",
        "nothing is started on a host that has promised more than it has",
        without("plan.placement:_stay_or_move", " or room.refusal(seen.host, guest.need) is None", " or True"),
        scenarios=(
            "stranger-takes-the-room",
            "create-on-full-host",
        ),
    ),
    Guard(
        "nothing-to-silent-hosts",
        "nothing is placed on a host that does not answer",
        without("plan.placement:Room.refusal", "if not self._sight.answers(host):", "if False:"),
        scenarios=("room-on-silent-host",),
    ),
    Guard(
        "nothing-to-unschedulable-hosts",
        "nothing is placed on a host that is to be emptied",
        without("plan.placement:Room.refusal", "if spec is not None and not spec.schedulable:", "if False:"),
        scenarios=("room-closed-host",),
    ),
    Guard(
        "placed-by-its-disks",
        "a machine is placed only where its local volumes are",
        without("plan.placement:_first_fit", "if bound is not None and host not in bound:", "if False:"),
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
        without("plan.vm.change:_full", "if short is None:", "if True:"),
        test="tests/unit/plan/test_room_to_start.py",
        why="it takes a look that shows a host empty, at the moment when a machine is given its new place",
    ),
)
