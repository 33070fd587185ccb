"""Histories with crashes, lost replies, foreign hands and bad weather all end as the ones without them."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.proof import histories, matrix
from xcp_drivers.sim.truth import WorldTruth
from xcp_reconciler.simulation.fault import CrashPoint, Fault
from xcp_reconciler.simulation.history import Outcome
from xcp_reconciler.simulation.library import all_scenarios, scenario
from xcp_reconciler.simulation.run import Faults, Stage, Tally, as_mapping
from xcp_reconciler.simulation.shrink import shrink
from xcp_reconciler.simulation.tape import Tape

NAME = "crash-and-lost-reply"
CHUNKS = 16
EACH = 20
MATRIX_CHUNKS = 8
MATRIX_EACH = 25
COMMAND = (sys.executable, "-c", "from xcp_drivers.sim.command import app; app()")


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage(WorldTruth, [scenario(NAME)])


def xcp_sim(*words: str, seconds: float = 180, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter and command
        [*COMMAND, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("name", sorted(all_scenarios()))
def test_without_faults_every_scenario_is_reached_and_stays(name: str) -> None:
    outcome = histories.stage().without_faults(name)
    assert outcome.converged
    assert not outcome.faults
    assert outcome.effects_in_quiet == 0
    assert outcome.reference.effects > 0


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_history_ends_the_same(chunk: int) -> None:
    result = histories.run(range(chunk * EACH, (chunk + 1) * EACH))
    assert result.failures == []
    assert result.counts["converged"] == EACH
    assert result.counts["faults"] > 0
    assert result.counts["replayed identically"] == result.counts["replayed"] > 0


@pytest.mark.parametrize("chunk", range(MATRIX_CHUNKS))
def test_one_fault_anywhere_changes_no_end(chunk: int) -> None:
    result = matrix.run(range(chunk * MATRIX_EACH, (chunk + 1) * MATRIX_EACH))
    assert result.failures == []
    assert result.counts["converged"] == MATRIX_EACH


@pytest.mark.parametrize("point", CrashPoint)
def test_a_rule_crashes_where_it_says(point: CrashPoint, stage: Stage) -> None:
    rule = matrix.rule(Fault.CRASH, 3, at=point)
    outcome = stage.live(NAME, Tape(0), Faults(swarm=False, rules=(rule,)))
    assert outcome.converged
    assert not outcome.violations
    assert dict(outcome.faults) == {Fault.CRASH: 1}


def test_another_seed_is_another_history(stage: Stage) -> None:
    first, second = (stage.live(NAME, Tape(seed), Faults()) for seed in (1, 2))
    assert first.trace != second.trace


def test_any_numbers_are_a_tape(stage: Stage) -> None:
    outcome = stage.live(NAME, Tape(5, [0] * 5000), Faults())
    assert outcome.converged
    assert not outcome.violations
    assert not outcome.faults


def test_a_violation_is_shrunk_to_what_it_takes(stage: Stage) -> None:
    """With a bound that no history can keep, whatever was drawn is more than it takes."""
    impatient, first = _violated(stage)
    reference = stage.without_faults(NAME).reference
    found = shrink(impatient, NAME, first.seed, first.choices, Faults(), 6, reference=reference)
    assert found is not None
    assert found.outcome.violations[0].oracle is first.violations[0].oracle
    assert sum(found.outcome.faults.values()) <= sum(first.faults.values())
    assert found.drawn < sum(1 for choice in first.choices if choice)


def test_hashes_of_strings_do_not_matter() -> None:
    found = [
        json.loads(xcp_sim("run", "--seeds", "0..3", "--scenario", NAME, "-o", "json", PYTHONHASHSEED=seed).stdout)
        for seed in ("1", "2")
    ]
    assert found[0]["traceHash"] == found[1]["traceHash"]
    assert found[0]["histories"] == 3


def test_the_command_replays_a_file(tmp_path: Path, stage: Stage) -> None:
    outcome = stage.live(NAME, Tape(4), Faults())
    file = tmp_path / "violation.json"
    file.write_text(json.dumps({"scenario": NAME, "seed": 4, "tape": list(outcome.choices)}))
    again = json.loads(xcp_sim("replay", str(file), "-o", "json").stdout)
    assert again["violations"] == []
    assert again["traceHash"] == outcome.trace == as_mapping(outcome)["traceHash"]


def test_a_fault_plan_is_read_and_followed(tmp_path: Path) -> None:
    plan = tmp_path / "faults.yaml"
    plan.write_text(
        "apiVersion: xcp.dev/v1alpha1\nkind: FaultPlan\n"
        "spec: {faults: [{fault: ReplyLost, method: vm.start}, {fault: Crash, nth: 5, at: beforeSend}]}\n"
    )
    done = xcp_sim("run", "--seeds", "0..1", "--plan", str(plan), "--scenario", NAME, "-o", "json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["faultsByKind"] == {"Crash": 1, "ReplyLost": 1}
    assert "ReplyLost x vm.start" in result["coverage"]
    assert result["faults"] == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: FaultPlan", "apiVersion"),
        ("apiVersion: xcp.dev/v1alpha1\nkind: FaultPlan\nspec: {faults: [{fault: Earthquake}]}", "faults.0.fault"),
        ("apiVersion: xcp.dev/v1alpha1\nkind: FaultPlan\nspec: {faults: [{fault: HostDies}]}", "happens to hosts"),
        (
            "apiVersion: xcp.dev/v1alpha1\nkind: FaultPlan\nspec: {faults: [{fault: ReplyLst}]}",
            "spec.faults.0.fault: there is no ReplyLst; did you mean ReplyLost?",
        ),
        (": [", "while parsing"),
    ],
)
def test_a_wrong_fault_plan_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    plan = tmp_path / "faults.yaml"
    plan.write_text(text)
    done = xcp_sim("run", "--seeds", "0..1", "--plan", str(plan))
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())


def test_an_unknown_scenario_names_the_nearest() -> None:
    done = xcp_sim("run", "--seeds", "0..1", "--scenario", "crash-and-lost-replay")
    assert done.returncode == 2
    assert NAME in done.stderr


def test_histories_of_no_seed_are_no_proof() -> None:
    done = xcp_sim("run", "--seeds", "5..3")
    assert done.returncode == 2
    assert "holds no seed" in done.stderr


def test_a_tally_keeps_what_was_violated(stage: Stage) -> None:
    _, outcome = _violated(stage)
    tally = Tally()
    tally.add(outcome, 1)
    report = tally.report(1.0)
    assert report["violated"] == 1
    assert tally.violations[0]["tape"] == list(outcome.choices)


def _violated(stage: Stage) -> tuple[Stage, Outcome]:
    """A history that breaks a promise: the scenario's bound is one that hardly any can keep."""
    impatient = Stage(WorldTruth, [replace(scenario(NAME), passes=0)])
    reference = stage.without_faults(NAME).reference
    lived = (impatient.live(NAME, Tape(seed), Faults(), reference=reference) for seed in range(20))
    return impatient, next(outcome for outcome in lived if outcome.violations)
