"""`python -m tests.proof.kills PIECE...`: live these pieces again, and say what came of them; `list` names all."""

import sys

from tests.proof.kills import LEG
from tests.proof.kills.campaign import run
from tests.proof.kills.piece import piece_of


def main() -> int:
    """Live the pieces that are named."""
    if sys.argv[1:] == ["list"]:
        sys.stdout.writelines(f"{piece_of(number).about}\n" for number in range(LEG.pieces))
        return 0
    failed = 0
    for word in sys.argv[1:]:
        number = int(word)
        sys.stdout.write(f"{piece_of(number).about}\n")
        sys.stdout.flush()
        result = run(range(number, number + 1))
        failed += bool(result.failures)
        for failure in result.failures:
            sys.stdout.write(f"{failure}\n")
        for name, count in sorted(result.counts.items()):
            sys.stdout.write(f"  {count:6} {name}\n")
        for name, value in sorted(result.peaks.items()):
            sys.stdout.write(f"  {value:6.1f} {name}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
