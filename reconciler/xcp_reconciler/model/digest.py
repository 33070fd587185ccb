"""Whether two declarations ask for the same, told from a digest: ten thousand are compared without being decoded."""

from hashlib import blake2b
from typing import Final, cast

from xcp_reconciler.model.codec import Codec, canonical
from xcp_reconciler.model.desired import Desired

DESIRED: Final = Codec[Desired](Desired)

# What an owner declares. Removal is told apart: asking for a deletion declares no new generation.
_DECLARED: Final = ("labels", "owner", "policies", "spec")
_DIGEST_BYTES: Final = 16


def digest_of(desired: Desired) -> str:
    """A digest of what is declared: equal exactly where `declares_the_same` holds, on every machine and version.

    Raises:
        CodecError: a field holds what its annotation forbids.
    """
    return Declaration(desired).digest


class Declaration:
    """A declared object as data, encoded once for its digest and its body.

    Raises:
        CodecError: a field holds what its annotation forbids.
    """

    __slots__ = ("_data", "digest")

    def __init__(self, desired: Desired) -> None:
        self._data = cast("dict[str, object]", DESIRED.encode(desired))
        text = canonical({key: self._data[key] for key in _DECLARED if key in self._data})
        hashed = blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
        self.digest = hashed if desired.removal is None else f"{hashed}-{desired.removal}"

    def body(self, uid: str, generation: int) -> str:
        """The text to be stored, under the uid and the generation that the store gives."""
        return DESIRED.seal({**self._data, "uid": uid, "generation": generation})


def declares_alike(digest: str, other: str) -> bool:
    """Whether two digests are of the same declaration, whatever removal was asked for."""
    return digest.partition("-")[0] == other.partition("-")[0]
