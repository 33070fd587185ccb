"""Whether two parsers have read the same, and the differences that are meant."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tests.proof.malformed.peer import Reading
from xcp_reconciler.api.plain import is_list, is_mapping

# Shorter numbers fit into what hypervisors count with.
_LONG: Final = 16
_LONG_EXPONENT: Final = re.compile(r"[eE][-+]?[0-9]{5,}")
_LEADING_ZERO: Final = re.compile(r"[-+]?0[0-9]")


class Meant(StrEnum):
    """What our loader reads otherwise on purpose. The values are the reasons."""

    LEADING_ZERO = "a number with leading zeros is text: YAML 1.1 reads it as octal, YAML 1.2 as decimal"
    LONG_NUMBER = "a number too long for any field is text: Python's int() of a million digits takes minutes"
    LAST_LINE = "a block text that the file's end cuts off has no line end (8.1.1.2); the other parser adds one"
    BLANK_LINE = "a last line of blanks beyond the indentation is text (8.1.3); the other parser drops it"
    TOUCHING_COMMENT = "`,#` begins a comment, as every parser but the strictest has it; both read the same data"
    NO_DOCUMENT = "a second `...` begins no document (9.2); the other parser begins an empty one"
    FLOAT_TAG = "`!!float 8` is a number (10.2.1.4); the other parser wants a point in it"


class Different(Exception):  # noqa: N818 - it is what was looked for
    """The two have not read the same; the message says where."""


def compare(ours: list[Any], theirs: Reading) -> Iterator[Meant]:
    """The differences that are meant.

    Raises:
        Different: there are others.
    """
    if theirs.refusal:
        raise Different(f"the other parser refuses it: {theirs.refusal}")
    if theirs.errors:
        yield Meant.TOUCHING_COMMENT
    others = theirs.documents
    if len(ours) != len(others):
        # What is empty declares nothing.
        ours = [one for one in ours if one is not None]
        others = [other for other in others if other[:3] != [0, "", "null"]]
        yield Meant.NO_DOCUMENT
    if len(ours) != len(others):
        raise Different(f"{len(ours)} documents here, {len(others)} there")
    for number, (one, other) in enumerate(zip(ours, others, strict=True)):
        yield from _Comparison(theirs).nodes(one, other, f"document {number}")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Of the data of one file. `where` is a path within it, for people."""

    theirs: Reading

    def nodes(self, ours: Any, theirs: Any, where: str) -> Iterator[Meant]:  # noqa: ANN401 - plain data
        match theirs:
            case [0, text, kind, value]:
                if not _same(ours, kind, value):
                    yield self._meant(ours, text, kind, value, where)
            case [1, members]:
                if not is_list(ours) or len(ours) != len(members):
                    raise Different(f"{where}: {ours!r:.80} here, a list of {len(members)} there")
                for number, (one, other) in enumerate(zip(ours, members, strict=True)):
                    yield from self.nodes(one, other, f"{where}[{number}]")
            case [2, pairs]:
                keys = [_key(key, where) for key, _ in pairs]
                if not is_mapping(ours) or list(ours) != keys:
                    raise Different(f"{where}: {ours!r:.80} here, a mapping of {keys!r:.80} there")
                for key, (_, value) in zip(keys, pairs, strict=True):
                    yield from self.nodes(ours[key], value, f"{where}.{key}")
            case _:
                raise Different(f"{where}: {theirs!r:.80} there")

    def _meant(self, ours: object, text: str, kind: str, value: str, where: str) -> Meant:
        match ours, kind:
            case str(), "int" | "float" if ours == text and (len(text) > _LONG or _LONG_EXPONENT.search(text)):
                return Meant.LONG_NUMBER
            case str(), "int" | "float" if ours == text and _LEADING_ZERO.match(text):
                return Meant.LEADING_ZERO
            case float(), "str" if value == text and _number(text) == ours:
                return Meant.FLOAT_TAG
            case str(), "str" if self.theirs.cut_off and ours + "\n" == value:
                return Meant.LAST_LINE
            case str(), "str" if ours.startswith(value) and _is_blank(ours[len(value) :], after=value):
                return Meant.BLANK_LINE
            case _:
                raise Different(f"{where}: {ours!r:.80} here, {kind} {value!r:.80} there")


def _key(key: Any, where: str) -> str:  # noqa: ANN401 - plain data
    match key:
        case [0, str() as text, *_]:
            return text
        case _:
            raise Different(f"{where}: the key {key!r:.80} there is no word")


def _is_blank(rest: str, *, after: str) -> bool:
    """Whether what follows a text is further lines of blanks alone."""
    return not rest.strip(" \t\n") and " " in rest and (after.endswith("\n") or rest.startswith("\n"))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _same(ours: object, kind: str, value: str) -> bool:
    match ours:
        case None:
            return kind == "null"
        case bool():
            return kind == "bool" and value == str(ours).lower()
        case int():
            return kind == "int" and value == str(ours)
        case float():
            # As text, for nan is no number's equal, and 0.0 is that of -0.0.
            return kind == "float" and repr(float(value)) == repr(ours)
        case _:
            return kind == "str" and value == ours
