"""The scenarios that come with xcp, and reading one of somebody's own."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

import jsonpatch
import yaml
from pydantic import ValidationError

from xcp_reconciler.api.wording import nearest
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.load import load
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.refs import ref_of
from xcp_reconciler.report.diagnostics import render_all
from xcp_reconciler.simulation.invalid import why
from xcp_reconciler.simulation.scenario import OWNER, Phase, Scenario, TimedDeed, Until
from xcp_reconciler.simulation.scenario_file import PhaseEntry, ScenarioDocument
from xcp_reconciler.simulation.truth import HostSize

_PACKAGE: Final = "xcp_reconciler.simulation"
MANIFESTS: Final = "manifests"
# What every object of a scenario is declared in: the source that prunes what it no longer declares.
SOURCE: Final = "scenario.yaml"

_Tree = dict[str, dict[str, dict[str, Any]]]


class ScenarioError(ValueError):
    """A scenario cannot be read; the message says where and why."""


def names() -> tuple[str, ...]:
    """What scenarios there are, in order."""
    folder = files(_PACKAGE).joinpath("scenarios")
    return tuple(sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml")))


@cache
def scenario(name: str) -> Scenario:
    """A scenario that comes with xcp.

    Raises:
        ScenarioError: there is none of that name.
    """
    if name not in names():
        near = nearest(name, names())
        raise ScenarioError(f"there is no scenario {name}" + (f"; did you mean {near}?" if near else ""))
    text = files(_PACKAGE).joinpath("scenarios", f"{name}.yaml").read_text(encoding="utf-8")
    read = read_scenario(text, f"{name}.yaml")
    if read.name != name:
        raise ScenarioError(f"{name}.yaml calls itself {read.name}")
    return read


def read_scenario(text: str, file: str) -> Scenario:
    """A scenario from its YAML; its manifests come from those that xcp has.

    Raises:
        ScenarioError: it is not valid.
    """
    try:
        document = ScenarioDocument.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file}: {error}") from error
    except ValidationError as error:
        raise ScenarioError(f"{file}: {why(error)}") from error
    spec = document.spec
    phases: list[Phase] = []
    tree: _Tree = {}
    for number, entry in enumerate(spec.phases):
        where = f"{file}: phase {number + 1}"
        tree = _patched(_base(entry, tree, where), entry, where)
        phases.append(_phase(entry, _declared(tree, where)))
    return Scenario(
        document.metadata.name,
        spec.about,
        tuple(HostSize(host.name, host.cpus, host.memory) for host in spec.hosts),
        tuple(phases),
        spec.passes,
        spec.prune_budget,
        frozenset(spec.without),
    )


def _base(entry: PhaseEntry, before: _Tree, where: str) -> _Tree:
    if not entry.manifests:
        # A copy: patches change what they are given.
        return cast("_Tree", json.loads(json.dumps(before)))
    folder = files(_PACKAGE).joinpath("scenarios", MANIFESTS)
    tree: _Tree = {}
    for name in entry.manifests:
        file = folder.joinpath(name)
        if not file.is_file():
            raise ScenarioError(f"{where}: there is no {MANIFESTS}/{name}")
        loaded = load([Input(name, file.read_bytes())])
        if not loaded.ok:
            raise ScenarioError(f"{where}: {render_all(loaded.diagnostics)}")
        for document in loaded.documents:
            tree.setdefault(document.kind, {})[document.ref.name] = document.data
    return tree


def _patched(tree: _Tree, entry: PhaseEntry, where: str) -> _Tree:
    try:
        return cast("_Tree", jsonpatch.JsonPatch(list(entry.patch)).apply(cast("Any", tree), in_place=True))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise ScenarioError(f"{where}: {error}") from error


def _declared(tree: _Tree, where: str) -> tuple[Desired, ...]:
    # One JSON object a document: that is YAML too, and the loader says what is wrong with it.
    text = "".join(f"---\n{json.dumps(one)}\n" for kind in tree.values() for one in kind.values())
    loaded = load([Input(SOURCE, text.encode())])
    if not loaded.ok:
        raise ScenarioError(f"{where}: {render_all(loaded.diagnostics)}")
    return tuple(declare_all(loaded.documents, OWNER).values())


def _phase(entry: PhaseEntry, declared: tuple[Desired, ...]) -> Phase:
    return Phase(
        entry.about,
        declared,
        entry.by,
        tuple(TimedDeed(timed.deed, timed.seconds, timed.effects) for timed in entry.others),
        Until(entry.until.effects, entry.until.seconds) if entry.until is not None else None,
        {ref_of(one.kind, one.name): one.reason for one in entry.blocked},
        frozenset(ref_of(one.kind, one.name) for one in entry.waiting),
        entry.at,
        entry.held,
    )


def all_scenarios() -> Mapping[str, Scenario]:
    """Every scenario by its name."""
    return {name: scenario(name) for name in names()}
