"""Every field of every kind, changed alone, in both directions, under running and under halted machines."""

from typing import Final

from tests.proof.leg import Leg, Result
from tests.proof.program import PRODUCT
from tests.walks.fields import complaints_of, pieces
from tests.walks.values import row_of


def run(numbers: range) -> Result:
    """Walk the fields of these numbers."""
    result = Result()
    every = pieces()
    for number in numbers:
        piece = every[number]
        failures = complaints_of(piece)
        result.done += 1
        row = row_of(piece.leaf)
        result.counts.update(f"values: {step.end}" for step in (row.steps if row is not None else ()))
        result.counts["fields that cannot go all the way back"] += row is not None and bool(row.kept)
        result.counts["fields that leave something behind"] += row is not None and bool(row.left)
        result.failures.extend(f"piece {number} of tests.walks.fields.pieces(): {one}" for one in failures)
    return result


LEG: Final = Leg(
    "fields",
    "each field of the schema alone, from its first value through all others and back",
    "each value settles as its row says, costs what the plan said, and the way back leads home",
    len(pieces()),
    40,
    run,
    lambda result: not result.failures,
    of=(*PRODUCT, "tests/walks", "tests/proof/fields.py"),
)
