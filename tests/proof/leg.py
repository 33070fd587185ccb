"""What a leg of the proof is: numbered pieces of work, each independent of all others and the same on every run."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Result:
    """What some pieces came to. `counts` add up over pieces, of `peaks` the largest stays; `failures` are for people.

    A failure says everything that repeats it: the seed or number of the piece, and the command.
    """

    done: int = 0
    failures: list[str] = field(default_factory=list[str])
    counts: Counter[str] = field(default_factory=Counter[str])
    peaks: dict[str, float] = field(default_factory=dict[str, float])

    def add(self, other: "Result") -> None:
        """Take in the result of other pieces."""
        self.done += other.done
        self.failures.extend(other.failures)
        self.counts.update(other.counts)
        for name, value in other.peaks.items():
            self.peaks[name] = max(value, self.peaks.get(name, value))

    def peak(self, name: str, value: float) -> None:
        """Keep a figure if it is the largest so far."""
        self.peaks[name] = max(value, self.peaks.get(name, value))


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of the proof.

    `run` is called in a process of its own, with a range of piece numbers below `pieces`, at most `chunk` of them:
    what is done when the proof is interrupted is done by whole chunks. `alone` is a leg that needs the machine to
    itself. `of` are the paths of what it proves something about, itself included. `goal` says in words what has to
    hold; `holds` whether it does, of the whole result. `tables` shows, in Markdown, the counts and peaks whose names
    begin with `tabled`.
    """

    name: str
    about: str
    goal: str
    pieces: int
    chunk: int
    run: Callable[[range], Result]
    holds: Callable[[Result], bool]
    of: tuple[str, ...]
    alone: bool = False
    tabled: tuple[str, ...] = ()
    tables: Callable[[Result], str] | None = None
