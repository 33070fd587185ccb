"""Where a phase wants its machines to be."""

from dataclasses import replace

import pytest

from xcp_reconciler.simulation.library import scenario
from xcp_reconciler.simulation.reaching import astray
from xcp_reconciler.simulation.scenario import OWNER
from xcp_reconciler.simulation.truth import Facts

PHASE = replace(scenario("create-five").phases[0], at={"db": "h1"})


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (("h1",), []),
        (("h2",), ["db is on h2 and not on h1"]),
        (("h1", "h2"), ["db is on h1, h2 and not on h1"]),
        ((), ["db is on no host and not on h1"]),
    ],
)
def test_a_machine_runs_where_the_phase_wants_it_and_nowhere_else(on: tuple[str, ...], words: list[str]) -> None:
    running = {f"machine db of {OWNER}": on, f"machine web of {OWNER}": ("h2",)}
    assert astray(PHASE, Facts({}, {}, running, frozenset(), {}, frozenset())) == words
