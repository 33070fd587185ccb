"""A process that reads documents within limits, and tells its parent about each: `reader FD BEGIN END`.

Memory: its address space may grow by 256 MiB from what it is when everything is imported. Address space is what Linux
can limit; it is never less than what is resident. Time: a second of CPU for each document, after which the kernel ends
the process, whatever it is doing, also within C.
"""

import gc
import resource
import signal
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from traceback import format_exc
from typing import Final

from tests.proof.malformed.document import document
from tests.proof.malformed.reading import Seen, read

MEMORY: Final = 256 << 20
SECONDS: Final = 1.0


def main(connection: Connection, pieces: range) -> None:
    """Read every document, and send what became of it; the number alone says that it is begun."""
    document(pieces.start)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    room = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    # What it would write is worth nothing, and a crash is told by its signal.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # As commands load: the collector finds nothing here, and would be paid by whoever happens to be read.
    gc.disable()
    gc.freeze()
    for piece in pieces:
        content = document(piece)
        connection.send(piece)
        connection.send(_within_a_second(piece, content))
        gc.collect(0 if piece % 100 else 2)


def _within_a_second(piece: int, content: bytes) -> Seen:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    began = time.process_time()
    try:
        seen = read(content)
    except Exception:  # noqa: BLE001 - any is what is looked for
        seen = Seen(piece, content, problems=[format_exc(limit=-4)])
    seen.seconds = time.process_time() - began
    signal.setitimer(signal.ITIMER_PROF, 0)
    seen.piece = piece
    return seen


if __name__ == "__main__":
    _handle, _begin, _end = map(int, sys.argv[1:])
    with suppress(BrokenPipeError):
        main(Connection(_handle), range(_begin, _end))
