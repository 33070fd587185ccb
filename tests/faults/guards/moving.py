"""Guards of machines that are moved for the good of the pool: out of a maintenance, back, and where a rule says."""

from typing import Final

from tests.faults.guards.guard import Guard, each, without

_STAYS: Final = "tests/unit/plan/test_why_it_stays.py::test_it_stays"
_BACK: Final = "tests/unit/plan/test_coming_home.py::test_"
_STAYING: Final = ("maintenance-of-what-stays",)
_AT_WORK: Final = "its own decision waits as well, and the pool is asked again"

MOVING: Final = (
    # --- hosts in maintenance
    Guard(
        "nothing-starts-in-maintenance",
        "a halted machine does not start on a host in maintenance",
        without("plan.placement.hosts:closed", "if world.leaves(host):", "if False:"),
        scenarios=("maintenance-of-a-halted-machine",),
    ),
    Guard(
        "nobody-new-in-maintenance",
        "a machine that has no host yet does not get one that is in maintenance",
        each(
            without("plan.placement.hosts:closed", "if world.leaves(host):", "if False:"),
            without("plan.placement.scene:_host", "closed=world.leaves(host)", "closed=False"),
        ),
        scenarios=("maintenance-and-new-machines",),
    ),
    Guard(
        "pinned-waits-for-the-end",
        "a machine that is told to be on a host in maintenance does not start there",
        without("plan.placement.homes:_pinned", "if guest.need and world.leaves(host):", "if False:"),
        scenarios=("maintenance-of-a-pinned-machine",),
        beside=("seen-to-be-left",),
    ),
    Guard(
        "seen-to-be-left",
        "nobody comes up on a host in maintenance, although the pool said so before it knew",
        without("plan.vm.ready:to_be_left", "if not facts.world.leaves(host):", "if True:"),
        scenarios=("maintenance-of-a-pinned-machine",),
    ),
    Guard(
        "some-at-a-time",
        "no more machines are on their way than may be at the same time",
        without("plan.placement.waves:Wave.add", "if full or any(", "if any("),
        test="tests/unit/plan/test_evacuation.py::test_machines_leave_a_host_so_many_at_a_time",
        why="the end is the same, and the hypervisors bear it",
    ),
    Guard(
        "who-is-on-its-way-counts",
        "those that are on their way already count among them",
        without("plan.placement.moves:wave_of", "most - under_way", "most"),
        test="tests/unit/plan/test_evacuation.py::test_machines_leave_a_host_so_many_at_a_time",
        why="the end is the same, and the hypervisors bear it",
    ),
    Guard(
        "a-wave-fits",
        "moves that are made at once have room beside each other, at both ends of each",
        without("plan.placement.waves:Wave.add", " or not self._ledger.may(item, host)", ""),
        scenarios=(
            "maintenance-room-is-made",
            "maintenance-way-back-is-full",
        ),
        beside=("seen-free-to-move",),
    ),
    # --- on the way, and back
    Guard(
        "sent-once",
        "while a move may still land the machine is sent nowhere else",
        without("plan.placement.homes:_on_its_way", "if under_way or may_go:", "if may_go:"),
        scenarios=(
            "maintenance-and-back",
            "maintenance-target-dies",
        ),
    ),
    Guard(
        "arrived-when-it-is-over",
        "a machine that both hosts show has not arrived",
        without("plan.placement.homes:_on_its_way", " if over else current", ""),
        scenarios=(
            "maintenance-and-back",
            "maintenance-by-operator",
        ),
    ),
    Guard(
        "called-off",
        "a machine that has not set off yet does not leave a host that it may stay on after all",
        without("plan.placement.homes:_on_its_way", "not called_off and ", ""),
        test=f"{_BACK}who_has_not_set_off_stays_once_that_is_called_off",
        why="it comes back, and the end is the same",
    ),
    Guard(
        "its-turn-will-come",
        "a machine waits for those who are on their way, and is not given up for that",
        without(
            "plan.placement.outlook:_moves",
            "(guest.current.leaving is not None or (guest.ref in meant and guest.home != guest.runs_on))",
            "guest.ref in meant and guest.home != guest.runs_on",
        ),
        test=f"{_BACK}whose_turn_has_not_come_is_not_held_up_by_anything",
        why="a command that gives up too soon is given again",
    ),
    Guard(
        "target-is-asked-again",
        "a machine is on its way only for as long as its new host takes it",
        without(
            "plan.placement.homes:_on_its_way",
            "moment.room.refusal(current.host, guest.need) is None",
            "True",
        ),
        test="tests/unit/plan/test_evacuation.py::test_a_target_that_does_not_answer_any_more_is_given_up",
        why="hosts that die come back",
    ),
    Guard(
        "somebodys-move-ends-ours",
        "a machine that somebody takes elsewhere is sent no further",
        without("plan.placement.homes:_on_its_way", "if seen.host == current.leaving:", "if True:"),
        test="tests/unit/plan/test_evacuation.py::test_somebody_elses_move_ends_ours",
        why="it takes somebody within the seconds of our own move",
    ),
    Guard(
        "somebodys-place-is-its-own",
        "a machine that somebody has taken elsewhere does not come back",
        without("plan.placement.guests:goes_back_to", " or host not in {current.host, current.leaving}", ""),
        scenarios=("maintenance-somebody-moves-on",),
    ),
    Guard(
        "unseen-keeps-its-place",
        "a machine that may be on a silent host in maintenance gets no other place",
        without("plan.placement.homes:home_of", " and moment.sight.answers(current.host)", ""),
        test=f"{_BACK}what_nobody_sees_keeps_its_place_while_that_host_does_not_answer",
        why="nothing is done to what is unknown, and a new look sets it right",
    ),
    Guard(
        "host-waits-for-who-comes-back",
        "a host is as declared again once those who left it for its maintenance are back",
        without("plan.records:_host", "homecoming(ref.name, spec.pool, world)", "Steady()"),
        scenarios=("maintenance-by-apply",),
    ),
    Guard(
        "judged-by-what-is-seen",
        "what a host in maintenance and a policy say follows the machines, whoever moves them",
        without(
            "runtime.reconcile:Reconciler._place",
            "for record in judging(ref.name, self.world(ref)):",
            "for record in ():",
        ),
        test="tests/runtime/test_records_follow.py",
        why="no promise is about what is said of a host",
    ),
    # --- what stays
    Guard(
        "pinned-stays",
        "whoever is told to be on a host in maintenance stays",
        without("plan.placement.guests:why_it_stays", "if guest.spec.host is not None:", "if False:"),
        scenarios=("maintenance-blocked",),
    ),
    Guard(
        "costly-moves-wait",
        "a machine that may not be migrated stays",
        without("plan.placement.guests:_not_asked_for", "if policies.max_impact < Impact.MIGRATE:", "if False:"),
        scenarios=("maintenance-blocked",),
    ),
    Guard(
        "consent-is-waited-for",
        "a machine that is changed with consent only stays",
        without("plan.placement.guests:_not_asked_for", "if policies.approval is Approval.MANUAL:", "if False:"),
        scenarios=_STAYING,
    ),
    Guard(
        "reported-stays",
        "a machine of which drift is only reported stays",
        without("plan.placement.guests:_not_asked_for", " if drift is not DriftPolicy.REVERT else ", " if False else "),
        scenarios=_STAYING,
    ),
    Guard(
        "observed-is-not-moved",
        "a machine that is only observed stays",
        without("plan.placement.guests:_not_asked_for", "if world.observes(guest.desired):", "if False:"),
        scenarios=_STAYING,
    ),
    Guard(
        "local-disks-hold",
        "a machine with disks on local storage stays",
        without(
            "plan.placement.guests:_cannot_move", "if any(True for _ in local_volumes(guest.spec, world)):", "if False:"
        ),
        scenarios=_STAYING,
    ),
    Guard(
        "only-where-it-can-be-moved",
        "a machine stays where the hypervisor cannot move it",
        without(
            "plan.placement.guests:_cannot_move", "return cost.reason if isinstance(cost, Unsupported) else ", "return "
        ),
        test=f"{_STAYS}[unsupported]",
        why="the simulated hypervisors can",
    ),
    Guard(
        "going-stays",
        "a machine that is being deleted is not moved first",
        without("plan.placement.guests:_busy", "if guest.going:", "if False:"),
        test=f"{_STAYS}[going]",
        why="its own decision is to go",
    ),
    Guard(
        "at-work-stays",
        "a machine to which something is being done is not sent away meanwhile",
        without("plan.placement.guests:_busy", "if sight.jobs.get(guest.seen.uuid):", "if False:"),
        test=f"{_STAYS}[at work]",
        why=_AT_WORK,
    ),
    Guard(
        "in-doubt-stays",
        "a machine to which a call of ours may still land is not sent away meanwhile",
        without("plan.placement.guests:_busy", "if known.intents or (", "if ("),
        test=f"{_STAYS}[in doubt]",
        why=_AT_WORK,
    ),
    Guard(
        "just-failed-stays",
        "a machine of which a call has just failed is not sent away meanwhile",
        without(
            "plan.placement.guests:_busy",
            " or (known.retry_at is not None and known.retry_at > world.now)",
            "",
        ),
        test=f"{_STAYS}[just failed]",
        why=_AT_WORK,
    ),
    # --- rules
    Guard(
        "rules-for-newcomers",
        "a machine is not placed where a required rule does not allow it",
        without("plan.placement.rules:groups_of", "if policy is None:", "if True:"),
        scenarios=(
            "rule-that-cannot-hold",
            "rule-in-maintenance",
        ),
    ),
    Guard(
        "rules-for-the-halted",
        "a halted machine does not start where a required rule does not allow it",
        without("plan.placement.homes:_takes", " and not breaks_a_rule(guest, host, moment, decided)", ""),
        scenarios=("rule-and-a-halted-machine",),
    ),
    Guard(
        "rules-within-a-turn",
        "what was decided in the same turn counts for who is to start",
        without("plan.placement.rules:breaks_a_rule", "decided.get(one.ref, one.current)", "one.current"),
        test="tests/unit/plan/test_both_ends.py"
        "::test_one_that_halted_does_not_start_beside_one_that_is_told_to_come_there",
        why="it takes a start and a new place in one turn",
    ),
    Guard(
        "beside-those-who-leave",
        "who is on its way counts for newcomers where it still is",
        without("plan.placement.newcomers:_placed", "_beside_leavers(scene)", "scene.cluster"),
        scenarios=("rule-while-moving",),
    ),
    Guard(
        "lingers",
        "who is on its way counts for other moves where it still is",
        without("plan.placement.waves:Wave.__init__", "self._ledger.lingers(item, source)"),
        scenarios=("rule-of-two-on-their-way",),
    ),
)
