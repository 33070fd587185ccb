"""The custom resource definitions: up to date, and structural."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from xcp_reconciler.api.crds import crd, rendered, write
from xcp_reconciler.api.kinds import KINDS, KindInfo
from xcp_reconciler.api.structural import NotStructuralError, structural
from xcp_reconciler.refs import Kind

FOLDER = Path(__file__).parents[3] / "crds"
# What a structural schema may not contain, whatever it says.
FORBIDDEN = {"$ref", "$defs", "const", "anyOf", "oneOf", "allOf", "not", "prefixItems", "exclusiveMinimum", "title"}


def _schema(info: KindInfo) -> dict[str, Any]:
    schema: dict[str, Any] = crd(info)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def _nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for part in schema.get("properties", {}).values():
        yield from _nodes(part)
    for word in ("items", "additionalProperties"):
        if word in schema:
            yield from _nodes(schema[word])


def test_the_files_are_what_the_models_say() -> None:
    """Run `make crds` after changing a model."""
    assert {path.name: path.read_text() for path in FOLDER.glob("*.yaml")} == rendered()


@pytest.mark.parametrize("info", list(KINDS.values()), ids=lambda info: info.kind)
def test_schemas_are_structural(info: KindInfo) -> None:
    for node in _nodes(_schema(info)):
        assert not FORBIDDEN & set(node)
        assert node.get("additionalProperties") is not False
        assert "type" in node or node.get("x-kubernetes-int-or-string")
        if "default" in node:
            kinds = {"string": str, "integer": int, "number": float, "boolean": bool}
            assert "type" not in node or isinstance(node["default"], kinds[node["type"]])
        if node.get("x-kubernetes-list-type") == "map":
            assert set(node["x-kubernetes-list-map-keys"]) <= set(node["items"]["required"])


def test_named_lists_are_maps() -> None:
    spec = _schema(KINDS[Kind.VIRTUAL_MACHINE])["properties"]["spec"]["properties"]
    assert spec["disks"]["x-kubernetes-list-map-keys"] == ["name"]
    assert spec["interfaces"]["x-kubernetes-list-type"] == "map"
    assert spec["driftRules"]["x-kubernetes-list-map-keys"] == ["path"]
    assert spec["memory"]["properties"]["size"] == {
        "description": "What the guest is built with and can never exceed.",
        "x-kubernetes-int-or-string": True,
    }
    assert spec["adopt"]["nullable"]
    assert spec["shutdown"]["properties"]["timeout"]["default"] == "2m"


def test_what_places_machines_says_no_more_than_was_written() -> None:
    policy = _schema(KINDS[Kind.PLACEMENT_POLICY])["properties"]["spec"]["properties"]
    assert policy["rules"]["x-kubernetes-list-map-keys"] == ["name"]
    rule = policy["rules"]["items"]["properties"]
    # A server fills defaults in, and of these not every rule may have one.
    assert not [name for name in ("scope", "limit", "weight") if "default" in rule[name] or not rule[name]["nullable"]]
    assert policy["reserveFailures"]["maximum"] == 8
    window = _schema(KINDS[Kind.REBALANCE])["properties"]["spec"]["properties"]["window"]
    assert (window["type"], window["default"]) == ("string", "1h")
    maintenance = _schema(KINDS[Kind.HOST])["properties"]["spec"]["properties"]["maintenance"]
    assert maintenance["required"] == ["desired"]
    assert maintenance["nullable"]


def test_pools_and_hosts_have_no_namespace() -> None:
    scopes = {info.kind: crd(info)["spec"]["scope"] for info in KINDS.values()}
    assert {kind for kind, scope in scopes.items() if scope == "Cluster"} == {
        Kind.POOL,
        Kind.HOST,
        Kind.STORAGE_REPOSITORY,
        Kind.MEMORY_POLICY,
        Kind.PLACEMENT_POLICY,
        Kind.REBALANCE,
    }


def test_every_definition_has_columns_and_a_status_of_its_own() -> None:
    for info in KINDS.values():
        version = crd(info)["spec"]["versions"][0]
        assert version["subresources"] == {"status": {}}
        assert [column["name"] for column in version["additionalPrinterColumns"]][-1] == "Age"


def test_writing_removes_definitions_that_are_no_more(tmp_path: Path) -> None:
    (tmp_path / "xcp.dev_gone.yaml").write_text("old")
    (tmp_path / "other.yaml").write_text("not ours")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*rendered(), "other.yaml"}
    assert all(yaml.safe_load(text)["kind"] == "CustomResourceDefinition" for text in rendered().values())


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        {"prefixItems": [{"type": "string"}]},
        {"type": "number", "exclusiveMinimum": 0},
    ],
)
def test_what_no_schema_can_say_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(NotStructuralError):
        structural(schema, {})


def test_closed_objects_constants_and_exclusive_bounds_are_rewritten() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"a": {"const": "x", "type": "string"}, "b": {"type": "integer", "exclusiveMinimum": 0}},
    }
    assert structural(schema, {}) == {
        "type": "object",
        "properties": {"a": {"type": "string", "enum": ["x"]}, "b": {"type": "integer", "minimum": 1}},
    }
