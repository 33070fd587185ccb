"""The last words of a command that changed something: what was done, what is left and why, how long it took. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from xcp_reconciler.model.decision import Act, Blocked, BlockReason, Decision, Gone, Pending, Steady, Wait
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.progress import seconds
from xcp_reconciler.report.words import count, value_word


class Outcome(StrEnum):
    """How it ended."""

    DONE = "Done"
    STUCK = "Stuck"
    TIMEOUT = "Timeout"
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True)
class Ending:
    """`changed` are the objects on which steps were made, `left` those that are not as planned, with the last word.

    `forgotten` counts those whose record went while the object itself stayed.
    """

    outcome: Outcome
    changed: Sequence[Ref]
    unchanged: int
    pending: Sequence[tuple[Ref, Pending]]
    left: Mapping[Ref, Decision | str] = field(default_factory=dict[Ref, Decision | str])
    took: float = 0.0
    forgotten: int = 0

    @property
    def overtaken(self) -> bool:
        """Whether what is left is only what the plan did not allow."""
        return bool(self.left) and all(_is_overtaken(last) for last in self.left.values())


def ending_lines(ending: Ending) -> Iterator[str]:
    """The words, line by line."""
    for ref, pending in ending.pending:
        change = pending.change
        values = f"{value_word(change.current)} -> {value_word(change.desired)}"
        yield f"  pending   {ref}  {change.path}  {values}  ({pending.message})"
    if ending.left:
        yield f"Not done ({_reason(ending.outcome)}):"
        for ref, last in ending.left.items():
            yield f"  {ref}  {last_word(last)}"
    beside = f", {ending.forgotten} forgotten" if ending.forgotten else ""
    beside += f", {ending.unchanged} as before" if ending.unchanged else ""
    left = f", {count(len(ending.left), 'object')} not done" if ending.left else ""
    waiting = f", {len(ending.pending)} pending" if ending.pending else ""
    yield f"{count(len(ending.changed), 'object')} changed{beside}{waiting}{left} in {seconds(ending.took)}."


def _is_overtaken(last: Decision | str) -> bool:
    if isinstance(last, str):
        return last.startswith(BlockReason.NOT_AS_PLANNED)
    return isinstance(last, Blocked) and last.reason is BlockReason.NOT_AS_PLANNED


def _reason(outcome: Outcome) -> str:
    match outcome:
        case Outcome.DONE:
            return "done"
        case Outcome.STUCK:
            return "waiting on does not help"
        case Outcome.TIMEOUT:
            return "the time is over; run the same command to go on"
        case Outcome.STOPPED:
            return "stopped; run the same command to go on"
        case _:
            assert_never(outcome)


def last_word(last: Decision | str) -> str:
    """What was last decided or heard about an object, in words."""
    match last:
        case str():
            return last
        case Act():
            return f"was about to be changed: {last.why}"
        case Wait():
            return f"waits: {last.why}"
        case Blocked():
            return last.why
        case Steady():
            return "as declared"
        case Gone():
            return "gone"
        case _:
            assert_never(last)


def ending_data(ending: Ending) -> dict[str, object]:
    """The same for machines."""
    return {
        "result": ending.outcome.value,
        "changed": [ref_data(ref) for ref in ending.changed],
        "unchanged": ending.unchanged,
        "forgotten": ending.forgotten,
        "pending": [
            {
                "ref": ref_data(ref),
                "path": pending.change.path,
                "current": pending.change.current,
                "desired": pending.change.desired,
                "reason": pending.reason.value,
                "message": pending.message,
            }
            for ref, pending in ending.pending
        ],
        "left": [{"ref": ref_data(ref), "message": last_word(last), **_why(last)} for ref, last in ending.left.items()],
        "seconds": round(ending.took, 3),
    }


def _why(last: Decision | str) -> dict[str, object]:
    match last:
        case Wait() | Blocked():
            return {"reason": last.reason.value}
        case _:
            return {}


def ref_data(ref: Ref) -> dict[str, str]:
    """A ref as an object."""
    return {"kind": ref.kind.value, "namespace": ref.namespace, "name": ref.name}
