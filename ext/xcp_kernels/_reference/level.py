"""The level that shares out a sum exactly: weighted water-filling in whole numbers.

A piece is a line that rises while the level does: at level v it has given `clamp(v * slope, start, end) - start`.
At some level the pieces give a wanted sum. That level is a fraction of two integers, found here by walking along
the sorted breakpoints; what is cut off to whole numbers goes to the largest remainders, the lower owner first.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

# Two different fractions with denominators below 2^63 differ by more than 2^-126, so they differ in this many bits.
_BITS: Final = 128


class Piece(NamedTuple):
    """From `start` to `end`, 0 <= start < end, a guest is given `slope` for each unit of level; slope > 0."""

    owner: int
    slope: int
    start: int
    end: int


class Level(NamedTuple):
    """A level as the fraction `above / below`; `below` is 0 where no piece is between its ends."""

    above: int
    below: int


def share_out(pieces: Sequence[Piece], wanted: int, given: list[int]) -> Level:
    """Add `wanted` in all to those who own pieces; 0 <= wanted <= what all pieces can give together."""
    above, below = _solve(pieces, wanted)
    inside: list[tuple[int, Piece]] = []
    for piece in pieces:
        reached = above * piece.slope
        if reached >= piece.end * below:
            given[piece.owner] += piece.end - piece.start
            wanted -= piece.end - piece.start
        elif reached > piece.start * below:
            inside.append((0, piece))
            wanted += piece.start
    # The same fraction in the form that does not depend on how it was found.
    above, below = wanted, sum(piece.slope for _, piece in inside)
    remainders: list[tuple[int, int]] = []
    for _, piece in inside:
        whole, rest = divmod(above * piece.slope, below)
        given[piece.owner] += whole - piece.start
        wanted -= whole
        remainders.append((-rest, piece.owner))
    for _, owner in sorted(remainders)[:wanted]:
        given[owner] += 1
    return Level(above, below)


def _solve(pieces: Sequence[Piece], wanted: int) -> Level:
    """A level at which the pieces give `wanted`."""
    events = [_event(piece.start, piece.slope, +1, piece) for piece in pieces]
    events += [_event(piece.end, piece.slope, -1, piece) for piece in pieces]
    above, below = wanted, 0
    at = Level(0, 1)
    for _, at, way, piece in sorted(events, key=lambda event: event[0]):
        # Up to this breakpoint the pieces give  level * below + wanted - above.
        if at.above * below >= above * at.below:
            break
        above += piece.start if way > 0 else -piece.end
        below += way * piece.slope
    return Level(above, below) if below else at


def _event(reached: int, slope: int, way: int, piece: Piece) -> tuple[int, Level, int, Piece]:
    return (reached << _BITS) // slope, Level(reached, slope), way, piece
