"""`xcp` killed with SIGKILL at every mutating call of real work on real libvirt hosts."""

from typing import Final

from tests.proof.kills.campaign import run
from tests.proof.kills.piece import WALK
from tests.proof.leg import Leg, Result

KILLS: Final = 300
LIVES: Final = 90
"""How many lives with several kills follow the walk."""


def holds(result: Result) -> bool:
    """Tell whether enough died, and nothing was there twice, or too much, or needed a hand."""
    return not result.failures and result.counts["kills"] >= KILLS


LEG: Final = Leg(
    name="kills",
    about="xcp dies by SIGKILL at every mutating call of real work on two real libvirt hosts, before the call and "
    "after it, and then several times in one life",
    goal=f"at least {KILLS} kills; each time one more run of the same command ends it: no manual step, no duplicate, "
    "no orphan, no stranger touched, never two running copies",
    pieces=len(WALK) + LIVES,
    chunk=12,
    run=run,
    holds=holds,
    of=("reconciler", "drivers", "requirements", "tests/cli", "tests/lab", "tests/real", "tests/proof/kills"),
    alone=True,
)
