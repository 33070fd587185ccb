"""A plan as JSON patches (RFC 6902), one for each object: from the manifest of what is to the one of what will be.

State that no manifest holds (whether something exists or runs, and where) stands below `status`.
"""

import json
from copy import deepcopy
from typing import Any, cast

from jsonpatch import JsonPatch

from xcp_reconciler.model.decision import EXISTS, HOST, STATE, Change
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.report.manifest import manifest
from xcp_reconciler.report.plan_json import ref_data
from xcp_reconciler.report.plan_view import PlanView

Data = dict[str, Any]
_STATUS = {STATE, HOST}
_ON = " on "


def plan_patches(view: PlanView) -> str:
    """The text of a list with `ref` and `patch` of every object that changes."""
    changed = [
        {"ref": ref_data(entry.ref), "patch": _patch(entry.changes, view.declared[entry.ref])}
        for entry in view.plan.changing
        if entry.ref in view.declared
    ]
    return json.dumps(changed, indent=2, ensure_ascii=False)


def _patch(changes: tuple[Change, ...], desired: Desired) -> list[Data]:
    exists = next((change for change in changes if change.path == EXISTS), None)
    if exists is not None and exists.desired:
        return [{"op": "add", "path": "", "value": manifest(desired)}]
    if exists is not None:
        return [{"op": "remove", "path": ""}]
    before, after = manifest(desired), manifest(desired)
    for change in changes:
        path = _pointer(change.path)
        _put(before, path, change.current)
        if path[0] == "status" or _get(after, path) is None:
            _put(after, path, change.desired)
    found: list[Data] = json.loads(JsonPatch.from_diff(before, after).to_string())
    return found


def _pointer(path: str) -> tuple[str, ...]:
    whole, _, host = path.partition(_ON)
    if host:
        return ("status", "hosts", host, whole)
    if whole in _STATUS:
        return ("status", whole)
    return ("spec", *path.split("."))


def _get(data: Data, path: tuple[str, ...]) -> object:
    here: Any = data
    for part in path:
        here = cast("Data", here).get(part) if isinstance(here, dict) else None
    return deepcopy(here)


def _put(data: Data, path: tuple[str, ...], value: object) -> None:
    here = data
    for part in path[:-1]:
        here = here.setdefault(part, {})
    here[path[-1]] = value
