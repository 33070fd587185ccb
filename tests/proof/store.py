"""The leg of the store: real processes killed while they write, journals torn at any byte, disks that are full."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.proof.leg import Leg, Result
from tests.proof.stores import pieces

PIECES: Final = 2000
_KINDS: Final[tuple[tuple[str, Callable[[int, Path], pieces.Found]], ...]] = (
    ("SIGKILLs of a writer", pieces.killed),
    ("torn journals", pieces.torn),
    ("torn journals", pieces.torn),
    ("full disks", pieces.full),
)
"""Which kind a piece is, in turns."""


def run(numbers: range) -> Result:
    """Do these pieces one after the other."""
    result = Result()
    for number in numbers:
        name, piece = _KINDS[number % len(_KINDS)]
        with tempfile.TemporaryDirectory(prefix="xcp-store-") as folder:
            found = piece(number, Path(folder))
        result.done += 1
        result.counts[name] += found.struck
        if found.wrong:
            again = (
                f".venv/bin/python -c 'from tests.proof.store import run; print(run(range({number}, {number + 1})))'"
            )
            result.failures.append(f"piece {number}, {name}: {found.wrong} (again: {again})")
    return result


def holds(result: Result) -> bool:
    """Tell whether nothing was lost, halved or refused."""
    return not result.failures and all(result.counts[name] for name, _ in _KINDS)


LEG: Final = Leg(
    name="store",
    about="the SQLite store under kill -9 of its writer at any instant, journals torn, overwritten or changed at any "
    "byte, and disks that fill up",
    goal="what was told durable is there, nothing is there by half, and the store goes on from where it was",
    pieces=PIECES,
    chunk=100,
    run=run,
    holds=holds,
    of=(
        *(f"reconciler/xcp_reconciler/{part}" for part in ("api", "model", "ports", "store", "refs.py")),
        "requirements",
        "tests/proof/store.py",
        "tests/proof/stores",
        "tests/unit/store",
    ),
)
