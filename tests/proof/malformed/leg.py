"""The leg: documents by number through a limited reader, and what it accepts through the other parser too."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from tests.proof.leg import Leg, Result
from tests.proof.malformed.compare import Different, compare
from tests.proof.malformed.document import document
from tests.proof.malformed.peer import Peer, absent, as_text
from tests.proof.malformed.reading import Seen

_ROOT: Final = Path(__file__).resolve().parents[3]
# Not a limit of the loader, whose seconds are of CPU: a reader that says nothing for so long sleeps.
_SILENCE_S: Final = 120.0
READER: Final = [sys.executable, "-m", "tests.proof.malformed.reader"]
_AGAIN: Final = "python -m tests.proof.malformed --show {}"


def run(pieces: range) -> Result:
    """Read the documents with these numbers."""
    result = Result()
    if reason := absent():
        result.failures.append(reason)
        return result
    with Peer() as peer:
        for seen in read_all(pieces):
            result.done += 1
            _take(result, seen, peer)
    return result


def _take(result: Result, seen: Seen, peer: Peer) -> None:
    result.peak("slowest document, CPU seconds", seen.seconds)
    result.peak("largest document, KiB", len(seen.content) / 1024)
    for problem in seen.problems:
        _fail(result, seen.piece, problem)
    result.counts["diagnostics"] += seen.diagnostics
    if seen.data is None:
        result.counts["refused"] += 1
        return
    result.counts["read as the other parser reads"] += 1
    result.counts["valid objects"] += seen.valid
    try:
        for meant in compare(seen.data, peer.read(as_text(seen.content))):
            result.counts[f"meant: {meant}"] += 1
    except Different as difference:
        _fail(result, seen.piece, str(difference))


def _fail(result: Result, piece: int, problem: str) -> None:
    result.failures.append(f"{problem} - {_AGAIN.format(piece)}")


def read_all(pieces: range) -> Iterator[Seen]:
    """What became of each document. A reader that a document ended is followed by another, for those behind it."""
    begin = pieces.start
    while begin < pieces.stop:
        for seen in _read_some(range(begin, pieces.stop)):
            yield seen
            begin = seen.piece + 1


def _read_some(pieces: range) -> Iterator[Seen]:
    """What one reader says, until it ends."""
    receiver, sender = os.pipe()
    command = [*READER, str(sender), str(pieces.start), str(pieces.stop)]
    process = subprocess.Popen(command, pass_fds=[sender], stderr=subprocess.PIPE, cwd=_ROOT)
    os.close(sender)
    at: int | None = None
    silent = False
    with Connection(receiver, writable=False) as connection:
        try:
            with suppress(EOFError):
                while not (silent := not connection.poll(_SILENCE_S)):
                    match connection.recv():
                        case Seen() as seen:
                            at = None
                            yield seen
                        case piece:
                            at = piece
        finally:
            # Its last word is the end of the pipe: whatever runs on then, or is no longer listened to, is in the way.
            if silent or sys.exc_info()[0] is not None:
                process.kill()
            words = process.communicate()[1].decode(errors="replace")
    yield from _ended(process.returncode, words, at)


def _ended(code: int, words: str, at: int | None) -> Iterator[Seen]:
    """The document that ended the reader, if one did.

    Raises:
        RuntimeError: the reader failed between documents, which is a fault of this harness.
    """
    if at is None:
        if code:
            raise RuntimeError(f"the reader ended with {code}: {words}")
        return
    if code == -signal.SIGPROF:
        problem = "takes more than a second of CPU"
    elif code < 0:
        problem = f"ends the process with {signal.Signals(-code).name}"
    else:
        problem = f"ends the process with {code}: {words[-500:]}"
    yield Seen(at, document(at), problems=[problem])


def _holds(result: Result) -> bool:
    return not result.failures and result.done == LEG.pieces


LEG: Final = Leg(
    name="malformed",
    about="mutated documents through the loader, within a second of CPU and 256 MiB each",
    goal="each refused with a place in it, or read exactly as an independent parser does; no traceback, crash or hang",
    pieces=1_000_000,
    chunk=5_000,
    run=run,
    holds=_holds,
    of=(
        *(f"reconciler/xcp_reconciler/{part}" for part in ("api", "loader", "model", "report", "refs.py", "units.py")),
        "requirements",
        "tests/properties/yaml_texts.py",
        "tests/proof/malformed",
        "tests/unit/loader",
    ),
)
