"""Diagnostics as people read them: what is wrong, the line, and what to type instead."""

from collections.abc import Iterable, Iterator
from typing import Final
from unicodedata import combining, east_asian_width

from xcp_reconciler.api.diagnostic import Diagnostic, Place, Severity

_WIDTH: Final = 80
# Room that is kept before the marked column when a line is too long to be shown whole.
_LEAD: Final = 24
_FAR: Final = 200


def render(diagnostic: Diagnostic) -> str:
    """One diagnostic as a frame: message, place, source line, mark and hint."""
    lines = [f"{diagnostic.severity}: {_safe(diagnostic.message)}"]
    places = [diagnostic.place, *(also.place for also in diagnostic.also)]
    gutter = max(len(str(place.line)) for place in places if place.line) if any(p.line for p in places) else 1
    lines += _frame(diagnostic.place, diagnostic.hint, gutter, "^")
    for also in diagnostic.also:
        lines += _frame(also.place, also.words, gutter, "-")
    lines += [f"{' ' * gutter} = {_safe(note)}" for note in diagnostic.notes]
    return "\n".join(lines)


def render_all(diagnostics: Iterable[Diagnostic]) -> str:
    """All diagnostics with a blank line between them, and how many there are."""
    shown = list(diagnostics)
    frames = [render(diagnostic) for diagnostic in shown]
    return "\n\n".join([*frames, summary(shown)]) if shown else ""


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning in 2 files`."""
    found = list(diagnostics)
    errors = sum(1 for diagnostic in found if diagnostic.severity is Severity.ERROR)
    parts = [_count(errors, "error")] if errors else []
    if warnings := len(found) - errors:
        parts.append(_count(warnings, "warning"))
    files = len({diagnostic.place.file for diagnostic in found})
    return f"{', '.join(parts) or 'no errors'} in {_count(files, 'file')}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _frame(place: Place, words: str, gutter: int, mark: str) -> Iterator[str]:
    margin = " " * gutter
    yield f"{margin}--> {_safe(str(place))}"
    if not place.line:
        if words:
            yield f"{margin} = {_safe(words)}"
        return
    text, column, width = _window(place, _WIDTH - gutter - 3)
    yield f"{margin} |"
    yield f"{place.line:>{gutter}} | {text}".rstrip()
    yield f"{margin} | {' ' * column}{mark * width} {_safe(words)}".rstrip()


def _window(place: Place, room: int) -> tuple[str, int, int]:
    """The part of the line that fits, and the columns of its terminal cells that are marked."""
    # A line may be megabytes long; what is far from the mark is never shown.
    skipped = max(place.column - 1 - _FAR, 0)
    text = _safe(place.text[skipped : place.column + _FAR])
    start = min(place.column - 1 - skipped, len(text))
    end = min(max(start + place.width, start + 1), max(len(text), start + 1))
    cut = 0
    if (skipped or _cells(text) > room) and start > _LEAD:
        cut = start - _LEAD
        text = f"…{text[cut + 1 :]}"
    length, cells = 0, 0
    for character in text:
        cells += _cells(character)
        if cells > room:
            break
        length += 1
    before = _cells(text[: start - cut])
    marked = max(1, min(_cells(text[start - cut : end - cut]), room - before))
    return text[:length], before, marked


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1 for character in text)


def _safe(text: str) -> str:
    """Nothing in a file may move the cursor or colour the terminal; one character stays one character."""
    return "".join(
        character if character.isprintable() else " " if character == "\t" else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )
