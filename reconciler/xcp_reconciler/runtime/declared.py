"""What is declared, indexed: rebuilt at most once a wave of changes, not once a change."""

from collections.abc import Iterable
from typing import Final

from xcp_reconciler.plan.world import Declarations
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.ports.store import Store
from xcp_reconciler.refs import Ref

# An index of ten thousand objects takes tens of milliseconds: it may be this old, unless the very object that is being
# looked at has changed, or something irreversible depends on it.
_OLDEST_S: Final = 0.25


class Declared:
    """The declarations of a store, as old as a fraction of a second."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._stale: set[Ref] = set()
        self._built_at = clock.now()
        self._index = Declarations.of(dict(store.state.desired))

    def note(self, refs: Iterable[Ref]) -> None:
        """These may have been declared, changed or removed."""
        known, now = self._index.desired, self._store.state.desired
        self._stale.update(ref for ref in refs if known.get(ref) is not now.get(ref))

    def about(self, ref: Ref) -> Declarations:
        """An index that is right about `ref`, and hardly old about the rest."""
        if ref in self._stale:
            return self.exact()
        return self.recent()

    def recent(self) -> Declarations:
        """An index that is hardly old."""
        if self._stale and not 0 <= self._clock.now() - self._built_at < _OLDEST_S:
            return self.exact()
        return self._index

    def exact(self) -> Declarations:
        """An index that is right about everything."""
        if self._stale:
            self._index = Declarations.of(dict(self._store.state.desired))
            self._stale.clear()
            self._built_at = self._clock.now()
        return self._index

    def settled_at(self) -> float:
        """When `recent` will be right about all that is known now, in unix seconds."""
        now = self._clock.now()
        return min(self._built_at, now) + _OLDEST_S if self._stale else now
