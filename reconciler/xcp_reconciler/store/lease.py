"""The acting lease: a lock of the kernel on a file of its own beside the database, gone with its holder."""

import fcntl
import os
from pathlib import Path
from typing import Final

from xcp_reconciler.ports.store import StoreLostError
from xcp_reconciler.store.failures import explained

_MODE: Final = 0o600


class FileLease:
    """An exclusive `flock` on `<database>.lock`.

    Never on the database itself: closing any descriptor of that would drop SQLite's own locks. The file stays when
    the lock goes: removing it would let two processes hold locks on two files of the same name.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file: int | None = None
        self._opened: os.stat_result | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._file is not None

    def acquire(self) -> bool:
        """Take the lock if nobody has it; False where somebody has, this very object included.

        Raises:
            StoreError: the lock file cannot be made or opened.
        """
        if self._file is not None:
            return False
        while True:
            try:
                file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
            except OSError as error:
                raise explained(error, self.path) from error
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return False
            except OSError as error:
                os.close(file)
                raise explained(error, self.path) from error
            opened = os.fstat(file)
            if self._is_named(opened):
                self._file, self._opened = file, opened
                return True
            # Somebody removed the file between our open and our lock: this lock guards nothing.
            os.close(file)

    def release(self) -> None:
        """Give the lock back; twice is fine."""
        file, self._file, self._opened = self._file, None, None
        if file is not None:
            os.close(file)

    def check(self) -> None:
        """Make sure that a held lock is still the one that others would meet.

        Raises:
            StoreLostError: the lock file was removed or replaced, so that a second actor may be at work.
        """
        if self._opened is not None and not self._is_named(self._opened):
            raise StoreLostError(
                f"{self.path} was removed or replaced while it was locked, another process may be acting: restart xcp"
            )

    def _is_named(self, opened: os.stat_result) -> bool:
        try:
            named = self.path.stat()
        except OSError:
            return False
        return os.path.samestat(named, opened)


class MemoryLease:
    """The lease of a store that no other process can see."""

    def __init__(self) -> None:
        self.held = False

    def acquire(self) -> bool:
        """Take the lease unless it is taken."""
        if self.held:
            return False
        self.held = True
        return True

    def release(self) -> None:
        """Give the lease back; twice is fine."""
        self.held = False

    def check(self) -> None:
        """Nobody can take it away."""


class NoLease:
    """The lease of a reader, who never acts."""

    held = False

    def acquire(self) -> bool:
        """Refuse."""
        return False

    def release(self) -> None:
        """Do nothing."""

    def check(self) -> None:
        """Do nothing."""


Lease = FileLease | MemoryLease | NoLease
