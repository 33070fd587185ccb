"""The smallest pieces of written values: texts, numbers, refs, enums, and what one piece's form is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from math import isfinite
from types import NoneType
from typing import Final, cast

from xcp_reconciler.refs import Ref, parse_ref

_LONGEST_QUOTE: Final = 80


class CodecError(ValueError):
    """Data that is not of the form it should have; the text names the place."""

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(f"{place}: {problem}" if place else problem)
        self.problem = problem
        self.place = place

    def under(self, place: str) -> "CodecError":
        """The same, seen from one level further out."""
        return CodecError(self.problem, place + self.place)


def shown(value: object) -> str:
    """A value as an error quotes it, short enough to be read."""
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"


@dataclass(frozen=True, slots=True)
class Shape:
    """Both directions of one type.

    `json` is what its data is made of, to tell the members of a union apart; `plain` a type of data that decoding
    leaves as it is, where there is one.
    """

    encode: Callable[[object], object]
    decode: Callable[[object], object]
    json: frozenset[type]
    plain: type | None = None


def _fits(kind: type) -> Callable[[object], object]:
    def check(value: object) -> object:
        if type(value) is kind or (isinstance(value, kind) and type(value) is not bool):
            return value
        raise CodecError(f"{shown(value)} is not {_WORDS[kind]}")

    return check


def _is_exactly(kind: type) -> Callable[[object], object]:
    def check(value: object) -> object:
        if type(value) is kind:
            return value
        raise CodecError(f"{shown(value)} is not {_WORDS[kind]}")

    return check


def _number(value: object) -> float:
    if type(value) is not float and type(value) is not int:
        raise CodecError(f"{shown(value)} is not {_WORDS[float]}")
    try:
        # One text for equal numbers: 120 becomes 120.0, and the negative zero that arithmetic can leave becomes 0.0.
        number = float(value) + 0.0
    except OverflowError:
        raise CodecError(f"{shown(value)} is more than a float can hold") from None
    if not isfinite(number):
        raise CodecError(f"{shown(value)} is not a finite number")
    return number


def _encode_ref(value: object) -> str:
    if not isinstance(value, Ref):
        raise CodecError(f"{shown(value)} is not a ref")
    if "/" in value.name or "/" in value.namespace:
        raise CodecError(f"{shown(value)} cannot be written: a part holds a `/`")
    return value.path


@lru_cache(maxsize=1 << 16)
def ref_from(path: str) -> Ref:
    """Read `Ref.path`; the same ref again for the same path, so that many mappings share their keys.

    Raises:
        CodecError: it is no path of a ref.
    """
    try:
        return parse_ref(path)
    except ValueError as error:
        raise CodecError(f"{path!r} is not a ref") from error


def _decode_ref(value: object) -> Ref:
    if type(value) is not str:
        raise CodecError(f"{shown(value)} is not a ref")
    return ref_from(value)


_WORDS: Final[dict[type, str]] = {str: "a text", int: "a whole number", bool: "true or false", float: "a number"}
_WORDS[NoneType] = "null"
TEXT: Final[frozenset[type]] = frozenset({str})
SCALARS: Final[dict[type, Shape]] = {
    str: Shape(_fits(str), _is_exactly(str), TEXT, str),
    int: Shape(_fits(int), _is_exactly(int), frozenset({int}), int),
    bool: Shape(_is_exactly(bool), _is_exactly(bool), frozenset({bool}), bool),
    float: Shape(_number, _number, frozenset({float, int})),
    NoneType: Shape(_is_exactly(NoneType), _is_exactly(NoneType), frozenset({NoneType})),
    Ref: Shape(_encode_ref, _decode_ref, TEXT),
}


def enum_shape(kind: type[Enum]) -> Shape:
    """The shape of an enum: a text for each member."""
    # A number says nothing to who reads the file, and moves when a member is put between: then the name is written.
    words: dict[object, str] = {member: member.value if isinstance(member, str) else member.name for member in kind}
    members: dict[object, Enum] = {word: cast("Enum", member) for member, word in words.items()}

    def encode(value: object) -> str:
        if type(value) is not kind:
            raise CodecError(f"{shown(value)} is no {kind.__name__}")
        return words[value]

    def decode(data: object) -> Enum:
        member = members.get(data) if type(data) is str else None
        if member is None:
            raise CodecError(f"{shown(data)} is no {kind.__name__} ({', '.join(words.values())})")
        return member

    return Shape(encode, decode, TEXT)
