"""What has been proven so far, kept by program: one file for each chunk of a leg that is done."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.proof.leg import Leg, Result


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


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a leg: its result, the processor time that it took in seconds, and of which commits it is."""

    result: Result
    seconds: float
    commits: tuple[str, ...]


class Record:
    """A folder of results. Those of another program do not count; `programs` says of each leg which it is now."""

    def __init__(self, folder: Path, programs: Mapping[str, str], commit: str) -> None:
        self._folder = folder
        self._programs = programs
        self._commit = commit

    def is_done(self, chunk: Chunk) -> bool:
        """Whether there is a result of it."""
        return self._file(chunk).exists()

    def keep(self, chunk: Chunk, result: Result, seconds: float) -> None:
        """Write a result, whole or not at all."""
        file = self._file(chunk)
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_suffix(".half")
        half.write_text(json.dumps({"commit": self._commit, "seconds": seconds, **vars(result)}), encoding="utf-8")
        half.replace(file)

    def standing(self, name: str) -> Standing:
        """All that is known of a leg."""
        whole, seconds, commits = Result(), 0.0, set[str]()
        for file in sorted(self._of(name).glob("*.json")):
            one = json.loads(file.read_text(encoding="utf-8"))
            commits.add(one["commit"])
            seconds += float(one["seconds"])
            whole.add(Result(one["done"], one["failures"], Counter(one["counts"]), one["peaks"]))
        return Standing(whole, seconds, tuple(sorted(commits)))

    def _of(self, name: str) -> Path:
        return self._folder / name / self._programs[name]

    def _file(self, chunk: Chunk) -> Path:
        return self._of(chunk.leg) / f"{chunk.first:07}-{chunk.last:07}.json"


def chunks(leg: Leg) -> Iterator[Chunk]:
    """All parts of a leg, in order."""
    for first in range(0, leg.pieces, leg.chunk):
        yield Chunk(leg.name, first, min(first + leg.chunk, leg.pieces))
