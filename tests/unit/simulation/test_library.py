"""The scenarios that come with xcp can be read, and one that cannot is told where it is wrong."""

from typing import get_args

import pytest

from xcp_reconciler.refs import Kind, Ref, ref_of
from xcp_reconciler.simulation.deeds import Deed
from xcp_reconciler.simulation.library import ScenarioError, all_scenarios, names, read_scenario, scenario
from xcp_reconciler.simulation.scenario import Hand, Scenario
from xcp_reconciler.simulation.scenario_file import ScenarioDocument

# A deed is a union in an annotation, which carries the name of its discriminator.
_DEEDS = get_args(get_args(Deed)[0])


@pytest.mark.parametrize("name", names())
def test_each_scenario_can_be_read(name: str) -> None:
    read = scenario(name)

    assert read.name == name
    assert read.about[0].islower()
    assert 1 <= len(read.hosts) <= 3
    assert read.phases[0].declared


def test_a_scenario_names_only_what_it_has() -> None:
    for read in all_scenarios().values():
        ever = {one.ref for phase in read.phases for one in phase.declared}
        for phase in read.phases:
            named = {*(phase.blocked or {}), *phase.waiting}
            assert named <= ever, read.name
            assert {ref_of(Kind.VIRTUAL_MACHINE, name) for name in phase.at} <= {one.ref for one in phase.declared}
            assert set(phase.at.values()) <= {size.name for size in read.hosts}, read.name


def test_a_scenario_runs_on_hosts_that_there_are() -> None:
    for read in all_scenarios().values():
        there = {size.name for size in read.hosts}
        declared = {one.name for one in _refs(read) if one.kind is Kind.HOST}
        assert declared == there, read.name


def test_every_deed_is_done_by_somebody() -> None:
    done = {type(timed.deed) for read in all_scenarios().values() for phase in read.phases for timed in phase.others}

    assert done == set(_DEEDS)


def test_every_hand_brings_something_about() -> None:
    assert {phase.by for read in all_scenarios().values() for phase in read.phases} == set(Hand)


def test_what_is_patched_away_is_declared_no_more_and_the_phase_before_stays_as_it_was() -> None:
    before, after = scenario("prune-within-budget").phases
    gone = {one.ref for one in before.declared} - {one.ref for one in after.declared}

    assert gone == {ref_of(Kind.VIRTUAL_MACHINE, "db"), ref_of(Kind.VOLUME, "db")}


def test_a_name_that_is_nearly_right() -> None:
    with pytest.raises(ScenarioError, match="there is no scenario creat-five; did you mean create-five"):
        scenario("creat-five")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("passes: 5", "passes: many"), "x.yaml: spec.passes"),
        (("passes: 5", "passes: 5\n  moods: []"), "x.yaml: spec.moods"),
        (("[pair.yaml]", "[pear.yaml]"), "x.yaml: phase 1: there is no manifests/pear.yaml"),
        (("path: /Host/h2", "path: /Host/h9"), "x.yaml: phase 2: .*h9"),
        (("do: HostDies", "do: HostDied"), "x.yaml: spec.phases.1.others.0.deed: there is no HostDied; .* HostDies"),
        (("do: HostDies", "do: Sneeze"), "x.yaml: spec.phases.1.others.0.deed: Input tag 'Sneeze'"),
        (("without: [Crash]", "without: [Rain]"), "x.yaml: spec.without.0"),
        (("kind: Scenario", "kind: [Scenario"), "x.yaml: while parsing"),
    ],
)
def test_what_is_wrong_is_named(change: tuple[str, str], complaint: str) -> None:
    text = """
apiVersion: xcp.dev/v1alpha1
kind: Scenario
metadata: {name: x}
spec:
  about: two hosts, of which one goes
  hosts: [{name: h1}, {name: h2}]
  passes: 5
  without: [Crash]
  phases:
  - manifests: [pair.yaml]
  - patch: [{op: remove, path: /Host/h2}]
    others: [{deed: {do: HostDies, host: h2}}]
"""
    assert len(read_scenario(text, "x.yaml").phases[1].declared) == 2
    assert change[0] in text
    with pytest.raises(ScenarioError, match=complaint):
        read_scenario(text.replace(*change), "x.yaml")


def test_what_a_patch_declares_is_checked_like_a_manifest() -> None:
    text = """
apiVersion: xcp.dev/v1alpha1
kind: Scenario
metadata: {name: x}
spec:
  about: a host that is declared wrongly
  hosts: [{name: h1}]
  passes: 5
  phases:
  - manifests: [house.yaml]
    patch: [{op: add, path: /Host/h1/spec/colour, value: red}]
"""
    with pytest.raises(ScenarioError, match=r"(?s)x\.yaml: phase 1: .*colour"):
        read_scenario(text, "x.yaml")


def test_every_field_of_a_scenario_is_described() -> None:
    schema = ScenarioDocument.model_json_schema(by_alias=True)
    for name, definition in schema["$defs"].items():
        for field, about in definition.get("properties", {}).items():
            assert "description" in about or field == "do", f"{name}.{field}"


def _refs(read: Scenario) -> set[Ref]:
    return {one.ref for phase in read.phases for one in phase.declared}
