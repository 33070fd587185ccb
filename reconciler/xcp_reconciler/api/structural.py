"""Turns pydantic's JSON schema into the structural schema that a Kubernetes API server accepts.

Structural schemas have no `$ref`, no `const`, no `null` among alternatives, no closed objects and no numeric
`exclusiveMinimum`. A server prunes unknown fields by itself.
"""

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

_KEPT: Final = (
    "description",
    "type",
    "format",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "x-kubernetes-int-or-string",
)
# What a member of a list is told apart by, the first that it has and must have.
_KEYS: Final = ("name", "path")


class NotStructuralError(Exception):
    """A model uses something that no structural schema can say."""


def structural(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """One schema node and all below it, with every reference in place."""
    node = _resolved(schema, definitions)
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if word in node:
            raise NotStructuralError(f"{word} in {schema}")
    result: Schema = {word: node[word] for word in _KEPT if word in node}
    if "const" in node:
        result["enum"] = [node["const"]]
    if "exclusiveMinimum" in node:
        if node.get("type") != "integer":
            raise NotStructuralError(f"exclusiveMinimum of {node.get('type')}")
        result["minimum"] = node["exclusiveMinimum"] + 1
    if node.get("nullable"):
        result["nullable"] = True
    default = node.get("default")
    if isinstance(default, str | int | float):
        result["default"] = default
    if "items" in node:
        result["items"] = structural(node["items"], definitions)
        result |= _list_type(result["items"])
    if "properties" in node:
        result["properties"] = {name: structural(part, definitions) for name, part in node["properties"].items()}
        if required := node.get("required"):
            result["required"] = sorted(required)
    elif isinstance(node.get("additionalProperties"), dict):
        result["additionalProperties"] = structural(node["additionalProperties"], definitions)
    return result


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The node with its reference and its `or null` taken off; what stands beside them wins."""
    node: Schema = dict(schema)
    alternatives = [part for part in node.pop("anyOf", []) if part.get("type") != "null"]
    if alternatives:
        if len(alternatives) > 1:
            raise NotStructuralError(f"several alternatives in {schema}")
        node = {**_resolved(alternatives[0], definitions), **node, "nullable": True}
    if "$ref" in node:
        name = str(node.pop("$ref")).rsplit("/", 1)[-1]
        node = {**_resolved(definitions[name], definitions), **node}
    patterns: dict[str, Schema] | None = node.pop("patternProperties", None)
    if patterns is not None:
        # Keys have no pattern in a structural schema: those are checked by us alone.
        if len(patterns) > 1:
            raise NotStructuralError(f"several patterns in {schema}")
        node["additionalProperties"] = next(iter(patterns.values()))
    return node


def _list_type(items: Schema) -> Schema:
    """Named members make a map, so that two writers may each own some of them."""
    key = next((key for key in _KEYS if key in items.get("required", ())), None)
    if key is None:
        return {"x-kubernetes-list-type": "atomic"}
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
