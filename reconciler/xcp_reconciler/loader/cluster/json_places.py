"""Where the keys and values of a JSON text stand. Asked only when there is something to say, so nothing is kept."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from xcp_reconciler.loader.places import Path, Places, Span, span_at

_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\(.)", re.DOTALL)


@dataclass(slots=True)
class _Level:
    """An object or a list that is open: what came last in it, and the keys that it has had."""

    is_list: bool
    last: str | int
    seen: set[str] = field(default_factory=set[str])
    at_key: bool = True


def json_places(text: str, wanted: Collection[Path]) -> tuple[Places, list[tuple[Path, Span]]]:
    """The places of the `wanted` paths and of all above them, and every key that an object has twice.

    The text is one that can be parsed.
    """
    asked = {path[:length] for path in wanted for length in range(len(path) + 1)}
    places, again = Places(), list[tuple[Path, Span]]()
    levels: list[_Level] = []
    path: Path = ()
    place, known = Span(0, 0, 1), 0
    for found in _PIECE.finditer(text):
        piece = found.group()
        inner = levels[-1] if levels else None
        if piece == ":":
            continue
        if piece == "," and inner is not None:
            inner.at_key = True
            if isinstance(inner.last, int):
                inner.last += 1
                path = (*path[:-1], inner.last)
            continue
        if piece in {"]", "}"}:
            levels.pop()
            path = path[: len(levels)]
            continue
        twice = False
        is_key = inner is not None and not inner.is_list and inner.at_key
        if inner is not None and is_key:
            name = _unquoted(piece)
            path = (*path[: len(levels) - 1], name)
            twice = name in inner.seen
            inner.seen.add(name)
            inner.last, inner.at_key = name, False
        if twice or path in asked:
            place, known = span_at(text, found.start(), place, known), found.start()
            span = Span(place.line, place.column, len(piece))
            (places.keys if is_key else places.values)[path] = span
            if twice:
                again.append((path, span))
        if not is_key and piece in {"[", "{"}:
            levels.append(_Level(piece == "[", 0))
            path = (*path, 0) if piece == "[" else path
    return places, again


def _unquoted(key: str) -> str:
    """The text of a key. Only keys that we know are ever looked up, and nobody escapes those: so roughly will do."""
    return _ESCAPED.sub(lambda m: chr(int(m.group(1), 16)) if m.group(1) else m.group(2), key[1:-1])
