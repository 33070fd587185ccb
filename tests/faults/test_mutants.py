"""Guards that the harness is known to guard: without them it must fail."""

import pytest

from xcp_drivers.sim.truth import WorldTruth
from xcp_reconciler.model.observed import Snapshot
from xcp_reconciler.runtime import view
from xcp_reconciler.simulation.faults import Odds
from xcp_reconciler.simulation.history import live_through
from xcp_reconciler.simulation.run import without_faults
from xcp_reconciler.simulation.scenario import SCENARIOS
from xcp_reconciler.simulation.tape import Tape

SCENARIO = SCENARIOS["crash-and-lost-reply"]
SEEDS = 100


def believed(began: float, snapshot: Snapshot) -> Snapshot:
    """An answer of whatever age counts as one of now."""
    del began
    return snapshot


def test_whoever_believes_an_old_answer_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = without_faults(SCENARIO, WorldTruth)
    monkeypatch.setattr(view, "as_of", believed)
    assert any(live_through(SCENARIO, WorldTruth, Tape(seed), Odds(), reference).violations for seed in range(SEEDS))
