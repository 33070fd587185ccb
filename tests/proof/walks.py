"""Walks over declared states, by number: whatever way an owner takes, the world ends as if nobody had ever left."""

from typing import Final

from tests.proof.leg import Leg, Result
from tests.proof.program import PRODUCT
from tests.walks.seeded import walked


def run(pieces: range) -> Result:
    """Walk the walks of these numbers."""
    result = Result()
    for number in pieces:
        walk = walked(number)
        result.done += 1
        result.counts["strides"] += len(walk.way)
        result.counts["effects"] += len(walk.walker.watcher.calls)
        result.peak("virtual seconds of a walk", walk.walker.clock.now() - walk.began)
        repeat = f"walk {number}, repeated by tests.walks.seeded.walked({number})"
        result.failures.extend(f"{repeat}: {one}" for one in walk.complaints)
    return result


LEG: Final = Leg(
    "walks",
    "twelve edits of a site in a row, valid and impossible, with others meddling, and back to where it began",
    "every state settles, is calm for twenty passes and costs what its plan said; home is as if nobody had left",
    2000,
    20,
    run,
    lambda result: not result.failures,
    of=(*PRODUCT, "tests/walks", "tests/proof/walks.py"),
)
