"""Model values as canonical JSON, and back: for the store, for saved plans, for whatever is written down.

A `Codec` is made from a type and reads the rest from its annotations. Equal values give the same text: keys are
sorted, fields that have their default are left out, nothing is spaced. Reading is strict: an unknown field, member or
version is an error, never a guess. A field added with a default can be read by and from either side of its addition.

What each type becomes: a dataclass an object; a member of a union of several types the same with its class's name
under `is`; a `Ref` its path; a str enum its value, any other enum the member's name; a tuple an array; a mapping an
object. Numbers that are no numbers (NaN, infinities) have no JSON and are refused.
"""

import json
from typing import Final, Generic, NoReturn, TypeVar, cast

from xcp_reconciler.model.scalars import CodecError
from xcp_reconciler.model.shapes import shape_of

__all__ = ["Codec", "CodecError", "canonical", "parse_json"]

T = TypeVar("T")

VERSION_KEY: Final = "v"

# ASCII only: file names that are no UTF-8 arrive with lone surrogates, which no database and no terminal takes.
_WRITE: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False).encode


def _refuse_constant(name: str) -> NoReturn:
    raise CodecError(f"{name} is no number")


_READ: Final = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode


def canonical(data: object) -> str:
    """JSON data as its one text.

    Raises:
        CodecError: it holds something that JSON cannot.
    """
    try:
        return _WRITE(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise CodecError(f"has no JSON: {error}") from error


def parse_json(text: str) -> object:
    """The data of a JSON text.

    Raises:
        CodecError: it is no JSON, or nested beyond reason.
    """
    stripped = text.strip()
    try:
        data, end = _READ(stripped)
    except (ValueError, RecursionError) as error:
        if isinstance(error, CodecError):
            raise
        raise CodecError(f"is not JSON: {error}") from error
    if end != len(stripped):
        raise CodecError(f"is not JSON: there is more after its end at character {end}")
    return cast("object", data)


class Codec(Generic[T]):
    """Writes and reads values of one type: `Codec[Assignment](Assignment)`, unions too.

    Raises:
        TypeError: the type holds something that has no agreed form; found when it is first used.
    """

    __slots__ = ("_decode", "_encode", "_version")

    def __init__(self, shape: object, *, version: int = 1) -> None:
        found = shape_of(shape)
        self._encode = found.encode
        self._decode = found.decode
        self._version = version

    def encode(self, value: T) -> object:
        """The value as JSON data, without a version.

        Raises:
            CodecError: a field holds what its annotation forbids.
        """
        return self._encode(value)

    def decode(self, data: object) -> T:
        """The value that JSON data stands for.

        Raises:
            CodecError: the data does not fit the type; the text says where.
        """
        return cast("T", self._decode(data))

    def seal(self, data: object) -> str:
        """The canonical text of what `encode` gave, with the version beside its fields.

        Raises:
            CodecError: the type is not written as an object, so that there is no place for a version.
        """
        if not isinstance(data, dict):
            raise CodecError("only an object can carry a version")
        return canonical({**cast("dict[str, object]", data), VERSION_KEY: self._version})

    def text(self, value: T) -> str:
        """The canonical text of a value, version included.

        Raises:
            CodecError: a field holds what its annotation forbids.
        """
        return self.seal(self._encode(value))

    def parse(self, text: str) -> T:
        """Read what `text` wrote.

        Raises:
            CodecError: it is no JSON, of another version, or does not fit the type.
        """
        data = parse_json(text)
        if type(data) is not dict:
            raise CodecError("is not an object")
        fields = cast("dict[str, object]", data)
        version = fields.pop(VERSION_KEY, None)
        if type(version) is not int or version != self._version:
            raise CodecError(f"has version {version!r} of its form, this program reads {self._version}")
        return cast("T", self._decode(fields))
