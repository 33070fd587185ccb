"""What a piece of text means for the eye. Whoever prints decides how that looks, and nothing depends on it."""

from collections.abc import Callable
from enum import StrEnum


class Role(StrEnum):
    """What a word is, for those who can see colour."""

    GOOD = "good"
    CHANGE = "change"
    BAD = "bad"
    QUIET = "quiet"
    STRONG = "strong"


# A text in its role; padding is done before, because what colours may add has no width.
Paint = Callable[[str, Role], str]


def PLAIN(text: str, _role: Role) -> str:  # noqa: N802 - a constant that happens to be callable
    """No colour at all."""
    return text
