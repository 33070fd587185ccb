"""How many simulated histories a second one core lives through, and with what: printed, not judged.

`pytest -s tests/bench/test_simulation_speed.py`. Machines are shared, so the figure is of processor time; the number of
calls a history, which a busy neighbour cannot change, is what to compare two versions of the program by.
"""

import gc
import logging
import sys
from collections import defaultdict
from cProfile import Profile
from time import process_time
from types import CodeType
from typing import Final

import pytest

from xcp_drivers.sim.truth import WorldTruth
from xcp_reconciler.simulation import library
from xcp_reconciler.simulation.run import Faults, Stage
from xcp_reconciler.simulation.tape import Tape

SEEDS: Final = 10
ROUNDS: Final = 3
SHARES: Final = 14
OURS: Final = ("xcp_reconciler/", "xcp_drivers/")


@pytest.fixture(autouse=True)
def quiet() -> None:
    """What histories log is about the faults in them."""
    logging.getLogger("xcp_reconciler").setLevel(logging.ERROR)


@pytest.mark.parametrize("name", library.names())
def test_figures(name: str) -> None:
    stage = Stage(WorldTruth, [library.scenario(name)])
    minimum = stage.without_faults(name).reference.effects

    def live() -> int:
        return sum(stage.live(name, Tape(seed), Faults()).reference.effects for seed in range(SEEDS))

    effects = live()
    assert effects >= SEEDS
    taken: list[float] = []
    for _ in range(ROUNDS):
        gc.collect()
        began = process_time()
        live()
        taken.append(process_time() - began)
    profile = Profile()
    profile.runcall(live)
    entries = profile.getstats()
    say(f"{name}: histories a second of processor time", SEEDS / min(taken))
    say("  thousand calls a history", sum(entry.callcount for entry in entries) / SEEDS / 1e3)
    say(f"  effects a history, of which {minimum} are needed", effects / SEEDS)
    total = sum(entry.inlinetime for entry in entries)
    parts: defaultdict[str, float] = defaultdict(float)
    for entry in entries:
        parts[part_of(entry.code)] += entry.inlinetime / total
    for part, share in sorted(parts.items(), key=lambda item: -item[1])[:SHARES]:
        say(f"    {part} (% of the profile)", 100 * share)


def part_of(code: CodeType | str) -> str:
    """The package of ours that a function is in; for all others their file, or that they are built in."""
    if isinstance(code, str):
        return "SQL" if "sqlite3" in code else "built in"
    file = code.co_filename
    for ours in OURS:
        if ours in file:
            return ours + file.rpartition(ours)[2].rpartition("/")[0]
    return file.rpartition("/")[2]


def say(what: str, figure: float) -> None:
    sys.stdout.write(f"simulation: {what:<75} {figure:9.1f}\n")
