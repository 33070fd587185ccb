"""The balance of a pool as a table or as JSON, with a sentence for every target."""

import json
from collections.abc import Sequence
from textwrap import wrap
from typing import Any, Final

from xcp_reconciler.plan.memory import Algorithm
from xcp_reconciler.plan.memory.offline import Balanced, Reason, Status, Target
from xcp_reconciler.plan.memory.words import size
from xcp_reconciler.report.columns import columns
from xcp_reconciler.report.paint import PLAIN, Paint, Role

MODES: Final = {
    Algorithm.PROPORTIONAL: "proportional",
    Algorithm.DEMAND_AWARE: "demand-aware",
    Algorithm.STATIC: "static",
}
_REASONS: Final = {reason: reason.name.title().replace("_", "") for reason in Reason}


def balance_text(found: Sequence[Balanced], *, explain: bool, paint: Paint = PLAIN, width: int = 80) -> str:
    """A table for every host, with the reasons below it where they are asked for."""
    return "\n\n".join("\n".join(_host_lines(one, explain=explain, paint=paint, width=width)) for one in found)


def _host_lines(one: Balanced, *, explain: bool, paint: Paint, width: int) -> list[str]:
    lines = [f"{paint(one.host.name, Role.STRONG)}  {summary(one)}"]
    if one.targets:
        head = ("VM", "HOLDS", "MIN", "MAX", "WANTS", "WEIGHT", "TARGET", "WHY")
        rows = [
            (
                target.vm.name,
                size(target.vm.actual),
                size(target.vm.minimum),
                size(target.vm.maximum),
                size(target.demand) if target.demand is not None else "",
                f"{target.vm.weight:g}",
                size(target.kib),
                _REASONS[target.reason],
            )
            for target in one.targets
        ]
        lines += columns(head, rows, paint).splitlines()
    if explain:
        lines.append("")
        for target in one.targets:
            lines += wrap(f"{target.vm.name}: {why(one, target)}", max(40, width), subsequent_indent="  ")
    return lines


def summary(one: Balanced) -> str:
    """What a host has, and how far that goes."""
    inactive = sum(target.vm.actual for target in one.targets if not target.vm.active)
    held = f", {size(inactive)} held by inactive machines" if inactive else ""
    have = f"{MODES[one.algorithm]}: {size(one.budget)} for its machines ({size(one.host.reserve)} reserved{held})"
    match one.status:
        case Status.SHORT:
            floors = sum(max(target.vm.minimum, 0) for target in one.targets if target.vm.active)
            words = f"not enough for the minima, which are {size(floors)}"
        case Status.INVALID:
            words = "cannot be balanced: everybody keeps what it holds"
        case Status.SCARCE if one.algorithm is Algorithm.DEMAND_AWARE:
            wanted = sum(target.demand or 0 for target in one.targets)
            words = f"scarce, {size(wanted)} are wanted"
        case Status.SCARCE:
            words = "not everybody can have its maximum"
        case _:
            words = "enough for all"
    blind = "; no machine's demand is known, so each has the same fraction of its range" if one.blind else ""
    return f"{have}, {words}{blind}"


def why(one: Balanced, target: Target) -> str:
    """The reason for a target, with the numbers that made it."""
    vm = target.vm
    wants = f"it wants {size(target.demand)}" if target.demand is not None else ""
    if target.demand is not None and vm.demand is None:
        wants = f"its demand is not known, and taken to be {size(target.demand)}, its proportional share"
    match target.reason:
        case Reason.INACTIVE:
            return f"{size(target.kib)}: inactive, keeps what it holds"
        case Reason.CROSSED:
            return f"{size(target.kib)}: its minimum, which is above its maximum of {size(vm.maximum)}"
        case Reason.FLOOR if one.status is Status.SHORT:
            return f"{size(target.kib)}: its minimum; not even the minima fit into {size(one.budget)}"
        case Reason.FLOOR:
            said = "its minimum"
        case Reason.CEILING:
            said = "its maximum"
        case Reason.DEMAND:
            said = "all that it wants"
        case Reason.SPREAD:
            said = f"all that it wants and {size(target.kib - (target.demand or 0))} of what nobody wants"
        case Reason.SHARE if target.demand is not None:
            share = 100 * target.kib / max(1, target.demand)
            said = f"{share:.1f} % of what it wants, its part by a weight of {vm.weight:g}"
        case Reason.SHARE:
            part = 100 * (target.kib - vm.minimum) / max(1, vm.maximum - vm.minimum)
            said = f"{part:.1f} % of the way from its minimum to its maximum, like everybody on {one.host.name}"
        case _:
            said = "its host was refused" if target.reason is Reason.REFUSED else "its numbers cannot be used"
    return f"{size(target.kib)}: {said}{f'; {wants}' if wants else ''}"


def balance_json(found: Sequence[Balanced]) -> str:
    """The same for programs; sizes in KiB."""
    return json.dumps({"hosts": [_host_data(one) for one in found]}, indent=2, ensure_ascii=False)


def _host_data(one: Balanced) -> dict[str, Any]:
    return {
        "name": one.host.name,
        "mode": MODES[one.algorithm],
        "status": one.status.name.title(),
        "budgetKiB": one.budget,
        "message": summary(one),
        "targets": {target.vm.name: target.kib for target in one.targets},
        "reasons": {
            target.vm.name: {"reason": _REASONS[target.reason], "message": why(one, target)} for target in one.targets
        },
    }
