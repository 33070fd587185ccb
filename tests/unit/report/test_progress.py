"""Progress: one line for each object, and a sentence for each step that ends."""

from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import (
    Act,
    Blocked,
    BlockReason,
    Decision,
    Pending,
    PendingReason,
    Steady,
    Wait,
    WaitReason,
)
from xcp_reconciler.model.decision import Change as Difference
from xcp_reconciler.model.errors import Failure, FailureKind
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.status import Condition, ConditionType, Status, Truth
from xcp_reconciler.ports.sink import DecisionNews, JobNews, StepNews, StepPhase
from xcp_reconciler.refs import Kind, Ref, ref_of
from xcp_reconciler.report.ending import Ending, Outcome, ending_data, ending_lines
from xcp_reconciler.report.journal import Journal
from xcp_reconciler.report.progress import LineState, Progress, phase_of, seconds, stopping_words

WEB = ref_of(Kind.VIRTUAL_MACHINE, "web-1")
DATA = ref_of(Kind.VOLUME, "data")
START = ops.StartVm(WEB, "host-a", "uuid")
MOVE = ops.MigrateVm(WEB, "host-a", "host-b", "uuid", ops.MigrationMode.LIVE, ops.DiskTransfer.SHARED)
CREATE = ops.DeleteVolume(DATA, "host-a", "storage", "file")


def progress() -> Progress:
    return Progress({DATA: 1, WEB: 2}, 100.0)


def decided(ref: Ref, decision: Decision, at: float = 110.0) -> DecisionNews:
    return DecisionNews(ref, decision, at)


def test_a_step_that_ends_is_a_line_with_its_time() -> None:
    seen = progress()

    assert seen.take(StepNews(DATA, CREATE, StepPhase.STARTED, 101.0)) is None
    assert seen.running == 1
    assert seen.take(StepNews(DATA, CREATE, StepPhase.DONE, 101.3)) == "#1 Volume/data delete done 0.3 s"
    assert seen.take(decided(DATA, Steady())) is None
    assert (seen.settled, seen.running) == (1, 0)


def test_who_waits_says_for_which_line() -> None:
    seen = progress()

    seen.take(decided(WEB, Wait(WaitReason.DEPENDENCY, "data is not there yet", on=(DATA,))))
    assert phase_of(seen.lines[WEB]) == "waits for #1"
    seen.take(decided(WEB, Wait(WaitReason.GUEST, "the guest has 60 s")))
    assert phase_of(seen.lines[WEB]) == "waits: the guest has 60 s"


def test_long_work_goes_on_in_the_backend_until_it_is_seen_to_be_over() -> None:
    seen = progress()
    seen.take(StepNews(WEB, MOVE, StepPhase.STARTED, 101.0))
    seen.take(StepNews(WEB, MOVE, StepPhase.RUNNING, 101.1))
    assert seen.running == 0
    assert phase_of(seen.lines[WEB]) == "copying"

    assert seen.take(decided(WEB, Act((), (), "its place is host-b"), 101.1)) is None
    seen.take(decided(WEB, Wait(WaitReason.INTENT, "an earlier MigrateVm may still take effect"), 101.9))
    assert phase_of(seen.lines[WEB]) == "copying"
    seen.take(decided(WEB, Wait(WaitReason.JOB, "a migration is under way"), 102.0))
    seen.take(JobNews(WEB, 0.61, 102.0))
    assert seen.lines[WEB].fraction == 0.61
    assert seen.take(decided(WEB, Steady(), 104.1)) == "#2 VirtualMachine/web-1 migrate done 3.1 s"
    assert seen.lines[WEB].state is LineState.SETTLED


