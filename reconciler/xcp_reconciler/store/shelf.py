"""Mappings over what is stored that decode a value when it is first looked at, and not before."""

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Generic, TypeVar, cast, overload

from xcp_reconciler.model.codec import CodecError
from xcp_reconciler.model.desired import Desired, Origin
from xcp_reconciler.ports.store import StoreError
from xcp_reconciler.refs import Ref
from xcp_reconciler.store.collector import collector_held

K = TypeVar("K")
T = TypeVar("T")
D = TypeVar("D")


# Ref, version, uid, generation, digest, source and line of a declared object.
DesiredColumns = tuple[Ref, int, str, int, str, str | None, int | None]


class Shelf(Mapping[K, T], Generic[K, T]):
    """One table's rows by key. Iterating over keys decodes nothing; a value is decoded once.

    Raises:
        StoreError: a value that is looked at cannot be decoded; the others can still be.
    """

    __slots__ = ("_entries", "_label", "_read", "_sealed")

    def __init__(self, read: Callable[[str], object], label: str) -> None:
        self._read = read
        self._label = label
        # A text is a value that nobody has looked at; no value of ours is a text.
        self._entries: dict[K, object] = {}
        self._sealed = False

    def __getitem__(self, key: K) -> T:
        value = self._entries[key]
        if type(value) is str:
            value = self._entries[key] = self._open(key, value)
        return cast("T", value)

    @overload
    def get(self, key: K, /) -> T | None: ...

    @overload
    def get(self, key: K, default: T | D, /) -> T | D: ...

    def get(self, key: K, default: D | None = None, /) -> T | D | None:
        """The value of a key, `default` where there is none: asked a dozen times for each decision, mostly in vain."""
        return self[key] if key in self._entries else default

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def items(self) -> ItemsView[K, T]:
        """All keys and values, decoded."""
        self._open_all()
        return cast("dict[K, T]", self._entries).items()

    def values(self) -> ValuesView[T]:
        """All values, decoded."""
        self._open_all()
        return cast("dict[K, T]", self._entries).values()

    def __repr__(self) -> str:
        return f"<{len(self._entries)} of {self._label}>"

    def _open(self, key: K, text: str) -> object:
        try:
            return self._read(text)
        except CodecError as error:
            raise StoreError(
                f"the {self._label} of {key} cannot be read: {error}. It was written by another version of xcp or "
                "damaged: use that version, or put a backup in place"
            ) from error

    def _open_all(self) -> None:
        if self._sealed:
            with collector_held():
                for key, value in self._entries.items():
                    if type(value) is str:
                        self._entries[key] = self._open(key, value)
            self._sealed = False

    def load(self, bodies: Mapping[K, object]) -> None:
        """Hold these rows and no others; for the store alone."""
        self._entries.clear()
        self._entries.update(bodies)
        self._sealed = True

    def put(self, key: K, value: object) -> None:
        """Take a value that was just written, or the text of one; for the store alone."""
        self._entries[key] = value
        self._sealed = self._sealed or type(value) is str

    def drop(self, key: K) -> None:
        """Forget a row; for the store alone."""
        self._entries.pop(key, None)


class DesiredShelf(Shelf[Ref, Desired]):
    """The declared objects, with what can be asked of all of them without decoding any."""

    __slots__ = ("_digests", "_identities", "_origins", "_sources", "versions")

    def __init__(self, read: Callable[[str], object], label: str) -> None:
        super().__init__(read, label)
        self.versions: dict[Ref, int] = {}
        self._digests: dict[Ref, str] = {}
        self._identities: dict[Ref, tuple[str, int]] = {}
        self._origins: dict[Ref, tuple[str, int]] = {}
        self._sources: dict[str, str] = {}

    def digest(self, ref: Ref) -> str | None:
        """What `digest_of` gives for the stored declaration; None where nothing is declared."""
        return self._digests.get(ref)

    def identity(self, ref: Ref) -> tuple[str, int] | None:
        """The uid and the generation that the store gave; None where nothing is declared."""
        return self._identities.get(ref)

    def origin(self, ref: Ref) -> Origin | None:
        """Where the object was declared; None where that is not known, or nothing is declared."""
        origin = self._origins.get(ref)
        return None if origin is None else Origin(*origin)

    def note(self, columns: DesiredColumns) -> None:
        """Take the columns beside a row; for the store alone."""
        ref, version, uid, generation, digest, source, line = columns
        self.versions[ref] = version
        self._identities[ref] = uid, generation
        self._digests[ref] = digest
        if source is None or line is None:
            self._origins.pop(ref, None)
        else:
            # A file declares many objects: they share the text of its path.
            self._origins[ref] = (self._sources.setdefault(source, source), line)

    def drop(self, key: Ref) -> None:
        """Forget a row; for the store alone."""
        super().drop(key)
        for column in (self.versions, self._identities, self._digests, self._origins):
            column.pop(key, None)

    def note_all(self, columns: Iterable[DesiredColumns]) -> None:
        """Take the columns beside all rows; for the store alone."""
        for column in (self.versions, self._identities, self._digests, self._origins, self._sources):
            column.clear()
        for each in columns:
            self.note(each)
