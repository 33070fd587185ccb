"""Guards of running machines."""

from typing import Final

from tests.faults.guards.guard import Guard, without

MACHINES: Final = (
    Guard(
        "memory-is-seen-free",
        "a guest is given only memory that its host is seen to have",
        without("plan.vm.memory:_at_its_maximum", "if short is not None:", "if False:"),
        scenarios=("memory-shrink-live",),
    ),
    Guard(
        "two-running-copies",
        "where a machine runs twice nobody chooses between its disks",
        without("plan.vm.decide:kept_copy", "if len(active) > 1:", "if False:"),
        test="tests/unit/plan/test_vm_decisions.py::test_two_running_copies_are_left_to_people_and_leftovers_are_removed",
        why="two running copies are a broken promise already",
    ),
    Guard(
        "job-under-way",
        "nothing is done to a machine while it is being moved",
        without("plan.vm.decide:under_way", "if not facts.jobs:", "if True:"),
        test="tests/unit/plan/test_never.py::test_nothing_is_done_to_a_machine_that_is_on_its_way",
        why="the hypervisor refuses it as well, and is asked again until it can be",
    ),
    Guard(
        "asked-before-forced",
        "a guest is asked to shut down before anything else",
        without("plan.vm.power:stop_step", "if asked is None:", "if False:"),
        scenarios=(
            "guest-deaf-and-never-forced",
            "guest-deaf-to-shutdown",
            "delete-with-volume",
        ),
    ),
    Guard(
        "grace-before-force",
        "a guest has its grace before it is powered off",
        without("plan.vm.power:stop_step", "if facts.world.now < asked + grace.timeout_s:", "if False:"),
        scenarios=(
            "guest-deaf-and-never-forced",
            "guest-deaf-to-shutdown",
            "delete-owner-changes-mind",
        ),
    ),
    Guard(
        "force-only-if-allowed",
        "a guest that does not shut down is powered off only where that is declared",
        without("plan.vm.power:stop_step", "if grace.force is ForceStop.AFTER_TIMEOUT:", "if True:"),
        scenarios=(
            "guest-deaf-and-never-forced",
            "delete-owner-changes-mind",
        ),
    ),
    Guard(
        "once-runs-once",
        "a machine with `runStrategy: Once` is not started again",
        without("plan.recall:remember", "ran=desired.uid, ", "ran=None, "),
        test="tests/unit/plan/test_never.py::test_a_machine_that_had_its_one_run_is_not_started_again",
        why="simulated hosts always know why a guest has halted",
    ),
    Guard(
        "restarts-once",
        "a restart that was asked for happens once",
        without(
            "plan.recall:remember", "shutdown_at=None, ran=desired.uid, restarted_at=restarted", "shutdown_at=None"
        ),
        scenarios=("restart-by-owner",),
    ),
    Guard(
        "impact-limit",
        "what costs more than `maxImpact` waits",
        without("plan.limits:limit", "elif change.impact > policies.max_impact:", "elif False:"),
        scenarios=("policy-held-to-the-end",),
    ),
    Guard(
        "approval",
        "under `approval: Manual` nothing is changed that nobody approved",
        without("plan.limits:limit", "if approval is None or approval.fingerprint != name:", "if False:"),
        scenarios=("policy-held-to-the-end",),
    ),
    Guard(
        "drift-is-reported",
        "under `driftPolicy: Report` drift stays",
        without("plan.limits:limit", "elif drifting and policy is DriftPolicy.REPORT:", "elif False:"),
        scenarios=(
            "policy-held-to-the-end",
            "policy-report",
        ),
    ),
    Guard(
        "local-disks-stay",
        "a machine with local disks is not moved away from them",
        without("plan.vm.change:_move", "if local:", "if False:"),
        scenarios=("local-disk-does-not-move",),
    ),
    Guard(
        "moved-where-it-is-ready",
        "a machine is moved only to a host that has all that it stands on",
        without("plan.vm.change:_last", "missing = not_ready(facts, move.target)", "missing = None"),
        test="tests/unit/plan/test_never.py::test_a_machine_without_its_disk_is_neither_started_nor_moved",
        why="the hypervisor refuses it as well, and is asked again until it can be",
    ),
    Guard(
        "disk-open-elsewhere",
        "a machine is not started while another one has its disk open",
        without("plan.vm.change:_last", " or _open_elsewhere(facts, vm)", ""),
        test="tests/unit/plan/test_astray.py::test_a_start_waits_for_who_has_the_disk_open",
        why="the hypervisor refuses it as well, and is asked again until it can be",
    ),
    Guard(
        "nothing-is-plugged-in-that-is-not-there",
        "a machine is given no disk and no card that is not there, not even for its next boot",
        without(
            "plan.vm.change:_perform",
            "if any(isinstance(move, ops.Disks | ops.Interfaces) for move in moves):",
            "if False:",
        ),
        test="tests/unit/plan/test_astray.py::test_a_machine_is_given_a_disk_once_that_is_there",
        why="it is mended a moment later, and the end is the same",
    ),
    Guard(
        "started-where-it-is-ready",
        "a machine is started only where all that it stands on is there",
        without("plan.vm.change:_last", "missing = not_ready(facts, vm.host)", "missing = None"),
        test="tests/unit/plan/test_never.py::test_a_machine_without_its_disk_is_neither_started_nor_moved",
        why="the hypervisor refuses it as well, and is asked again until it can be",
    ),
)
