"""Where machines would be: as a table with what it leaves free, and as data."""

import json
from collections.abc import Iterator, Sequence

from xcp_reconciler.plan.placement.prospects import Prospect
from xcp_reconciler.plan.placement.scene import name_of
from xcp_reconciler.report.columns import columns
from xcp_reconciler.report.paint import PLAIN, Paint, Role
from xcp_reconciler.report.words import count, rough

_HEAD = ("MACHINE", "HOST", "NEEDS", "FREE BEFORE", "FREE AFTER")


def prospects_json(found: Sequence[Prospect]) -> str:
    """For programs."""
    data = [{"vm": name_of(one.ref), "host": one.host, "reasons": list(one.reasons)} for one in found]
    return json.dumps(data, indent=2, ensure_ascii=False)


def prospects_text(found: Sequence[Prospect], paint: Paint = PLAIN) -> str:
    """For people: who has a host, why others have none, and how many that are."""
    placed = [one for one in found if one.host is not None]
    parts = [columns(_HEAD, [_row(one) for one in placed], paint)] if placed else []
    parts += ["\n".join(_refused(one, paint)) for one in found if one.host is None]
    if len(placed) == len(found):
        parts.append("It has a host." if len(found) == 1 else f"All {len(found)} machines have a host.")
    else:
        verb = "has" if len(placed) == 1 else "have"
        parts.append(f"{len(placed)} of {count(len(found), 'machine')} {verb} a host.")
    return "\n\n".join(parts)


def _row(one: Prospect) -> tuple[str, ...]:
    if not one.is_new:
        return name_of(one.ref), one.host or "", _size(one.need), "", ""
    return name_of(one.ref), one.host or "", _size(one.need), _size(one.before), _size(one.after)


def _refused(one: Prospect, paint: Paint) -> Iterator[str]:
    yield paint(f"{name_of(one.ref)}: no host takes it", Role.BAD)
    yield from (f"  {why}" for why in one.reasons)


def _size(kib: int | None) -> str:
    return rough(kib * 1024) if kib is not None else "?"
