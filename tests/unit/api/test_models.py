"""The wire models: what they accept, what they fill in, and that each field explains itself."""

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from xcp_reconciler.api.enums import DeletionPolicy, ForceStop, MaxImpact, RunStrategy
from xcp_reconciler.api.kinds import KINDS, KindInfo, kind_called
from xcp_reconciler.api.shape import Many, shape_at, shapes
from xcp_reconciler.api.virtual_machine import VirtualMachine
from xcp_reconciler.model.impact import IMPACT_BY_WORD
from xcp_reconciler.refs import Kind

FIRST_FILES = Path(__file__).with_name("first_files.yaml")
SMALL_VM = {
    "apiVersion": "xcp.dev/v1alpha1",
    "kind": "VirtualMachine",
    "metadata": {"name": "web-1"},
    "spec": {"poolRef": {"name": "lab"}, "memory": {"size": "512Mi"}},
}


DOCUMENTS = list(yaml.safe_load_all(FIRST_FILES.read_text()))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each["metadata"]["name"])
def test_the_first_files_of_users_are_accepted_and_say_the_same_again(document: dict[str, object]) -> None:
    model = KINDS[Kind(str(document["kind"]))].model.model_validate(document)
    again = type(model).model_validate(model.model_dump(by_alias=True, exclude_unset=True))
    assert again == model


def test_defaults_of_a_small_machine() -> None:
    machine = VirtualMachine.model_validate(SMALL_VM)
    spec = machine.spec
    assert machine.metadata.namespace == "default"
    assert spec.run_strategy is RunStrategy.ALWAYS
    assert (spec.cpu.cores, spec.cpu.most) == (1, 1)
    assert (spec.memory.lowest, spec.memory.highest, spec.memory.size) == (524288, 524288, 524288)
    assert (spec.shutdown.timeout, spec.shutdown.force) == (120, ForceStop.NEVER)
    assert spec.update_policy.max_impact is MaxImpact.MIGRATE
    assert spec.deletion_policy is DeletionPolicy.DELETE


def test_min_follows_max_where_it_is_not_given() -> None:
    spec = {"poolRef": {"name": "lab"}, "memory": {"size": "1Gi", "max": "512Mi"}}
    memory = VirtualMachine.model_validate({**SMALL_VM, "spec": spec}).spec.memory
    assert (memory.lowest, memory.highest) == (524288, 524288)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.VIRTUAL_MACHINE])
def test_what_holds_data_or_machines_is_retained(kind: Kind) -> None:
    shape = shape_at(KINDS[kind].model, ("spec", "deletionPolicy"))
    assert shape is not None
    assert shape.default is DeletionPolicy.RETAIN


def test_models_are_closed_and_frozen() -> None:
    with pytest.raises(ValidationError):
        VirtualMachine.model_validate({**SMALL_VM, "stauts": {}})
    machine = VirtualMachine.model_validate(SMALL_VM)
    with pytest.raises(ValidationError):
        machine.metadata.name = "other"  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def test_wire_names_alone_are_accepted() -> None:
    with pytest.raises(ValidationError):
        VirtualMachine.model_validate({**SMALL_VM, "spec": {"pool_ref": {"name": "lab"}, "memory": {"size": "1Gi"}}})


def test_limits_of_impact_are_the_planners() -> None:
    assert [str(word) for word in MaxImpact] == list(IMPACT_BY_WORD)


def _every_field(model: type[BaseModel], path: str) -> list[tuple[str, str, bool]]:
    found: list[tuple[str, str, bool]] = []
    for shape in shapes(model).values():
        here = f"{path}.{shape.name}"
        typed = bool(shape.choices or shape.model or (shape.unit and shape.unit.type) or shape.many is Many.MAP)
        found.append((here, shape.description, typed))
        if shape.model is not None:
            found += _every_field(shape.model, here)
    return found


@pytest.mark.parametrize("info", list(KINDS.values()), ids=lambda info: info.kind)
def test_every_field_says_what_it_is(info: KindInfo) -> None:
    fields = _every_field(info.model, info.short)
    assert len(fields) > 15
    assert not [path for path, description, typed in fields if not (description.endswith(".") and typed)]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("vm", Kind.VIRTUAL_MACHINE),
        ("VirtualMachines", Kind.VIRTUAL_MACHINE),
        ("SR", Kind.STORAGE_REPOSITORY),
        ("net", Kind.NETWORK),
    ],
)
def test_kinds_have_short_names(word: str, kind: Kind) -> None:
    info = kind_called(word)
    assert info is not None
    assert info.kind is kind
    assert kind_called("pod") is None
