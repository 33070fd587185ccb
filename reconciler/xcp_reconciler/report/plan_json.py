"""A plan as JSON data, for programs."""

import json
from collections import Counter
from typing import Any, Final

from xcp_reconciler.model.decision import Change, Pending, Wait
from xcp_reconciler.model.ops import Call
from xcp_reconciler.model.plan import Entry
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.plan_rows import action_of
from xcp_reconciler.report.plan_view import PlanView, PoolAnswer

FORMAT: Final = 1

Data = dict[str, Any]


def plan_json(view: PlanView) -> str:
    """The text of `plan_data`."""
    return json.dumps(plan_data(view), indent=2, ensure_ascii=False)


def plan_data(view: PlanView) -> Data:
    """The whole plan. `changes` has an entry for every object that something is done to."""
    plan = view.plan
    acting = [(entry, action_of(entry)) for entry in plan.entries]
    acting = [(entry, action) for entry, action in acting if action != "none"]
    waiting = [(entry.ref, entry.end) for entry in plan.entries if isinstance(entry.end, Wait)]
    return {
        "format": FORMAT,
        "owner": view.owner,
        "pools": [_pool(pool) for pool in view.pools],
        "changes": [_entry(entry, action) for entry, action in acting],
        "pending": [pending_data(ref, one) for ref, one in plan.pending],
        "blocked": [
            {"ref": ref_data(entry.ref), "reason": end.reason.value, "message": end.why} for entry, end in view.blocked
        ],
        "waiting": [
            {
                "ref": ref_data(ref),
                "reason": end.reason.value,
                "message": end.why,
                "on": [ref_data(other) for other in end.on],
            }
            for ref, end in waiting
        ],
        "strangers": dict(sorted(view.strangers.items())),
        "summary": _summary(view, Counter(action for _, action in acting)),
        "hash": view.hash,
    }


def ref_data(ref: Ref) -> Data:
    """A ref as its three parts."""
    return {"kind": ref.kind.value, "namespace": ref.namespace, "name": ref.name}


def change_data(change: Change) -> Data:
    """One field."""
    return {
        "path": change.path,
        "current": change.current,
        "desired": change.desired,
        "impact": change.impact.word,
        "reason": change.reason,
    }


def pending_data(ref: Ref, pending: Pending) -> Data:
    """A difference that stays for now; `reason` is why it does, `message` the same in words."""
    return {
        "ref": ref_data(ref),
        "path": pending.change.path,
        "current": pending.change.current,
        "desired": pending.change.desired,
        "impact": pending.change.impact.word,
        "reason": pending.reason.value,
        "message": pending.message,
    }


def _entry(entry: Entry, action: str) -> Data:
    highest = max((change.impact for change in entry.changes), default=None)
    return {
        "ref": ref_data(entry.ref),
        "action": action,
        "impact": highest.word if highest is not None else None,
        "host": entry.host,
        "why": entry.why,
        "fields": [change_data(change) for change in entry.changes],
        "calls": [_call(call) for call in entry.calls],
    }


def _call(call: Call) -> Data:
    return {"method": call.method, "arguments": list(call.arguments), "host": call.host}


def _pool(pool: PoolAnswer) -> Data:
    return {
        "name": pool.name,
        "driver": pool.driver,
        "hosts": pool.hosts,
        "answering": pool.answering,
        "silent": [{"host": host, "reason": why} for host, why in pool.silent],
        "refusal": pool.refusal,
    }


def _summary(view: PlanView, actions: Counter[str]) -> Data:
    plan = view.plan
    return {
        "changes": len(plan.changing),
        "actions": dict(sorted(actions.items())),
        "pending": len(view.pending),
        "heldBack": len(view.held),
        "blocked": len(view.blocked),
        "waiting": len(view.waiting),
        "lookedAt": plan.looked_at,
        "highestImpact": plan.highest.word if plan.highest is not None else None,
        "interrupted": [str(ref) for ref in view.interrupted],
        "destroyed": [str(ref) for ref in view.destroyed],
        "defects": [str(ref) for ref in plan.loop],
    }