def test_failures_and_blocks_are_said_once_in_the_backends_words() -> None:
    seen = progress()
    failure = Failure(FailureKind.REJECTED, "no space left", 101.0)
    blocked = Blocked(BlockReason.REFUSED, "no space left")

    said = seen.take(StepNews(DATA, CREATE, StepPhase.FAILED, 101.0, failure=failure))
    assert said == "#1 Volume/data delete failed: no space left"
    assert seen.take(decided(DATA, blocked)) == "#1 Volume/data stays as it is: no space left"
    assert seen.take(decided(DATA, blocked)) is None


def test_what_is_left_when_somebody_stops() -> None:
    seen = progress()
    seen.take(StepNews(WEB, START, StepPhase.STARTED, 101.0))

    assert (seen.running, seen.left) == (1, 2)
    assert stopping_words(1, 2) == "Stopping after 1 running step. Left: 2 steps; run the same command to go on."
    assert stopping_words(0, 1) == "Stopping. Left: 1 step; run the same command to go on."


def test_what_another_process_publishes_is_overheard() -> None:
    seen = progress()

    assert seen.overhear(WEB, status(Truth.FALSE, "it starts"), 101.0) is None
    assert phase_of(seen.lines[WEB]) == "it starts"
    assert seen.overhear(WEB, status(Truth.TRUE, ""), 102.0) == "#2 VirtualMachine/web-1 done"
    assert seen.overhear(WEB, status(Truth.TRUE, ""), 103.0) is None


def status(ready: Truth, words: str) -> Status:
    return Status(1, (Condition(ConditionType.READY, ready, "Because", words, 0.0),))


def test_durations() -> None:
    assert [seconds(one) for one in (-1.0, 0.31, 12.4, 125.2)] == ["0.0 s", "0.3 s", "12 s", "2 min 5 s"]


def test_the_end_says_what_was_done_what_is_pending_and_what_is_left() -> None:
    change = Difference("cpu.maxCores", 2, 4, Impact.DEFERRED, "")
    pending = Pending(change, PendingReason.POWER_CYCLE, "effective at the next power cycle")
    left = {DATA: Blocked(BlockReason.REFUSED, "no space left")}
    ending = Ending(Outcome.STUCK, (WEB,), 3, ((WEB, pending),), left, 4.0)

    lines = list(ending_lines(ending))

    assert lines[0] == "  pending   VirtualMachine/web-1  cpu.maxCores  2 -> 4  (effective at the next power cycle)"
    assert lines[1:3] == ["Not done (waiting on does not help):", "  Volume/data  no space left"]
    assert lines[3] == "1 object changed, 3 as before, 1 pending, 1 object not done in 4.0 s."
    assert ending_data(ending)["left"] == [
        {
            "ref": {"kind": "Volume", "namespace": "default", "name": "data"},
            "message": "no space left",
            "reason": "RefusedByBackend",
        }
    ]
    assert not ending.overtaken


def test_an_end_where_the_plan_itself_stood_in_the_way() -> None:
    stale = Blocked(BlockReason.NOT_AS_PLANNED, "something has changed since")

    assert Ending(Outcome.STUCK, (), 0, (), {WEB: stale, DATA: "NotAsPlanned: too"}).overtaken
    assert not Ending(Outcome.STUCK, (), 0, (), {WEB: stale, DATA: "it waits"}).overtaken


def test_the_journal_says_what_is_new_and_nothing_twice() -> None:
    journal = Journal()
    blocked = Blocked(BlockReason.NAME_TAKEN, "host-a has another machine of this name")

    assert journal.take(decided(WEB, Steady())) is None
    assert journal.take(decided(WEB, blocked)) == f"{WEB} stays as it is: host-a has another machine of this name"
    assert journal.take(decided(WEB, blocked)) is None
    assert journal.take(decided(WEB, Wait(WaitReason.JOB, "a migration"))) is None
    assert journal.take(decided(WEB, Steady())) == f"{WEB} is as declared"
    assert journal.take(StepNews(WEB, START, StepPhase.STARTED, 1.0)) is None
    assert journal.take(StepNews(WEB, START, StepPhase.DONE, 1.5)) == f"{WEB} start done on host-a, 0.5 s"
