"""What a loop that never ends has to say: a line for each thing that happens, none for what repeats itself. Pure."""

from typing import Final, assert_never

from xcp_reconciler.model.decision import Act, Blocked, Decision, Gone, Pending, Steady, Wait, WaitReason
from xcp_reconciler.ports.sink import DecisionNews, JobNews, News, StepNews, StepPhase
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.progress import seconds
from xcp_reconciler.report.verbs import verb
from xcp_reconciler.report.words import value_word

# These pass by themselves within seconds: worth a line only when somebody asks what is going on.
_PASSING: Final = frozenset({WaitReason.INTENT, WaitReason.JOB, WaitReason.ASSIGNMENT, WaitReason.DEPENDENCY})


class Journal:
    """Remembers the last word about each object, so as not to say it twice."""

    def __init__(self) -> None:
        self._said: dict[Ref, str] = {}
        self._began: dict[Ref, float] = {}

    def take(self, news: News) -> str | None:
        """The line for news; None where there is nothing new in it."""
        match news:
            case StepNews():
                return self._step(news)
            case DecisionNews():
                return self._decision(news.ref, news.decision)
            case JobNews():
                return None
            case _:
                assert_never(news)

    def _step(self, news: StepNews) -> str | None:
        what = f"{news.ref} {verb(news.op)}"
        match news.phase:
            case StepPhase.STARTED:
                self._began[news.ref] = news.at
                return None
            case StepPhase.RUNNING:
                return f"{what} under way on {news.op.host}"
            case StepPhase.DONE:
                return f"{what} done on {news.op.host}, {seconds(news.at - self._began.get(news.ref, news.at))}"
            case StepPhase.FAILED:
                why = news.failure.message if news.failure is not None else ""
                return f"{what} failed on {news.op.host}: {why}"
            case _:
                assert_never(news.phase)

    def _decision(self, ref: Ref, decision: Decision) -> str | None:
        words = _words(decision)
        if words is None:
            return None
        before = self._said.get(ref, "")
        if isinstance(decision, Gone):
            self._said.pop(ref, None)
        else:
            self._said[ref] = words
        if words == before:
            return None
        return f"{ref} {words or 'is as declared'}"


def _words(decision: Decision) -> str | None:
    """What is worth saying of a decision: empty for 'as declared', None for what passes by itself."""
    match decision:
        case Act():
            return None
        case Steady():
            return "; ".join(_pending(one) for one in decision.pending)
        case Gone():
            return "is gone"
        case Blocked():
            return f"stays as it is: {decision.why}"
        case Wait():
            return None if decision.reason in _PASSING else f"waits: {decision.why}"
        case _:
            assert_never(decision)


def _pending(pending: Pending) -> str:
    change = pending.change
    return (
        f"{change.path} stays {value_word(change.current)} instead of {value_word(change.desired)}: {pending.message}"
    )
