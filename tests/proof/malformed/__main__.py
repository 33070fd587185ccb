"""By hand: `python -m tests.proof.malformed BEGIN..END`, or `--show NUMBER` for one document."""

import sys
import time

from tests.proof.malformed.document import document
from tests.proof.malformed.leg import LEG
from tests.proof.malformed.peer import Peer, absent, as_text
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.load import load
from xcp_reconciler.loader.parse import parse_quickly
from xcp_reconciler.report.diagnostics import render_all


def show(piece: int) -> None:
    """One document, and what the loader and the other parser make of it."""
    content = document(piece)
    print(repr(content) if len(content) < 10_000 else f"{content[:200]!r}... {len(content)} bytes")
    loaded = load([Input("m.yaml", content)])
    print(render_all(loaded.diagnostics[:5]))
    documents = parse_quickly(content)
    if documents is None:
        return
    print("here: ", repr([one.data for one in documents])[:2000])
    if not absent():
        with Peer() as peer:
            print("there:", repr(peer.read(as_text(content)))[:2000])


def main() -> None:
    """Read what the arguments say."""
    match sys.argv[1:]:
        case ["--show", piece]:
            show(int(piece))
        case [pieces]:
            begin, end = map(int, pieces.split(".."))
            began = time.monotonic()
            result = LEG.run(range(begin, end))
            print(*result.failures, sep="\n")
            print(*(f"{count:9} {name}" for name, count in sorted(result.counts.items())), sep="\n")
            print(result.peaks, f"{result.done / (time.monotonic() - began):.0f} documents/s")
            sys.exit(1 if result.failures else 0)
        case _:
            sys.exit(__doc__)


main()
