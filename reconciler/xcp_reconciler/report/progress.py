"""How far a plan has got: news of the loop folded into one line for each object that the plan changes. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, assert_never

from xcp_reconciler.model.decision import Act, Blocked, Decision, Gone, Steady, Wait, WaitReason
from xcp_reconciler.model.ops import Op
from xcp_reconciler.model.status import ConditionType, Status, Truth
from xcp_reconciler.ports.sink import DecisionNews, JobNews, News, StepNews, StepPhase
from xcp_reconciler.refs import Kind, Ref
from xcp_reconciler.report.verbs import doing, verb
from xcp_reconciler.report.words import count

_MINUTE: Final = 60.0
# What a decision says while long work of ours goes on.
_AT_WORK: Final = frozenset({WaitReason.JOB, WaitReason.INTENT})


class LineState(Enum):
    """Where an object is on its way."""

    WAITING = auto()
    RUNNING = auto()
    SETTLED = auto()
    FAILED = auto()
    BLOCKED = auto()


@dataclass(slots=True)
class Line:
    """One object. `planned` and `made` count steps; times are in unix seconds."""

    number: int
    ref: Ref
    planned: int
    state: LineState = LineState.WAITING
    made: int = 0
    step: Op | None = None
    word: str = ""
    note: str = ""
    began: float | None = None
    ended: float | None = None
    fraction: float | None = None
    in_backend: bool = False

    @property
    def left(self) -> int:
        """How many steps are still to be made, at least."""
        if self.state is LineState.SETTLED:
            return 0
        return max(self.planned - self.made, 1)


class Progress:
    """The lines of a plan, by number; `planned` says how many steps each object needs."""

    def __init__(self, planned: Mapping[Ref, int], now: float) -> None:
        self.began = now
        self.lines: dict[Ref, Line] = {
            ref: Line(number, ref, steps) for number, (ref, steps) in enumerate(planned.items(), 1)
        }

    @property
    def settled(self) -> int:
        """How many objects are as the plan wants them."""
        return sum(1 for line in self.lines.values() if line.state is LineState.SETTLED)

    @property
    def running(self) -> int:
        """How many steps this process is waiting for."""
        return sum(1 for line in self.lines.values() if line.state is LineState.RUNNING and not line.in_backend)

    @property
    def left(self) -> int:
        """How many steps are still to be made, those that run now not counted."""
        return sum(
            line.left - (1 if line.state is LineState.RUNNING else 0) for line in self.lines.values() if line.left
        )

    def take(self, news: News) -> str | None:
        """Take note of news; a line of text when something ended that people want to read about."""
        line = self.lines.get(news.ref)
        if line is None:
            # Long tables of what nobody planned would hide what somebody did; what fails is worth a line all the same.
            return _stray(news)
        match news:
            case StepNews():
                return _stepped(line, news)
            case DecisionNews():
                return self._decided(line, news)
            case JobNews():
                line.fraction = news.progress if line.in_backend else line.fraction
                return None
            case _:
                assert_never(news)

    def overhear(self, ref: Ref, status: Status, at: float) -> str | None:
        """Take note of what another process, which does the work, has published of an object."""
        line = self.lines.get(ref)
        ready = status.condition(ConditionType.READY)
        if line is None or ready is None or line.step is not None:
            return None
        if ready.status is Truth.TRUE:
            settled, line.state, line.note, line.ended = line.state, LineState.SETTLED, "", at
            return None if settled is LineState.SETTLED else f"#{line.number} {line.ref} done"
        stalled = status.condition(ConditionType.STALLED)
        blocked = stalled is not None and stalled.status is Truth.TRUE
        said, line.note = line.note, ready.message
        line.state = LineState.BLOCKED if blocked else LineState.WAITING
        return f"#{line.number} {line.ref} stays as it is: {line.note}" if blocked and said != line.note else None

    def _decided(self, line: Line, news: DecisionNews) -> str | None:
        # An Act is told when its steps have been made: of what they set off it says nothing.
        over = line.in_backend and not isinstance(news.decision, Act) and not _at_work(news.decision)
        said = _over(line, news.at) if over else None
        match news.decision:
            case Steady() | Gone():
                line.state, line.note, line.fraction = LineState.SETTLED, "", None
            case Blocked():
                again = line.state is LineState.BLOCKED and line.note == news.decision.why
                line.state, line.note = LineState.BLOCKED, news.decision.why
                return said or (None if again else f"#{line.number} {line.ref} stays as it is: {line.note}")
            case Wait():
                if not _at_work(news.decision):
                    line.state, line.note = LineState.WAITING, self._awaited(news.decision)
                elif line.in_backend:
                    line.note = ""
                else:
                    line.note = news.decision.why
            case Act():
                line.note = ""
            case _:
                assert_never(news.decision)
        return said

    def _awaited(self, wait: Wait) -> str:
        """`waits for #1`, where what is waited for is in the table itself."""
        numbers = [f"#{self.lines[ref].number}" for ref in wait.on if ref in self.lines]
        if numbers:
            return f"waits for {', '.join(numbers)}"
        return f"waits: {wait.why}"


def _at_work(decision: Decision) -> bool:
    return isinstance(decision, Wait) and decision.reason in _AT_WORK


def _stepped(line: Line, news: StepNews) -> str | None:
    if news.phase is StepPhase.STARTED or line.step != news.op or line.began is None:
        line.began = news.at
    line.step, line.word, line.fraction, line.ended = news.op, _word(news.op), news.progress, None
    match news.phase:
        case StepPhase.STARTED:
            line.state, line.note, line.in_backend = LineState.RUNNING, "", False
            return None
        case StepPhase.RUNNING:
            line.state, line.in_backend, line.note = LineState.RUNNING, True, ""
            return None
        case StepPhase.DONE:
            return _over(line, news.at)
        case StepPhase.FAILED:
            line.state, line.in_backend, line.ended = LineState.FAILED, False, news.at
            line.note = news.failure.message if news.failure is not None else ""
            return f"#{line.number} {line.ref} {line.word} failed: {line.note}"
        case _:
            assert_never(news.phase)


def _over(line: Line, at: float) -> str:
    line.state, line.in_backend, line.ended, line.fraction = LineState.WAITING, False, at, None
    line.made += 1
    line.note = ""
    return f"#{line.number} {line.ref} {line.word} done {seconds(at - (line.began or at))}"


def _word(op: Op) -> str:
    """What is done on every host of a pool says on which."""
    everywhere = op.ref.kind in {Kind.STORAGE_REPOSITORY, Kind.NETWORK}
    return f"{verb(op)} on {op.host}" if everywhere else verb(op)


def _stray(news: News) -> str | None:
    if isinstance(news, StepNews) and news.phase is StepPhase.FAILED:
        why = news.failure.message if news.failure is not None else ""
        return f"{news.ref} {verb(news.op)} failed: {why}"
    return None


def phase_of(line: Line) -> str:
    """What the line says in its third column."""
    match line.state:
        case LineState.WAITING:
            return line.note or ("" if line.made == 0 else "looking")
        case LineState.RUNNING:
            return line.note or (doing(line.step) if line.step is not None else "")
        case LineState.SETTLED:
            return "done"
        case LineState.FAILED:
            return f"failed: {line.note}"
        case LineState.BLOCKED:
            return f"stays: {line.note}"
        case _:
            assert_never(line.state)


def seconds(duration: float) -> str:
    """`0.3 s`, `12 s`, `2 min 5 s`."""
    if duration < 10:  # noqa: PLR2004 - a digit less
        return f"{max(duration, 0.0):.1f} s"
    if duration < _MINUTE:
        return f"{duration:.0f} s"
    minutes, rest = divmod(round(duration), int(_MINUTE))
    return f"{minutes} min {rest} s"


def stopping_words(running: int, left: int) -> str:
    """What the first Ctrl-C is answered with."""
    after = f"Stopping after {count(running, 'running step')}." if running else "Stopping."
    return f"{after} Left: {count(left, 'step')}; run the same command to go on."


def planned_steps(entries: Iterable[tuple[Ref, int]]) -> dict[Ref, int]:
    """The objects of a plan that have steps, in its order."""
    return {ref: steps for ref, steps in entries if steps}
