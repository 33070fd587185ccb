"""Guards of files: what is in use stays, and nothing is cut off."""

from typing import Final

from tests.faults.guards.guard import Guard, without

VOLUMES: Final = (
    Guard(
        "attached-volume-stays",
        "a volume that a machine has attached is not deleted",
        without("plan.volume:remove_volume", "if users:", "if False:"),
        scenarios=("unknown-user-of-a-volume",),
    ),
    Guard(
        "backing-volume-stays",
        "a volume that another one is stored as a difference to is not deleted",
        without("plan.volume:remove_volume", "if above:", "if False:"),
        scenarios=("retained-overlay",),
    ),
    Guard(
        "never-shrunk",
        "a volume that is larger than declared is not made smaller",
        without("plan.volume:_present", "if wanted < seen.capacity_bytes:", "if False:"),
        scenarios=("volume-shrink-refused",),
    ),
    Guard(
        "format-stays",
        "a volume of another format than declared is not touched",
        without("plan.volume:_present", "if seen.format is not facts.spec.format:", "if False:"),
        scenarios=("adopt-a-volume-of-another-format",),
    ),
    Guard(
        "two-files-of-one-name",
        "of two local files of one name neither is touched",
        without(
            "plan.volume:_present",
            "if not facts.repository.shared and len({copy.host for copy in presence.copies}) > 1:",
            "if False:",
        ),
        test="tests/unit/plan/test_never.py::test_of_two_local_files_of_one_name_neither_is_touched",
        why="a volume that is lost is not made anew, so that there are never two",
    ),
    Guard(
        "base-is-not-written",
        "a volume that another one is stored as a difference to is not resized",
        without("plan.volume:_grow", "if above:", "if False:"),
        scenarios=("volume-base-stays-as-it-is",),
    ),
    Guard(
        "data-is-not-left-behind",
        "a volume that is there in another repository or format is not replaced by an empty one",
        without("plan.volume:_absent", "if elsewhere is not None:", "if False:"),
        scenarios=("volume-format-fixed",),
    ),
    Guard(
        "lost-is-not-made-anew",
        "a volume that was there and whose file has vanished is not replaced by an empty one",
        without("plan.volume:_absent", "if facts.world.history(facts.ref).synced is not None:", "if False:"),
        scenarios=("file-deleted-by-somebody", "fence-and-local-disk"),
    ),
    Guard(
        "base-is-not-exchanged",
        "a volume that is laid over another base than declared is not used",
        without("plan.volume:_present", "if relaid is not None:", "if False:"),
        scenarios=("volume-base-stays-as-it-is",),
    ),
    Guard(
        "grown-through-its-one-user",
        "a volume that several running machines have open is not resized",
        without("plan.volume:_grow", "if len(users) > 1:", "if False:"),
        scenarios=("volume-of-two-readers",),
    ),
    Guard(
        "used-network-stays",
        "a network or repository that a machine uses is not taken away",
        without("plan.per_host:remove_everywhere", "if users:", "if False:"),
        scenarios=("network-in-use-to-the-end",),
    ),
    Guard(
        "made-where-it-belongs",
        "a local volume is made only where its machine has its place",
        without("plan.volume:_host", "if users and not homes:", "if False:"),
        scenarios=("room-for-a-local-disk",),
    ),
)
