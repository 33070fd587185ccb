"""Where tests make the store fail: just before and just after a transaction becomes durable."""

from typing import Protocol

from xcp_reconciler.ports.store import Write


class StoreFaults(Protocol):
    """Called for each group of commits that share a transaction, within the loop's step that writes it.

    What a hook raises happens to the whole group: `BlockingIOError` is a locked database (the store tries again),
    any other `OSError` a disk's error. A hook may also `abandon` the store: that is a crash at this point.
    """

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """All is written, nothing is durable yet."""
        ...

    def after_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """All is durable, and nobody has been told; too late to fail, but not to crash."""
        ...


class NoFaults:
    """The store as it is outside tests."""

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Do nothing."""

    def after_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Do nothing."""
