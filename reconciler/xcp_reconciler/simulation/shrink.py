"""From a tape that breaks a promise to a small one that breaks the same: fewer faults first, then fewer choices."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from xcp_reconciler.simulation.history import Outcome
from xcp_reconciler.simulation.oracles import Oracle
from xcp_reconciler.simulation.run import Faults, Stage
from xcp_reconciler.simulation.tape import Tape
from xcp_reconciler.simulation.verdict import Reference

_SMALLEST: Final = 1


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smallest tape that was found, what comes of it, and in how many tries. `drawn` choices of it are not zero."""

    tape: tuple[int, ...]
    outcome: Outcome
    tries: int

    @property
    def drawn(self) -> int:
        """How many of its choices are anything but the first possibility."""
        return sum(1 for choice in self.tape if choice)


class _Search:
    """Tries tapes for as long as it may; keeps the best that breaks the promise."""

    def __init__(self, live: Callable[[Sequence[int]], Outcome], oracle: Oracle, tries: int) -> None:
        self._live = live
        self._oracle = oracle
        self._left = tries
        self.tries = 0
        self.best: tuple[int, ...] = ()
        self.outcome: Outcome | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more may be tried."""
        return self._left <= 0

    def holds(self, tape: Sequence[int]) -> bool:
        """Whether this tape breaks the promise too; then it is the best so far."""
        self._left -= 1
        self.tries += 1
        outcome = self._live(tape)
        if not any(violation.oracle is self._oracle for violation in outcome.violations):
            return False
        self.best, self.outcome = tuple(tape), outcome
        return True


def shrink(
    stage: Stage,
    name: str,
    seed: int,
    tape: Sequence[int],
    faults: Faults,
    tries: int,
    *,
    reference: Reference | None = None,
) -> Shrunk | None:
    """Make a tape smaller, with at most so many tries; None where it breaks no promise.

    Zeroing whole stretches takes faults away (zero is always 'nothing goes wrong'); after the end of a tape everything
    is zero as well, so its tail can go. Delta debugging (Zeller and Hildebrandt, 2002), with zeros for removed parts.
    """

    def live(choices: Sequence[int]) -> Outcome:
        return stage.live(name, Tape(seed, choices, calm=True), faults, reference=reference)

    first = stage.live(name, Tape(seed, tape), faults, reference=reference)
    if not first.violations:
        return None
    search = _Search(live, first.violations[0].oracle, tries)
    if not search.holds(first.choices):
        return None
    _shorten(search)
    width = max(_SMALLEST, len(search.best) // 2)
    while not search.over:
        _blank(search, width)
        if width == _SMALLEST:
            break
        width = max(_SMALLEST, width // 2)
    _shorten(search)
    # The whole of it: then it needs no calm tape to be played.
    return Shrunk(search.outcome.choices, search.outcome, search.tries) if search.outcome is not None else None


def _shorten(search: _Search) -> None:
    """Find how much of the head is needed, by halving."""
    kept, least = len(search.best), 0
    while kept - least > 1 and not search.over:
        middle = (kept + least) // 2
        if search.holds(search.best[:middle]):
            kept = middle
        else:
            least = middle


def _blank(search: _Search, width: int) -> None:
    for start in _stretches(search.best, width):
        if search.over:
            return
        tape = list(search.best)
        if any(tape[start : start + width]):
            tape[start : start + width] = [0] * len(tape[start : start + width])
            search.holds(tape)


def _stretches(tape: Sequence[int], width: int) -> Iterator[int]:
    return iter(range(0, len(tape), width))
