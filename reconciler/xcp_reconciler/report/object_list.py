"""`xcp get -o yaml|json`: manifests with what the world says of them below `status`."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from xcp_reconciler.model.decision import Pending
from xcp_reconciler.model.status import Condition, Status
from xcp_reconciler.report.manifest import API_VERSION, manifest
from xcp_reconciler.report.standing import Standing
from xcp_reconciler.report.strangers import Stranger
from xcp_reconciler.report.yaml_text import yaml_text
from xcp_reconciler.units import format_bytes, format_kib

Data = dict[str, Any]


def list_data(found: Iterable[Standing]) -> Data:
    """A List, as Kubernetes calls it."""
    return {"apiVersion": API_VERSION, "kind": "List", "items": [object_data(one) for one in found]}


def list_json(found: Iterable[Standing]) -> str:
    """The List as JSON."""
    return json.dumps(list_data(found), indent=2, ensure_ascii=False)


def list_yaml(found: Iterable[Standing]) -> str:
    """The List as YAML."""
    return yaml_text(list_data(found))


def strangers_data(found: Iterable[Stranger]) -> Data:
    """What is not ours, in the same envelope."""
    items = [
        {
            "kind": one.kind.value,
            "name": one.name,
            "host": one.host,
            "pool": one.pool,
            "state": one.state or None,
            "uuid": one.uuid or None,
            "note": one.note or None,
        }
        for one in found
    ]
    return {"apiVersion": API_VERSION, "kind": "List", "items": items}


def object_data(one: Standing) -> Data:
    """One object: its manifest, what the store knows of it, and its status."""
    data = manifest(one.desired)
    metadata: Data = data["metadata"]
    metadata["namespace"] = one.ref.namespace
    if one.desired.uid:
        metadata["uid"] = one.desired.uid
    metadata["generation"] = one.desired.generation
    if one.status is not None:
        data["status"] = status_data(one.status)
    return data


def status_data(status: Status) -> Data:
    """A status in the form of the manifests."""
    data: Data = {
        "observedGeneration": status.observed_generation,
        "state": status.state,
        "host": status.host,
        "uuid": status.uuid,
        "file": status.file,
        "cores": status.cores,
        "memory": format_kib(status.memory) if status.memory is not None else None,
        "memoryActual": format_kib(status.memory_actual) if status.memory_actual is not None else None,
        "size": format_bytes(status.size) if status.size is not None else None,
        "since": moment(status.since) if status.since is not None else None,
        "balance": [
            {"host": one.host, "guests": one.guests, "satisfactionPercent": one.satisfaction} for one in status.balance
        ]
        or None,
        "moves": [{"vm": one.vm, "from": one.source, "to": one.target, "why": one.why} for one in status.moves] or None,
    }
    return {
        **{name: value for name, value in data.items() if value is not None},
        "conditions": [_condition(one) for one in status.conditions],
        "pendingChanges": [_pending(one) for one in status.pending],
    }


def moment(seconds: float) -> str:
    """A time as RFC 3339 writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _condition(one: Condition) -> Data:
    return {
        "type": one.type.value,
        "status": one.status.value,
        "reason": one.reason,
        "message": one.message,
        "lastTransitionTime": moment(one.since),
    }


def _pending(one: Pending) -> Data:
    return {
        "path": one.change.path,
        "current": one.change.current,
        "desired": one.change.desired,
        "impact": one.change.impact.word,
        "reason": one.reason.value,
        "message": one.message,
    }
