"""The faults that histories met, and what they happened to, as tables."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tests.proof.leg import Result

MET: Final = "met "
PASSES: Final = "passes "
_CRASH: Final = "Crash"


def tables(result: Result) -> str:
    """Faults x calls, crashes x calls, faults x commits, the rest, and how many passes histories needed."""
    calls: dict[str, Counter[str]] = defaultdict(Counter)
    crashes: dict[str, Counter[str]] = defaultdict(Counter)
    commits: dict[str, Counter[str]] = defaultdict(Counter)
    others: Counter[str] = Counter()
    for key, many in result.counts.items():
        if not key.startswith(MET):
            continue
        fault, _, occasion = key.removeprefix(MET).partition(" x ")
        what, _, point = occasion.partition(" ")
        if fault == _CRASH:
            crashes[what][point] += many
        elif "." in what:
            calls[what][fault] += many
        elif what.startswith(("Put", "Remove")):
            commits[what.replace(",", ", ")][fault] += many
        else:
            others[f"{fault} ({occasion})"] += many
    return "\n".join(
        (
            *_pivot("Faults of calls", "call", calls),
            *_pivot("Deaths of xcp", "at the call", crashes),
            *_pivot("Faults of commits", "commit of", commits),
            *_line("Faults of looks, hints and weather", sorted(others.items())),
            *_line("Passes after the last fault: histories", _after(result.counts)),
        )
    )


def _after(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for key in sorted(counts):
        if key.startswith(PASSES):
            yield str(int(key.removeprefix(PASSES))), counts[key]


def _pivot(title: str, corner: str, rows: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    if not rows:
        return
    columns = sorted({column for row in rows.values() for column in row})
    yield from (f"{title}:", "", f"| {corner} | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}")
    for name, row in sorted(rows.items()):
        yield f"| {name} | {' | '.join(f'{row[column]:,}' if row.get(column) else '' for column in columns)} |"
    yield ""


def _line(title: str, pairs: Iterable[tuple[str, int]]) -> Iterator[str]:
    words = ", ".join(f"{name} {many:,}" for name, many in pairs)
    if words:
        yield from (f"{title}: {words}", "")
