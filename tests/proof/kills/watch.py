"""Somebody who looks at both hosts all the time, for a machine that runs on both."""

import threading
from types import TracebackType
from typing import Final, Self

from tests.proof.kills.world import Ground

_SECONDS: Final = 0.05


class Watch:
    """A context manager: a thread that looks some ten times a second."""

    def __init__(self, on: Ground) -> None:
        self.looks = 0
        self.twice: set[str] = set()
        """The uuids of machines that ran on both hosts at one instant."""
        self._on = on
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="watch", daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Look once.

        The hosts are asked one after the other, and a machine may move between the two questions: only what ran on
        the first both before and after it was seen on the second ran on both.
        """
        before, other, after = self._on.running(0), self._on.running(1), self._on.running(0)
        self.twice |= before & other & after
        self.looks += 1

    def _look_on(self) -> None:
        while not self._over.wait(_SECONDS):
            self.look()
