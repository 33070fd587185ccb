"""What went wrong with a database, in words that say what to do."""

import errno
import sqlite3
from typing import Final

from xcp_reconciler.ports.store import StoreError

_PRIMARY: Final = 0xFF
_NOTHING: Final = "nothing of this commit was written"

_ADVICE: Final[dict[int, str]] = {
    sqlite3.SQLITE_FULL: f"the disk under {{path}} is full, {_NOTHING}: make room and try again",
    sqlite3.SQLITE_IOERR: f"the disk under {{path}} fails ({{detail}}), {_NOTHING}: check the disk and the kernel log",
    sqlite3.SQLITE_READONLY: f"{{path}} cannot be written ({{detail}}), {_NOTHING}: check owner, mode and mount",
    sqlite3.SQLITE_CANTOPEN: (
        "{path} cannot be opened ({detail}): check owner, mode and mount; its folder must be writable, for readers too"
    ),
    sqlite3.SQLITE_PERM: "{path} cannot be opened ({detail}): check owner and mode",
    sqlite3.SQLITE_NOTADB: (
        "{path} is not a database of xcp, or its beginning is damaged: name another file, or move this one away and "
        "put a backup in its place"
    ),
    sqlite3.SQLITE_CORRUPT: (
        "{path} is damaged ({detail}): stop xcp, move the file away with its -wal and -shm and put a backup in its "
        "place; without a backup, apply the manifests to a new one: objects are recognised by their stamps and names"
    ),
}


def explained(error: sqlite3.Error | OSError, path: object) -> StoreError:
    """The failure as a StoreError that names the file and the way out."""
    if isinstance(error, OSError):
        return _explained_os(error, path)
    code = getattr(error, "sqlite_errorcode", None)
    advice = _ADVICE.get(code & _PRIMARY) if isinstance(code, int) else None
    detail = f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
    return StoreError(advice.format(path=path, detail=detail) if advice else f"{path} failed ({detail})")


def _explained_os(error: OSError, path: object) -> StoreError:
    detail = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        code = sqlite3.SQLITE_FULL
    elif error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        code = sqlite3.SQLITE_READONLY
    elif error.errno == errno.EIO:
        code = sqlite3.SQLITE_IOERR
    else:
        return StoreError(f"{path} cannot be used: {detail}")
    return StoreError(_ADVICE[code].format(path=path, detail=detail))


def is_busy(error: sqlite3.Error | OSError) -> bool:
    """Whether another process holds the database just now, so that trying again helps."""
    if isinstance(error, BlockingIOError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & _PRIMARY in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
