"""Sizes and durations as people write them, and as whole numbers that the program computes with.

Sizes are Kubernetes quantities: bytes as an int for disks, KiB as an int for memory. Durations are whole seconds.
Every number has one canonical text, that with the fewest digits; reading it back gives the same number.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

_KIB: Final = 1024
# What both hypervisor interfaces and JSON readers can carry: a signed 64-bit number.
_MOST: Final = 2**63 - 1

_FACTORS: Final[dict[str, int]] = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
}
# Milli and below are quantities too, of things that can be split; a byte cannot.
_SPLITTING: Final = frozenset({"m", "u", "n"})
_BY_LOWER: Final[dict[str, str]] = {suffix.lower(): suffix for suffix in _FACTORS} | {"k": "k"}

# Digits are bounded so that no manifest makes Python compute with a million of them.
_QUANTITY: Final = re.compile(r"\+?(\d{1,24})?(?:\.(\d{0,24}))?(?:([kMGTPE]i?|Ki|[mun])|[eE]([+-]?\d{1,2}))?", re.ASCII)
_ALMOST: Final = re.compile(r"\s*\+?(\d{1,24}(?:\.\d{1,24})?)[\s_]*([A-Za-z]{0,9})\s*", re.ASCII)
_DURATION: Final = re.compile(r"(?:(\d{1,15})h)?(?:(\d{1,15})m)?(?:(\d{1,15})s)?", re.ASCII)
_ALMOST_DURATION: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-zµ]{0,12})\s*", re.ASCII)

_BYTES_WORD: Final = re.compile(r"i?(b|bytes?)$", re.IGNORECASE)
_WORDS_OF_TIME: Final[dict[str, int]] = {
    "": 1,
    "s": 1,
    "sec": 1,
    "secs": 1,
    "second": 1,
    "seconds": 1,
    "m": 60,
    "min": 60,
    "mins": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hr": 3600,
    "hrs": 3600,
    "hour": 3600,
    "hours": 3600,
    "d": 86400,
    "day": 86400,
    "days": 86400,
    "w": 604800,
    "week": 604800,
    "weeks": 604800,
}


class UnitError(ValueError):
    """A text that is no size or no duration; `nearest` is a valid one that was probably meant."""

    def __init__(self, problem: str, nearest: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.nearest = nearest


@lru_cache(maxsize=4096)
def parse_bytes(text: str) -> int:
    """Read a quantity such as `2Gi`, `1.5G`, `1e9` or `4096` as bytes.

    Raises:
        UnitError: it is no quantity, is negative, too large, or no whole number of bytes.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None or (match[1] is None and not match[2]):
        raise _no_quantity(text)
    whole, fraction, suffix, exponent = match.groups()
    digits, places = int((whole or "") + (fraction or "")), len(fraction or "")
    if suffix in _SPLITTING:
        message = f"`{text}` is a part of a byte"
        raise UnitError(message, _or_its_nearest(f"{whole or 0}Mi", parse_bytes))
    factor = _FACTORS[suffix or ""]
    if exponent is not None:
        places -= int(exponent)
    grown: int = 10 ** max(-places, 0)
    shrunk: int = 10 ** max(places, 0)
    number, rest = divmod(digits * factor * grown, shrunk)
    if number > _MOST:
        message = f"`{text}` is more than 64 bits can count"
        raise UnitError(message, "8191Pi")
    if rest:
        message = f"`{text}` is not a whole number of bytes"
        raise UnitError(message, format_bytes(min(number + 1, _MOST)))
    return number


@lru_cache(maxsize=4096)
def parse_kib(text: str) -> int:
    """Read a quantity such as `512Mi` as KiB, the unit of memory everywhere in xcp.

    Raises:
        UnitError: it is no quantity or no whole number of KiB.
    """
    try:
        number = parse_bytes(text)
    except UnitError as error:
        raise UnitError(error.problem, _in_binary(error.nearest)) from None
    if number % _KIB:
        message = f"`{text}` is not a whole number of KiB"
        # A bare small number is a forgotten suffix far more often than a wish for a few bytes of memory.
        forgotten = text.isdecimal() and number < 2**20
        raise UnitError(message, f"{text}Mi" if forgotten else format_kib(-(-number // _KIB)))
    return number // _KIB


def _in_binary(nearest: str | None) -> str | None:
    if nearest is None or nearest.endswith("i"):
        return nearest
    # Memory is bought in powers of two: who writes 1GB means 1Gi.
    if nearest[-1].isalpha():
        return _or_its_nearest(f"{nearest[:-1]}{nearest[-1].upper()}i", parse_kib)
    return format_kib(-(-parse_bytes(nearest) // _KIB))


@lru_cache(maxsize=4096)
def format_bytes(number: int) -> str:
    """The quantity of exactly that many bytes with the fewest digits, binary where two have as few."""
    best, suffix_of_best = str(number), ""
    if number:
        for suffix, factor in _FACTORS.items():
            count, rest = divmod(number, factor)
            # Binary suffixes come last in the table, so `<=` is what prefers `1000Ki` to `1024k`.
            if not rest and len(digits := str(count)) <= len(best):
                best, suffix_of_best = digits, suffix
    return best + suffix_of_best


def format_kib(number: int) -> str:
    """The canonical quantity of exactly that many KiB."""
    return format_bytes(number * _KIB)


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> int:
    """Read a duration such as `60s`, `2m` or `1h30m` as seconds.

    Raises:
        UnitError: it is no duration in whole seconds.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise _no_duration(text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


@lru_cache(maxsize=1024)
def format_duration(seconds: int) -> str:
    """The shortest duration of exactly that many seconds: 5400 is `90m`, 60 is `1m`."""
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    whole = "".join(f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if count)
    candidates = [whole] if whole else []
    if not rest and seconds:
        candidates.append(f"{seconds // 60}m")
    candidates.append(f"{seconds}s")
    return min(candidates, key=len)


def _no_quantity(text: str) -> UnitError:
    shown = _shown(text)
    if text.lstrip().startswith("-"):
        return UnitError(f"`{shown}` is negative")
    almost = _ALMOST.fullmatch(text)
    if almost is None:
        return UnitError(f"`{shown}` is not a quantity such as 512Mi or 20Gi")
    count, word = almost.groups()
    binary = "i" in word.lower()
    letter = _BYTES_WORD.sub("", word).lower().removesuffix("i")
    suffix = _BY_LOWER.get(letter + "i" if binary and letter else letter) or _BY_LOWER.get(letter[:1])
    nearest = f"{count}{suffix}" if suffix is not None else f"{count}Mi"
    return UnitError(f"`{shown}` is not a quantity", _or_its_nearest(nearest, parse_bytes))


def _no_duration(text: str) -> UnitError:
    shown = _shown(text)
    if text.lstrip().startswith("-"):
        return UnitError(f"`{shown}` is negative")
    problem = f"`{shown}` is not a duration such as 60s, 2m or 1h30m"
    almost = _ALMOST_DURATION.fullmatch(text)
    if almost is None:
        return UnitError(problem)
    count, word = float(almost[1]), almost[2].lower()
    factor = _WORDS_OF_TIME.get(word, 0.001 if word.startswith(("ms", "milli")) else None)
    return UnitError(problem, format_duration(max(1, round(count * factor))) if factor else None)


def _or_its_nearest(text: str, parse: Callable[[str], int]) -> str | None:
    """A proposal, or what it would itself be corrected to: a proposal must be valid."""
    try:
        parse(text)
    except UnitError as error:
        return error.nearest
    return text


def _shown(text: str) -> str:
    longest = 40
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
