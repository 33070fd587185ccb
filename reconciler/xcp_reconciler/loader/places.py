"""Where each value of a document stands in its file."""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

# What ends a line for the parser, which counts them so.
LINE_ENDS: Final = "\n\r\x85\u2028\u2029"
LINE_END: Final = re.compile(f"\r\n|[{LINE_ENDS}]")

Path = tuple[str | int, ...]


class Span(NamedTuple):
    """A stretch of one line, counted from 0 as the parser counts."""

    line: int
    column: int
    width: int

    def moved(self, lines: int) -> "Span":
        """The same stretch, so many lines further down."""
        return Span(self.line + lines, self.column, self.width)


_BEGIN: Final = Span(0, 0, 1)


def lines_between(text: str, begin: int, end: int) -> int:
    """How many lines end in `text[begin:end]`, counted without looking at each."""
    ended = sum(text.count(character, begin, end) for character in LINE_ENDS)
    return ended - text.count("\r\n", begin, end)


def span_at(text: str, offset: int, since: Span = _BEGIN, begin: int = 0) -> Span:
    """Where a character is. What is known already, that the one at `begin` is at `since`, is not counted again."""
    ended = lines_between(text, begin, offset)
    if not ended:
        return Span(since.line, since.column + offset - begin, 1)
    return Span(since.line + ended, offset - 1 - max(text.rfind(end, begin, offset) for end in LINE_ENDS), 1)


@dataclass(slots=True)
class Places:
    """The keys and values of one document by path; what came in by an alias has the place of the alias."""

    keys: dict[Path, Span] = field(default_factory=dict[Path, Span])
    values: dict[Path, Span] = field(default_factory=dict[Path, Span])

    def of_key(self, path: Path) -> Span:
        """The key at `path`, or the nearest thing above it that has a place."""
        return self._nearest(path, self.keys, self.values)

    def of_value(self, path: Path) -> Span:
        """The value at `path`, or the nearest thing above it that has a place."""
        return self._nearest(path, self.values, self.keys)

    def moved(self, lines: int) -> "Places":
        """The same places, so many lines further down."""
        if not lines:
            return self
        return Places(
            {path: span.moved(lines) for path, span in self.keys.items()},
            {path: span.moved(lines) for path, span in self.values.items()},
        )

    def _nearest(self, path: Path, first: dict[Path, Span], second: dict[Path, Span]) -> Span:
        while path:
            if (span := first.get(path) or second.get(path)) is not None:
                return span
            path = path[:-1]
        return next(iter(self.keys.values()), self.values.get((), Span(0, 0, 1)))
