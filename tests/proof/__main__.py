"""`make prove`: everything, resumable; `make prove-sample SEED=N`: a fair part of it in half an hour."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, zip_longest
from pathlib import Path
from random import Random
from typing import Final

from tests.proof.leg import Leg, Result
from tests.proof.legs import NAMES, leg
from tests.proof.page import page
from tests.proof.program import commit, program
from tests.proof.record import Chunk, Record, chunks
from tests.proof.runner import Limits, run

_ROOT: Final = Path(__file__).parents[2]
_STATE: Final = _ROOT / ".proof"


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--leg", action="append", choices=NAMES, help="only this one; may be given again")
    parser.add_argument("--sample", metavar="SEED", help="chunks drawn by this seed, from every leg in turn")
    parser.add_argument("--minutes", type=float, help="begin nothing more after so long")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    parser.add_argument("--state", type=Path, default=_STATE, help="where results are kept, by program")
    parser.add_argument("--page", type=Path, help="where to write the figures")
    return parser.parse_args()


def main() -> int:
    """Run what was asked for; 1 where something that was run does not hold."""
    asked = _asked()
    state = asked.state / f"sample-{asked.sample}" if asked.sample is not None else asked.state
    legs = [leg(name) for name in asked.leg or NAMES]
    record = Record(state, {one.name: program(one.of) for one in legs}, commit())
    until = time.monotonic() + asked.minutes * 60 if asked.minutes is not None else None
    together = [one for one in legs if not one.alone]
    alone = [one for one in legs if one.alone]
    told = _teller(legs)
    if asked.sample is not None:
        # A third of the time is for what needs the machine to itself.
        share = time.monotonic() + asked.minutes * 40 if asked.minutes is not None and alone else until
        run(_drawn(together, asked.sample), record, Limits(asked.jobs, share), told)
        run(_drawn(alone, asked.sample), record, Limits(1, until), told)
    else:
        run(chain.from_iterable(map(chunks, together)), record, Limits(asked.jobs, until), told)
        run(chain.from_iterable(map(chunks, alone)), record, Limits(1, until), told)
    found = {one: record.standing(one.name) for one in legs}
    text = page(found, datetime.now(UTC).date().isoformat())
    if asked.page is not None:
        asked.page.write_text(text, encoding="utf-8")
    say(text)
    bad = [
        one.name
        for one, known in found.items()
        if known.result.failures or (known.result.done >= one.pieces and not one.holds(known.result))
    ]
    if bad:
        say(f"does not hold: {', '.join(bad)}")
    return 1 if bad else 0


def say(line: str) -> None:
    """Show a line at once: somebody may be watching."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _drawn(legs: Iterable[Leg], seed: str) -> Iterator[Chunk]:
    """All chunks in an order drawn by the seed, one of each leg in turn."""
    orders: list[list[Chunk]] = []
    for one in legs:
        order = list(chunks(one))
        Random(f"{seed}/{one.name}").shuffle(order)  # noqa: S311 - a sample, not a secret
        orders.append(order)
    for turn in zip_longest(*orders):
        yield from (chunk for chunk in turn if chunk is not None)


def _teller(legs: Iterable[Leg]) -> Callable[[Chunk, Result], None]:
    pieces = {one.name: one.pieces for one in legs}
    done = dict.fromkeys(pieces, 0)
    began = time.monotonic()

    def told(chunk: Chunk, result: Result) -> None:
        done[chunk.leg] += result.done
        elapsed = time.monotonic() - began
        share = f"{done[chunk.leg]:>8} of {pieces[chunk.leg]}"
        bad = f"  {len(result.failures)} FAILED" if result.failures else ""
        say(f"{elapsed:7.0f} s  {chunk.leg:<10} {chunk.first:>7}..{chunk.last:<7} {share}{bad}")
        for failure in result.failures[:3]:
            say(f"           {failure[:400]}")

    return told


if __name__ == "__main__":
    sys.exit(main())
