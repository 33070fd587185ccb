"""Guards against taking what nobody can see for what is not there."""

from typing import Final

from tests.faults.guards.guard import Guard, without

UNKNOWN: Final = (
    Guard(
        "unknown-is-not-absent",
        "a machine that a silent host may have is not there, nor is it not there",
        without("plan.presence:vm_presence", "if silent:", "if False:"),
        scenarios=(
            "host-cut-and-return",
            "unknown-where-it-was-seen",
            "fence-expires",
        ),
    ),
    Guard(
        "never-seen-hosts",
        "a host that this store has never seen may have anything",
        without("plan.presence:silent_hosts", "and _never_seen(host, world)", "and False"),
        scenarios=("unknown-after-database-lost",),
    ),
    Guard(
        "home-is-remembered",
        "a machine may be where its assignment lets it be",
        without("plan.presence:silent_hosts", "if home is not None:", "if False:"),
        test="tests/unit/plan/test_never.py::test_a_machine_may_be_at_its_home_though_it_was_never_seen_there",
        why="sightings and intents remember the same hosts",
    ),
    Guard(
        "moved-anywhere",
        "what was there and is nowhere to be seen may be on any host that does not answer",
        without("plan.presence:vm_presence", "if was_there and not copies", "if False"),
        scenarios=("unknown-where-it-was-seen",),
        beside=("sightings-count",),
    ),
    Guard(
        "sightings-count",
        "a machine may be where it was last seen",
        without("plan.presence:silent_hosts", "*world.sightings.get(ref, ()), ", ""),
        scenarios=("unknown-where-it-was-seen",),
        beside=("moved-anywhere",),
    ),
    Guard(
        "intents-name-hosts",
        "a machine may be where a call of ours was going to put it",
        without(
            "plan.presence:silent_hosts", ", *(host for one in world.history(ref).intents for host in one.hosts)", ""
        ),
        test="tests/unit/plan/test_never.py::test_a_machine_may_be_where_a_call_was_going_to_put_it",
        why="nothing is decided while an intent is open",
    ),
    Guard(
        "fences-expire",
        "an operator's word that a host is off holds until its time and not longer",
        without("plan.world:World.fenced", " and record.fence.until > self.now", ""),
        scenarios=("fence-expires",),
    ),
    Guard(
        "local-files-of-silent-hosts",
        "a local volume may be on the host that does not answer",
        without("plan.presence:volume_presence", "return Unknown(silent) if silent else Absent()", "return Absent()"),
        scenarios=("unknown-local-file",),
    ),
    Guard(
        "repository-must-be-attached",
        "a volume of a repository that no host shows is unknown",
        without(
            "plan.presence:volume_presence",
            "return Absent() if showing else Unknown(tuple(sorted(sight.hosts)))",
            "return Absent()",
        ),
        scenarios=("unknown-repository",),
    ),
    Guard(
        "silent-hosts-hold-files",
        "a volume is deleted only when every host answers that could be using it",
        without("plan.volume:remove_volume", "if silent:", "if False:"),
        scenarios=("unknown-user-of-a-volume",),
    ),
    Guard(
        "silent-hosts-hold-definitions",
        "a network or repository is not gone while a host is silent that could have it",
        without("plan.per_host:remove_everywhere", "if silent:", "if False:"),
        scenarios=("unknown-network",),
    ),
    Guard(
        "spare-copy-must-answer",
        "a second definition is removed only where the host answers",
        without("plan.vm.decide:_undefine_spare", "if silent:", "if False:"),
        test="tests/unit/plan/test_never.py::test_a_second_definition_on_a_host_that_does_not_answer_stays",
        why="a host that does not answer does not obey either",
    ),
    Guard(
        "start-where-it-answers",
        "nothing is begun on a host that does not answer",
        without("plan.vm.ready:not_ready", "if not facts.sight.answers(host):", "if False:"),
        test="tests/unit/plan/test_never.py::test_nothing_is_begun_on_a_fenced_host_that_does_not_answer",
        why="a host that does not answer does not obey either",
    ),
)
