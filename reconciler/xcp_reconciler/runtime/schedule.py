"""Which object is looked at next. Synchronous, no clock of its own: the runner brings the time."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from heapq import heappop, heappush

from xcp_reconciler.refs import Ref


class Priority(IntEnum):
    """Who goes first among those that are due: news before the routine of a resync."""

    NEWS = 0
    ROUTINE = 1


@dataclass(slots=True)
class _Entry:
    at: float
    priority: Priority
    ticket: int


class Schedule:
    """Every key at most once, with its earliest time and its best priority.

    A key that is asked for while it is being worked on waits until that is over, and is then worked on again.
    """

    def __init__(self) -> None:
        self._entries: dict[Ref, _Entry] = {}
        self._later: list[tuple[float, int, Ref]] = []
        self._due: dict[Priority, deque[tuple[int, Ref]]] = {priority: deque() for priority in Priority}
        self._busy: set[Ref] = set()
        self._ticket = 0
        self._listener: Callable[[], None] = _nothing

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever something may have become due earlier than it was."""
        self._listener = listener

    def ask(self, key: Ref, at: float, priority: Priority = Priority.NEWS) -> None:
        """Look at `key` at `at` (unix seconds) or before, if it is already asked for earlier."""
        entry = self._entries.get(key)
        if entry is not None:
            if at >= entry.at and priority >= entry.priority:
                return
            at, priority = min(at, entry.at), min(priority, entry.priority)
        self._ticket += 1
        self._entries[key] = _Entry(at, priority, self._ticket)
        if key not in self._busy:
            heappush(self._later, (at, self._ticket, key))
            self._listener()

    def hasten(self, now: float) -> None:
        """Nothing is due later than `now`: the clock was set back, and what was asked for was meant by the old one."""
        late = [key for key, entry in self._entries.items() if entry.at > now]
        for key in late:
            self.ask(key, now, self._entries[key].priority)

    def take(self, now: float) -> Ref | None:
        """The next key that is due; it counts as being worked on until `done`."""
        self._ripen(now)
        for queue in self._due.values():
            while queue:
                ticket, key = queue.popleft()
                entry = self._entries.get(key)
                if entry is not None and entry.ticket == ticket:
                    del self._entries[key]
                    self._busy.add(key)
                    return key
        return None

    def done(self, key: Ref) -> None:
        """The work on `key` is over."""
        self._busy.discard(key)
        entry = self._entries.get(key)
        if entry is not None:
            heappush(self._later, (entry.at, entry.ticket, key))
        self._listener()

    def forget(self, key: Ref) -> None:
        """Never mind."""
        self._entries.pop(key, None)

    def next_at(self) -> float | None:
        """When the next key that nobody works on becomes due, in unix seconds; 0 for 'it already is'."""
        if any(self._due.values()):
            return 0.0
        while self._later:
            at, ticket, key = self._later[0]
            entry = self._entries.get(key)
            if entry is not None and entry.ticket == ticket:
                return at
            heappop(self._later)
        return None

    def asked(self, key: Ref) -> float | None:
        """When `key` is to be looked at next, None for never."""
        entry = self._entries.get(key)
        return entry.at if entry is not None else None

    def _ripen(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            _, ticket, key = heappop(self._later)
            entry = self._entries.get(key)
            if entry is not None and entry.ticket == ticket and key not in self._busy:
                self._due[entry.priority].append((ticket, key))


def _nothing() -> None:
    pass
