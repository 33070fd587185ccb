"""What has moved away from what was applied: found, and rendered as a table, JSON or Markdown."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xcp_reconciler.api.enums import DriftPolicy
from xcp_reconciler.model.decision import Act, Blocked, Change, Decision, PendingReason, Steady, Wait, WaitReason
from xcp_reconciler.model.status import ConditionType, Status, Truth
from xcp_reconciler.plan.limits import drift_policy
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.object_list import moment
from xcp_reconciler.report.paint import PLAIN, Paint, Role
from xcp_reconciler.report.plan_json import change_data, ref_data
from xcp_reconciler.report.standing import Standing
from xcp_reconciler.report.words import count, value_word

_DRIFT: frozenset[PendingReason] = frozenset(
    {PendingReason.REPORT_ONLY, PendingReason.HELD_BY_POLICY, PendingReason.APPROVAL}
)


@dataclass(frozen=True, slots=True)
class Drifted:
    """One object that drifted. `since` (unix seconds) is when an actor noticed, None where none was watching."""

    ref: Ref
    fields: tuple[tuple[Change, DriftPolicy, str], ...]
    policy: DriftPolicy
    since: float | None = None


@dataclass(frozen=True, slots=True)
class DriftReport:
    """All drift. `unknown` could not be looked at, `unapplied` differ because they were edited and not applied yet."""

    drifted: tuple[Drifted, ...]
    looked_at: int
    unknown: tuple[tuple[Ref, str], ...] = ()
    unapplied: tuple[Ref, ...] = ()
    blocked: tuple[tuple[Ref, str], ...] = ()


def find_drift(found: Iterable[Standing], world: World, published: Mapping[Ref, Status]) -> DriftReport:
    """Sort what differs into drift and what is something else; `published` statuses know since when."""
    drifted: list[Drifted] = []
    unknown: list[tuple[Ref, str]] = []
    unapplied: list[Ref] = []
    blocked: list[tuple[Ref, str]] = []
    number = 0
    for one in found:
        number += 1
        decision = one.decision
        if isinstance(decision, Wait) and decision.reason is WaitReason.UNKNOWN:
            unknown.append((one.ref, decision.why))
        elif isinstance(decision, Blocked):
            blocked.append((one.ref, decision.why))
        fields = tuple(_fields(one, decision))
        if not fields:
            continue
        if world.history(one.ref).synced == one.desired.generation:
            drifted.append(Drifted(one.ref, fields, one.desired.policies.drift, _since(published.get(one.ref))))
        else:
            unapplied.append(one.ref)
    return DriftReport(tuple(drifted), number, tuple(unknown), tuple(unapplied), tuple(blocked))


def _fields(one: Standing, decision: Decision | None) -> Iterable[tuple[Change, DriftPolicy, str]]:
    if isinstance(decision, Act):
        for change in decision.changes:
            yield change, drift_policy(one.desired, change.path), _revert(change)
    if isinstance(decision, Act | Steady):
        for pending in decision.pending:
            if pending.reason in _DRIFT:
                reported = pending.reason is PendingReason.REPORT_ONLY
                policy = drift_policy(one.desired, pending.change.path)
                yield pending.change, policy, "reported only" if reported else f"held back: {pending.message}"


def _revert(change: Change) -> str:
    match change.path.partition(" on ")[0], change.desired:
        case "exists", True:
            return "would be created again"
        case "exists", _:
            return "would be deleted"
        case "state", "running" | "active":
            return "would be started"
        case "state", _:
            return "would be stopped"
        case (("host" | "placement.host"), _):
            return "would be moved back"
        case _:
            return "would be set back"


def _since(status: Status | None) -> float | None:
    condition = status.condition(ConditionType.DRIFTED) if status is not None else None
    return condition.since if condition is not None and condition.status is Truth.TRUE else None


def drift_text(report: DriftReport, paint: Paint = PLAIN) -> str:
    """The table, with how much drifted above it and what is not known below it."""
    word = "has drifted" if len(report.drifted) == 1 else "have drifted"
    head = f"{len(report.drifted)} of {count(report.looked_at, 'object')} {word}"
    lines = [paint(head, Role.BAD if report.drifted else Role.GOOD)]
    rows = [(one, change, policy, note) for one in report.drifted for change, policy, note in one.fields]
    if rows:
        lines.append("")
        widths = (
            max(len(str(one.ref)) for one, *_ in rows),
            max(len(change.path) for _, change, *_ in rows),
            max(len(_values(change)) for _, change, *_ in rows),
        )
        lines += [
            f"  {one.ref!s:<{widths[0]}}  {change.path:<{widths[1]}}  {_values(change):<{widths[2]}}  "
            f"{_noticed(one)}{note}  ({policy.value})"
            for one, change, policy, note in rows
        ]
    standing = [
        *(f"  not known  {ref}: {why}" for ref, why in report.unknown),
        *(f"  blocked    {ref}: {why}" for ref, why in report.blocked),
    ]
    if standing:
        lines += ["", *standing]
    if report.unapplied:
        some = count(len(report.unapplied), "object")
        lines += ["", f"{some} differ because what is declared has not been applied yet: xcp plan shows it"]
    return "\n".join(lines)


def _noticed(one: Drifted) -> str:
    return f"since {moment(one.since)[11:16]}Z, " if one.since is not None else ""


def _values(change: Change) -> str:
    """From what was applied to what is there now."""
    return f"{value_word(change.desired)} -> {value_word(change.current)}"


def drift_data(report: DriftReport) -> dict[str, Any]:
    """The same for programs."""
    return {
        "drifted": [
            {
                "ref": ref_data(one.ref),
                "fields": [
                    {**change_data(change), "policy": policy.value, "note": note} for change, policy, note in one.fields
                ],
                "policy": one.policy.value,
                "since": moment(one.since) if one.since is not None else None,
            }
            for one in report.drifted
        ],
        "unknown": [{"ref": ref_data(ref), "message": why} for ref, why in report.unknown],
        "blocked": [{"ref": ref_data(ref), "message": why} for ref, why in report.blocked],
        "unapplied": [ref_data(ref) for ref in report.unapplied],
        "summary": {"drifted": len(report.drifted), "lookedAt": report.looked_at},
    }


def drift_json(report: DriftReport) -> str:
    """The text of `drift_data`."""
    return json.dumps(drift_data(report), indent=2, ensure_ascii=False)


def drift_markdown(report: DriftReport) -> str:
    """The same for a chat or an issue."""
    word = "has drifted" if len(report.drifted) == 1 else "have drifted"
    lines = [f"### {len(report.drifted)} of {count(report.looked_at, 'object')} {word}", ""]
    if report.drifted:
        lines += ["| Object | Field | Applied | Now | Policy | |", "| --- | --- | --- | --- | --- | --- |"]
        lines += [
            f"| `{one.ref}` | `{change.path}` | {value_word(change.desired)} | {value_word(change.current)} "
            f"| {policy.value} | {note} |"
            for one in report.drifted
            for change, policy, note in one.fields
        ]
    lines += [f"- not known: `{ref}`: {why}" for ref, why in report.unknown]
    lines += [f"- blocked: `{ref}`: {why}" for ref, why in report.blocked]
    return "\n".join(lines) + "\n"
