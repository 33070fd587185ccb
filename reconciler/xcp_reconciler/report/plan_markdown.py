"""A plan as Markdown: what a pull request shows."""

from collections.abc import Iterator

from xcp_reconciler.model.decision import Wait
from xcp_reconciler.report.plan_rows import Row, pending_row, rows_of
from xcp_reconciler.report.plan_text import last_lines, troubles, verdict
from xcp_reconciler.report.plan_view import PlanView
from xcp_reconciler.report.words import count


def plan_markdown(view: PlanView) -> str:
    """The plan: verdict, tables, and the calls folded away."""
    return "\n\n".join(_parts(view)) + "\n"


def _parts(view: PlanView) -> Iterator[str]:
    said = "; ".join(part for part in (verdict(view), troubles(view)) if part)
    yield f"### xcp plan: {_escaped(said)}"
    yield (
        "\n".join(
            f"- Pool `{pool.name}` ({pool.driver}): "
            + (
                _escaped(pool.refusal)
                if pool.refusal is not None
                else f"{pool.answering} of {count(pool.hosts, 'host')}"
            )
            + "".join(f"; `{name}` does not answer: {_escaped(why)}" for name, why in pool.silent)
            for pool in view.pools
        )
        or "- no pool"
    )
    rows = rows_of(view.plan.entries, view.declared)
    if rows:
        yield _table("Impact", rows)
    waiting = [pending_row(ref, one) for ref, one in (*view.left, *view.held)]
    if waiting:
        yield f"**Not now ({len(waiting)})**"
        yield _table("State", waiting)
    standing = [
        *(("blocked", entry.ref, end.why) for entry, end in view.blocked),
        *(("waiting", entry.ref, entry.end.why) for entry in view.waiting if isinstance(entry.end, Wait)),
    ]
    if standing:
        yield "\n".join(f"- **{word}** `{ref}`: {_escaped(why)}" for word, ref, why in standing)
    if view.strangers:
        yield "\n".join(
            f"- not ours: {count(number, 'machine')} on `{host}`" for host, number in sorted(view.strangers.items())
        )
    if view.plan.changing:
        yield "\n".join(_calls(view))
    yield f"{_escaped(' '.join(last_lines(view)))}\n\nPlan `{view.hash}`"


def _table(first: str, rows: list[Row]) -> str:
    lines = [f"| {first} | Object | Field | Change | Why |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {row.word} | `{row.ref}` | {_code(row.path)} | {_escaped(row.values)} | {_escaped(row.note)} |"
        for row in rows
    ]
    return "\n".join(lines)


def _calls(view: PlanView) -> Iterator[str]:
    calls = [call for entry in view.plan.changing for call in entry.calls]
    yield f"<details><summary>{count(len(calls), 'call')}</summary>"
    yield ""
    yield "```"
    yield from (str(call).replace("```", "'''") for call in calls)
    yield "```"
    yield ""
    yield "</details>"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _escaped(text: str) -> str:
    """Text that is shown as it is: nothing in a name or a message may become a link, a tag or a column."""
    for mark in ("\\", "`", "*", "_", "|", "[", "]"):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("<", "&lt;").replace("\n", " ")
