"""What the loop logs, as lines of the command that runs it: no traceback unless somebody asked for it."""

import logging
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager


class _Lines(logging.Handler):
    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, and the whole of an exception where XCP_TRACEBACK=1 asks for it."""
        text = f"{record.levelname.lower()}: {record.getMessage()}"
        if record.exc_info is not None and record.exc_info[1] is not None:
            error = record.exc_info[1]
            text += f": {type(error).__name__}: {error}"
            if os.environ.get("XCP_TRACEBACK") == "1":
                text += "\n" + logging.Formatter().formatException(record.exc_info)
        self._write(text)


@contextmanager
def logged(write: Callable[[str], None]) -> Generator[None]:
    """Have warnings and worse written as lines."""
    handler = _Lines(write)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
