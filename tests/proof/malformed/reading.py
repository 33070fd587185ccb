"""One document through the loader as commands do it, and whether what came out keeps the loader's promises."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from re import compile as pattern
from typing import Any, Final

from xcp_reconciler.api.diagnostic import Diagnostic, Place
from xcp_reconciler.loader.cached import decode, encode
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.loader.documents import Input, ParsedFile
from xcp_reconciler.loader.load import assemble, parse_file
from xcp_reconciler.report.diagnostics import render_all

_NAME: Final = "m.yaml"
_LINE_END: Final = pattern("\r\n|[\r\n\x85\u2028\u2029]")


@dataclass(slots=True)
class Seen:
    """What became of a document: its data where its text was accepted, None where not; and every broken promise."""

    piece: int
    content: bytes
    data: list[Any] | None = None
    valid: int = 0
    diagnostics: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list[str])


def read(content: bytes) -> Seen:
    """Parse, validate, place, render, keep in the cache."""
    file = parse_file(Input(_NAME, content, "/srv"))
    loaded = assemble([file])
    declared = declare_all(loaded.documents, "me")
    text = render_all(loaded.diagnostics)
    seen = Seen(0, content, valid=len(declared), diagnostics=len(loaded.diagnostics))
    seen.problems.extend(places_problems(loaded.diagnostics, content))
    if bool(text) != bool(loaded.diagnostics):
        seen.problems.append("the diagnostics are not what is shown")
    if file.complaints:
        if not loaded.diagnostics or loaded.ok:
            seen.problems.append("refused without a word")
    else:
        seen.data = [document.data for document in file.documents]
        seen.problems.extend(_about_cache(file))
    return seen


def _about_cache(file: ParsedFile) -> Iterator[str]:
    again = decode(encode(file.documents))
    if repr(again) != repr(file.documents):
        yield "the cache gives back something else"


def places_problems(diagnostics: tuple[Diagnostic, ...], content: bytes) -> Iterator[str]:
    """What is wrong with the places of diagnostics, their order and their words."""
    lines: list[str] | None = None
    before = (0, 0)
    for diagnostic in diagnostics:
        if lines is None:
            lines = _LINE_END.split(content.decode("utf-8-sig", errors="replace"))
        here = (diagnostic.place.line, diagnostic.place.column)
        if here < before:
            yield f"not in order: {diagnostic}"
        before = here
        if not diagnostic.message.strip():
            yield f"without words: {diagnostic}"
        for place in (diagnostic.place, *(also.place for also in diagnostic.also)):
            if not _is_inside(place, lines):
                yield f"outside of the file: {place} of {str(diagnostic)[:200]}"


def _is_inside(place: Place, lines: list[str]) -> bool:
    if place.file != _NAME or not 1 <= place.line <= len(lines):
        return False
    text = lines[place.line - 1]
    return place.text == text and place.width >= 1 and 1 <= place.column <= len(text) + 1
