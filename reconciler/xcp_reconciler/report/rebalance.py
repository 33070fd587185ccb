"""A plan of moves as people and programs read it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xcp_reconciler.plan.rebalance import Move
from xcp_reconciler.report.paint import Paint, Role


@dataclass(frozen=True, slots=True)
class RebalanceView:
    """What a plan says: scores without unit, time in seconds."""

    moves: Sequence[Move]
    before: float
    after: float
    seconds: float
    violations: int
    """How many constraints were violated before."""
    left: Sequence[str]
    """What is still violated after it, in words."""


def rebalance_json(view: RebalanceView, beside: Mapping[str, object] | None = None) -> str:
    """For programs; `beside` is what else there is to tell."""
    moves = [{"vm": m.vm, "from": m.source, "to": m.target, "gain": m.gain, "why": m.why} for m in view.moves]
    data = {
        "moves": moves,
        "scoreBefore": view.before,
        "scoreAfter": view.after,
        "elapsedSeconds": round(view.seconds, 6),
        "violationsBefore": view.violations,
        "violationsAfter": list(view.left),
        **(beside or {}),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def rebalance_text(view: RebalanceView, paint: Paint, *, explain: bool) -> str:
    """For people: one line a move, in the order in which they have to be made."""
    lines: list[str] = []
    names = max((len(move.vm) for move in view.moves), default=0)
    sources = max((len(move.source) for move in view.moves), default=0)
    targets = max((len(move.target) for move in view.moves), default=0)
    for number, move in enumerate(view.moves, 1):
        where = f"{move.source:<{sources}} -> {move.target:<{targets}}"
        lines.append(f"{number:>5}. {paint(f'{move.vm:<{names}}', Role.CHANGE)}  {where}  {move.gain:+.6f}")
        if explain:
            lines += [f"       {paint(word, Role.QUIET)}" for word in move.why.split("; ")]
    count = len(view.moves)
    if count:
        lines.append("")
    moved = "nothing to move" if not count else f"{count} move{'s' if count > 1 else ''}"
    lines.append(f"{moved}; score {view.before:.8f} -> {view.after:.8f}, planned in {_time(view.seconds)}")
    mended = view.violations - len(view.left)
    if mended > 0:
        lines.append(f"{mended} of {view.violations} violated constraints mended")
    lines += [paint(f"still violated: {words}", Role.BAD) for words in view.left]
    return "\n".join(lines) + "\n"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
