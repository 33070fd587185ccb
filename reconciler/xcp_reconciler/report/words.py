"""The words that plans, tables and conditions share."""

from collections.abc import Iterable
from typing import Final

from xcp_reconciler.model.decision import Value
from xcp_reconciler.model.impact import Impact

IMPACT_WORDS: Final = {
    Impact.METADATA: "metadata",
    Impact.LIVE: "live",
    Impact.GUEST_COOPERATION: "guest helps",
    Impact.DEFERRED: "stored",
    Impact.MIGRATE: "migrate",
    Impact.POWER_CYCLE: "power cycle",
    Impact.REPLACE: "replace",
    Impact.HOST_REBOOT: "host reboot",
    Impact.DATA_LOSS: "data loss",
}


def count(number: int, word: str, plural: str = "") -> str:
    """`1 change`, `2 changes`."""
    return f"{number} {word}" if number == 1 else f"{number} {plural or word + 's'}"


def value_word(value: Value) -> str:
    """A value as people read it: nothing is `none`, an empty text is quoted."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case "":
            return '""'
        case _:
            return str(value)


def listed(words: Iterable[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    every = list(words)
    if len(every) <= most:
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most} more"


def age(seconds: float) -> str:
    """A stretch of time as short as kubectl says it: `40s`, `12m`, `3h`, `5d`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size or (unit == "d" and seconds >= size):
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def rough(number: int) -> str:
    """A size in bytes as short as a table wants it: three digits and a unit, not exact."""
    for suffix, factor in (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if number >= factor:
            return f"{number / factor:.3g}{suffix}"
    return str(number)
