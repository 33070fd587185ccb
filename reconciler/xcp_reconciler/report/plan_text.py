"""A plan for people: the first line says whether it is safe, the last one what to type."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Final

from xcp_reconciler.model.decision import Gone, PendingReason, Wait
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.report.paint import PLAIN, Paint, Role
from xcp_reconciler.report.plan_rows import Row, pending_row, rows_of
from xcp_reconciler.report.plan_view import PlanView, PoolAnswer
from xcp_reconciler.report.words import IMPACT_WORDS, count, listed

_INDENT: Final = "  "
_WORD: Final = 13
_LONGEST_REF: Final = 36
_LEAST_NOTE: Final = 24
_TO_DO: Final = ". To do this: "


def plan_text(view: PlanView, *, paint: Paint = PLAIN, width: int = 80, verbose: bool = False) -> str:
    """The whole plan; `verbose` adds the calls in order."""
    parts = [[*_first(view, paint, width), *(_pool(pool) for pool in view.pools)]]
    rows = rows_of(view.plan.entries, view.declared)
    layout = _Layout(view, rows, paint, width)
    parts.append(layout.lines(rows))
    parts.append([*layout.lines([pending_row(ref, one) for ref, one in (*view.left, *view.held)], quiet=True)])
    parts.append([*layout.standing()])
    if verbose and view.plan.changing:
        parts.append([*_calls(view.plan)])
    parts.append([line for text in last_lines(view) for line in _fitting(text, width)])
    return "\n\n".join("\n".join(part) for part in parts if part)


def verdict(view: PlanView) -> str:
    """Whether it is safe, in a few words."""
    plan = view.plan
    if plan.loop:
        return "A defect in xcp: this plan comes to no end; do not apply it"
    highest = plan.highest
    if highest is None:
        if _forgets(plan):
            return "Nothing changes on any host"
        return "Nothing that can be done now" if view.blocked or view.waiting else "Nothing to do"
    cost = f"highest impact: {IMPACT_WORDS[highest]}"
    stops = count(len(view.interrupted), "machine stops or restarts", "machines stop or restart")
    stopping = f"{stops} ({listed(ref.name for ref in view.interrupted)})"
    if view.destroyed:
        lost = f"the data of {listed(str(ref) for ref in view.destroyed)} will be destroyed"
        return f"{cost}, {lost}" + (f"; {stopping}" if view.interrupted else "")
    if view.interrupted:
        return f"{cost}, {stopping}"
    down = "no downtime expected" if highest <= Impact.MIGRATE else "look twice"
    return f"{cost}, {down}"


def _role(view: PlanView) -> Role:
    risky = view.plan.loop or view.destroyed or view.interrupted
    return Role.BAD if risky else Role.STRONG


def troubles(view: PlanView) -> str:
    """What stands in the way, counted; empty where nothing does."""
    parts = [
        *([f"{count(len(view.blocked), 'object')} blocked"] if view.blocked else []),
        *([f"{count(len(view.waiting), 'object')} waiting"] if view.waiting else []),
    ]
    return ", ".join(parts)


def _first(view: PlanView, paint: Paint, width: int) -> list[str]:
    """The verdict, with the troubles beside it where there is room."""
    plain, trouble = verdict(view), troubles(view)
    if view.plan.highest is None and not trouble:
        return [f"{plain}."]
    beside = f"{plain}; {trouble}" if trouble else plain
    if len(beside) <= width:
        return [paint(beside, _role(view))]
    return [*(paint(line, _role(view)) for line in wrap(plain, width)), *([trouble] if trouble else [])]


def _forgets(plan: Plan) -> bool:
    return any(not entry.changes and not entry.pending and not isinstance(entry.end, Wait) for entry in plan.entries)


def _pool(pool: PoolAnswer) -> str:
    if pool.refusal is not None:
        return f"Pool {pool.name} ({pool.driver}) cannot be looked at: {pool.refusal}"
    line = f"Pool {pool.name} ({pool.driver}, {pool.answering} of {count(pool.hosts, 'host')} {_answer(pool)})"
    silent = "".join(f"\n{_INDENT}{name} does not answer: {why}" for name, why in pool.silent)
    return line + silent


def _answer(pool: PoolAnswer) -> str:
    return "answers" if pool.hosts == 1 else "answer"


class _Layout:
    """Columns that fit the rows of this plan, or take a second line where they do not."""

    def __init__(self, view: PlanView, rows: list[Row], paint: Paint, width: int) -> None:
        self._view = view
        self._paint = paint
        self._width = width
        names = [str(entry.ref) for entry in view.plan.entries]
        self._ref = min(max((len(name) for name in names), default=0), _LONGEST_REF)
        paths = [row.path for row in rows] + [one.change.path for _, one in view.plan.pending]
        self._path = max((len(path) for path in paths if len(path) < _LEAST_NOTE), default=0)
        self._start = len(_INDENT) + _WORD + 2 + self._ref + 2
        self._beside = width - self._start >= _LEAST_NOTE
        if not self._beside:
            self._start = len(_INDENT) + _WORD + 2

    def lines(self, rows: Iterable[Row], *, quiet: bool = False) -> list[str]:
        """Rows as lines."""
        return [line for row in rows for line in self._row(row, quiet=quiet)]

    def _row(self, row: Row, *, quiet: bool) -> Iterator[str]:
        text = f"{row.path:<{self._path}}  {row.values}".rstrip() if row.values else row.path
        yield from self._block(row.word, Role.QUIET if quiet else row.role, str(row.ref), text, row.note)

    def _block(self, word: str, role: Role, name: str, text: str, note: str) -> Iterator[str]:
        head = f"{_INDENT}{self._paint(f'{word:<{_WORD}}', role)}  "
        plain = len(_INDENT) + _WORD + 2
        one_line = f"{name:<{self._ref}}  {text}" if text else f"{name:<{self._ref}}"
        if text and plain + len(one_line) > self._width:
            yield f"{head}{name}"
            yield from self._wrapped(text)
            text = ""
        elif not text and note and len(name) <= self._ref:
            first, *rest = self._wrapped(note)
            yield f"{head}{one_line}  {first.lstrip()}" if self._beside else f"{head}{name}\n{first}"
            yield from rest
            return
        elif text and note and plain + len(one_line) + 3 + len(note) <= self._width:
            yield f"{head}{one_line}   {note}"
            return
        else:
            yield f"{head}{one_line}".rstrip()
        yield from self._wrapped(note)

    def _wrapped(self, text: str) -> list[str]:
        margin = " " * self._start
        return [f"{margin}{line}" for line in wrap(text, max(self._width - self._start, _LEAST_NOTE))]

    def standing(self) -> Iterator[str]:
        """What stands in the way, and what is not ours."""
        for entry, end in self._view.blocked:
            yield from self._block("blocked", Role.BAD, str(entry.ref), "", end.why)
        for entry in self._view.waiting:
            if isinstance(entry.end, Wait):
                yield from self._block("waiting", Role.CHANGE, str(entry.ref), "", entry.end.why)
        for host, number in sorted(self._view.strangers.items()):
            word = self._paint(f"{'not ours':<{_WORD}}", Role.QUIET)
            yield f"{_INDENT}{word}  {count(number, 'machine')} on {host} (xcp get strangers)"


def _calls(plan: Plan) -> Iterator[str]:
    yield "Calls, in order:"
    number = 0
    for entry in plan.changing:
        yield f"{_INDENT}{entry.ref}: {entry.why}"
        for call in entry.calls:
            number += 1
            yield f"{_INDENT}{number:>4}  {call}"


def _fitting(text: str, width: int) -> list[str]:
    """A last line; what to type gets a line of its own where both are too long for one."""
    head, mark, command = text.partition(_TO_DO)
    if mark and len(text) > width:
        return [f"{head}.", f"{mark.removeprefix('. ')}{command}"]
    return [text]


def last_lines(view: PlanView) -> Iterator[str]:
    """What it comes to, and what to type."""
    plan = view.plan
    parts = [count(len(plan.changing), "change")] if plan.changing else ["0 to change"]
    cycles = sum(1 for _, one in view.left if one.reason is PendingReason.POWER_CYCLE)
    others = len(view.left) - cycles
    if cycles:
        parts.append(f"{cycles} waiting for a power cycle")
    if others:
        parts.append(f"{others} pending")
    if view.held:
        parts.append(f"{len(view.held)} held back")
    if view.blocked:
        parts.append(f"{len(view.blocked)} blocked")
    if view.waiting:
        parts.append(f"{len(view.waiting)} waiting")
    forgotten = sum(1 for entry in plan.entries if not entry.changes and _is_forgotten(entry.end))
    if forgotten:
        parts.append(f"{forgotten} to forget")
    if view.elsewhere:
        yield f"{count(view.elsewhere, 'stored object')} outside -f would change too: xcp plan shows it"
    summary = ", ".join(parts)
    if (plan.changing or forgotten) and view.command:
        yield f"{summary}{_TO_DO}{view.command}"
    elif plan.changing or forgotten:
        yield f"{summary}."
    else:
        yield f"{summary}; {count(plan.looked_at, 'object')} looked at."


def _is_forgotten(end: object) -> bool:
    return isinstance(end, Gone)
