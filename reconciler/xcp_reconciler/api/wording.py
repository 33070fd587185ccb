"""What somebody probably meant, and how values are quoted to people."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from xcp_reconciler.api.plain import is_list, is_mapping

_CLOSE = 0.6
_LONGEST = 64


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like `word`, its case aside; None when none is."""
    return _nearest(word[:_LONGEST], tuple(known))


@lru_cache(maxsize=2048)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    by_lower = {candidate.lower(): candidate for candidate in known}
    matches = get_close_matches(word.lower().replace("_", ""), by_lower, n=1, cutoff=_CLOSE)
    return by_lower[matches[0]] if matches else None


def choice(words: Iterable[str]) -> str:
    """Words as an English list: `A, B or C`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def shown(value: object) -> str:
    """A value as an error quotes it, on one line and not longer than a line bears."""
    longest = 48
    match value:
        case None:
            text = "nothing"
        case bool():
            text = "true" if value else "false"
        case dict():
            text = "a mapping"
        case list() | tuple():
            text = "a list"
        case _:
            text = f"`{value}`"
    # A value may be megabytes long.
    text = text[: longest + 1]
    text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return text if len(text) <= longest else f"{text[: longest - 2]}…`"


def as_yaml(value: object) -> str:
    """A small value as one would type it into a manifest."""
    match value:
        case bool():
            return "true" if value else "false"
        case _ if is_mapping(value):
            return "{" + ", ".join(f"{key}: {as_yaml(item)}" for key, item in value.items()) + "}"
        case _ if is_list(value):
            return "[" + ", ".join(as_yaml(item) for item in value) + "]"
        case "":
            return '""'
        case _:
            return str(value)
