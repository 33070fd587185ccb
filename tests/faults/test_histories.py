"""Histories with crashes, lost replies, refusals and stale reads all end as the one without them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xcp_drivers.sim.truth import WorldTruth
from xcp_reconciler.simulation.faults import Odds
from xcp_reconciler.simulation.history import Outcome, live_through
from xcp_reconciler.simulation.run import Tally, as_mapping, replay, without_faults
from xcp_reconciler.simulation.scenario import SCENARIOS
from xcp_reconciler.simulation.tape import Tape

SCENARIO = SCENARIOS["crash-and-lost-reply"]
CHUNKS = 10
EACH = 10
COMMAND = "from xcp_drivers.sim.command import app; app()"


@pytest.fixture(scope="module")
def reference() -> Outcome:
    return without_faults(SCENARIO, WorldTruth)


def test_without_faults_it_is_reached_and_stays(reference: Outcome) -> None:
    assert reference.converged
    assert not reference.violations
    assert reference.effects_in_quiet == 0
    assert not reference.faults


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_history_ends_the_same(chunk: int, reference: Outcome) -> None:
    tally = Tally(SCENARIO.name, reference.effects)
    for seed in range(chunk * EACH, (chunk + 1) * EACH):
        tally.add(live_through(SCENARIO, WorldTruth, Tape(seed), Odds(), reference))
    result = tally.report(1.0)
    assert result["violations"] == []
    assert result["converged"] == EACH
    assert result["effectsWhileQuiet"] == 0
    assert sum(tally.faults.values()) > EACH


def test_a_tape_repeats_its_history_to_the_last_step(reference: Outcome) -> None:
    first = live_through(SCENARIO, WorldTruth, Tape(3), Odds(), reference)
    again = replay(SCENARIO, WorldTruth, 999, first.choices)
    assert again.trace == first.trace
    assert again.choices == first.choices
    assert as_mapping(again)["traceHash"] == first.trace


def test_another_seed_is_another_history(reference: Outcome) -> None:
    first, second = (live_through(SCENARIO, WorldTruth, Tape(seed), Odds(), reference) for seed in (1, 2))
    assert first.trace != second.trace


def test_any_numbers_are_a_tape(reference: Outcome) -> None:
    outcome = live_through(SCENARIO, WorldTruth, Tape(5, [0] * 5000), Odds(), reference)
    assert outcome.converged
    assert not outcome.violations


def test_hashes_of_strings_do_not_matter() -> None:
    found = {
        seed: json.loads(
            subprocess.run(  # noqa: S603 - our own interpreter and command
                [sys.executable, "-c", COMMAND, "run", "--seeds", "0..3", "-o", "json"],
                capture_output=True,
                check=True,
                timeout=120,
                env={**os.environ, "PYTHONHASHSEED": seed},
            ).stdout
        )
        for seed in ("1", "2")
    }
    assert found["1"]["traceHash"] == found["2"]["traceHash"]
    assert found["1"]["histories"] == 3


def test_the_command_replays_a_file(tmp_path: Path, reference: Outcome) -> None:
    outcome = live_through(SCENARIO, WorldTruth, Tape(4), Odds(), reference)
    file = tmp_path / "violation.json"
    file.write_text(json.dumps({"scenario": SCENARIO.name, "seed": 4, "tape": list(outcome.choices)}))
    done = subprocess.run(  # noqa: S603 - our own interpreter and command
        [sys.executable, "-c", COMMAND, "replay", str(file), "-o", "json"],
        capture_output=True,
        check=True,
        timeout=120,
    )
    again = json.loads(done.stdout)
    assert again["violations"] == []
    assert again["traceHash"] == outcome.trace
