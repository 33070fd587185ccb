"""What has been proven so far, kept by program: one file for each chunk of a leg that is done."""

import hashlib
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.proof.leg import Leg, Result

_ROOT: Final = Path(__file__).parents[2]
# What a result is the result of: a change of anything else, such as a page of docs/, leaves it standing.
PROGRAM: Final = (
    "reconciler",
    "drivers",
    "ext",
    "requirements",
    "tests/proof",
    "tests/faults",
    "tests/walks",
    "tests/lab",
    "tests/real",
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a leg; `seconds` is how long it took, 0 while it is not done."""

    leg: str
    first: int
    last: int
    seconds: float = 0.0

    @property
    def pieces(self) -> range:
        """The numbers of its pieces."""
        return range(self.first, self.last)


class Record:
    """A folder of results. Those of another program do not count."""

    def __init__(self, folder: Path, program: str) -> None:
        self._folder = folder / program

    def is_done(self, chunk: Chunk) -> bool:
        """Whether there is a result of it."""
        return self._file(chunk).exists()

    def keep(self, chunk: Chunk, result: Result, seconds: float) -> None:
        """Write a result, whole or not at all."""
        file = self._file(chunk)
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_suffix(".half")
        half.write_text(json.dumps({"seconds": seconds, **vars(result)}), encoding="utf-8")
        half.replace(file)

    def result(self, name: str) -> tuple[Result, float]:
        """All that is known of a leg, and the processor time that it took in seconds."""
        whole, seconds = Result(), 0.0
        for file in sorted((self._folder / name).glob("*.json")):
            one = json.loads(file.read_text(encoding="utf-8"))
            seconds += float(one["seconds"])
            whole.add(Result(one["done"], one["failures"], Counter(one["counts"]), one["peaks"]))
        return whole, seconds

    def _file(self, chunk: Chunk) -> Path:
        return self._folder / chunk.leg / f"{chunk.first:07}-{chunk.last:07}.json"


def chunks(leg: Leg) -> Iterator[Chunk]:
    """All parts of a leg, in order."""
    for first in range(0, leg.pieces, leg.chunk):
        yield Chunk(leg.name, first, min(first + leg.chunk, leg.pieces))


def commit() -> str:
    """The commit, and a mark where the tree differs from it."""
    head = _git("rev-parse", "--short=12", "HEAD")
    return f"{head}-changed" if _git("status", "--porcelain", "--untracked-files=no") else head


def program(root: Path = _ROOT) -> str:
    """Which program is proven: the trees of its sources and of the proof, and a mark where files differ from them."""
    trees = _git("rev-parse", *(f"HEAD:{path}" for path in PROGRAM), root=root)
    name = hashlib.blake2b(trees.encode(), digest_size=6).hexdigest()
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", *PROGRAM, root=root)
    return f"{name}-changed" if changed else name


def _git(*words: str, root: Path = _ROOT) -> str:
    done = subprocess.run(  # noqa: S603 - git, of which the words are ours
        ("git", *words),  # noqa: S607 - wherever it is
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
