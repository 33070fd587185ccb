"""The figures of the proof, as a page."""

from collections.abc import Iterator, Mapping
from typing import Final

from tests.proof.leg import Leg, Result
from tests.proof.record import Standing

_MOST_FAILURES: Final = 40


def page(found: Mapping[Leg, Standing], date: str) -> str:
    """All of it in Markdown."""
    return "\n".join(_lines(found, date)) + "\n"


def _lines(found: Mapping[Leg, Standing], date: str) -> Iterator[str]:
    yield "# Proof"
    yield ""
    yield (
        f"Written by `make prove` on {date}. It says what was run, not what could be: a leg that was stopped before "
        "its end shows how far it came. Results stand as long as nothing that they are about changes. How it works: "
        "[simulation.md](simulation.md). What was found on the way: [defects.md](defects.md)."
    )
    yield ""
    yield "| Leg | What | Done | Failures | Holds | Processor time | Commit |"
    yield "|---|---|---|---|---|---|---|"
    for leg, known in found.items():
        result = known.result
        share = f"{result.done:,} of {leg.pieces:,}"
        word = _word(leg, result)
        cost = f"{_time(known.seconds)} | {', '.join(f'`{one}`' for one in known.commits)}"
        yield f"| {leg.name} | {leg.about} | {share} | {len(result.failures)} | {word} | {cost} |"
    for leg, known in found.items():
        if known.result.done:
            yield from _leg(leg, known.result)


def _word(leg: Leg, result: Result) -> str:
    if not result.done:
        return "not run"
    if result.done < leg.pieces and not result.failures:
        return "so far"
    return "yes" if leg.holds(result) else "**no**"


def _leg(leg: Leg, result: Result) -> Iterator[str]:
    yield ""
    yield f"## {leg.name}"
    yield ""
    yield f"Goal: {leg.goal}."
    yield ""
    for name, many in sorted(result.counts.items()):
        if not name.startswith(leg.tabled):
            yield f"* {name}: {many:,}"
    for name, value in sorted(result.peaks.items()):
        if not name.startswith(leg.tabled):
            yield f"* most {name}: {value:g}"
    if leg.tables is not None:
        yield ""
        yield leg.tables(result).rstrip()
    if result.failures:
        yield ""
        yield "What failed:"
        yield ""
        for failure in result.failures[:_MOST_FAILURES]:
            yield f"* {failure}"
        if len(result.failures) > _MOST_FAILURES:
            yield f"* and {len(result.failures) - _MOST_FAILURES} more"


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes else f"{seconds:.0f} s"
