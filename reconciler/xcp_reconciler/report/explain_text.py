"""`xcp explain` as text."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Final, assert_never

from xcp_reconciler.model.impact import Direction, ImpactRow, ImpactTable, Power, Unsupported
from xcp_reconciler.report.columns import columns
from xcp_reconciler.report.explain import Explained, ImpactLine
from xcp_reconciler.report.paint import PLAIN, Paint, Role
from xcp_reconciler.report.words import IMPACT_WORDS, age

_LABEL: Final = 9


def impact_lines(tables: Iterable[ImpactTable]) -> list[ImpactLine]:
    """Every row of every dialect, in the words of the explanation."""
    return [
        ImpactLine(f"{table.driver} ({table.hypervisor})", row.kind, row.path, _row(row))
        for table in tables
        for row in table.rows
    ]


def _row(row: ImpactRow) -> str:
    when = ", ".join(word for word in (_power(row.power), _direction(row.direction)) if word)
    down = f"; about {age(row.downtime_s)} without an answer" if row.downtime_s else ""
    impact = row.impact
    cost = f"refused: {impact.reason}" if isinstance(impact, Unsupported) else f"{IMPACT_WORDS[impact]}: {row.reason}"
    return f"{f'({when}) ' if when else ''}{cost}{down}"


def _power(power: Power) -> str:
    match power:
        case Power.ANY:
            return ""
        case Power.RUNNING:
            return "while running"
        case Power.HALTED:
            return "while halted"
        case _:
            assert_never(power)


def _direction(direction: Direction) -> str:
    match direction:
        case Direction.ANY:
            return ""
        case Direction.GROW:
            return "growing"
        case Direction.SHRINK:
            return "shrinking"
        case _:
            assert_never(direction)


def explain_text(found: Explained, *, paint: Paint = PLAIN, width: int = 80) -> str:
    """The explanation of a kind or a field."""
    return "\n\n".join("\n".join(part) for part in _parts(found, paint, width) if part)


def kinds_text(kinds: Iterable[Explained], *, paint: Paint = PLAIN) -> str:
    """All kinds, for whoever asks for none."""
    rows = [(one.kind.value, one.path, one.description.split(". ", 1)[0].rstrip(".")) for one in kinds]
    return f"{columns(('KIND', 'SHORT', 'MEANING'), rows, paint)}\n\nxcp explain vm.memory explains a part of one."


def _parts(found: Explained, paint: Paint, width: int) -> Iterator[list[str]]:
    head = f"{paint(found.path, Role.STRONG)}  <{found.type}>" if found.path else found.type
    yield [head, *_wrapped(found.description, width, "")]
    facts = {
        "unit": found.unit,
        "default": "none: it must be given" if found.required else found.default,
        "one of": ", ".join(found.choices) or None,
        "example": found.example,
    }
    yield [f"  {label:<{_LABEL}} {value}" for label, value in facts.items() if value is not None]
    if found.impacts:
        yield [paint("What a change costs", Role.STRONG), *_impacts(found.impacts, width)]
    if found.children:
        yield [paint("Fields", Role.STRONG), *_fields(found, width)]


def _impacts(lines: Iterable[ImpactLine], width: int) -> Iterator[str]:
    last = ("", "")
    for line in lines:
        if (line.driver, line.path) != last:
            yield f"  {line.driver}  {line.path}"
            last = (line.driver, line.path)
        yield from _wrapped(line.text, width, "    ")


def _fields(found: Explained, width: int) -> Iterator[str]:
    for child in found.children:
        must = ", required" if child.required else ""
        yield f"  {child.name}  <{child.type}{must}>"
        yield from _wrapped(child.description, width, "      ")


def _wrapped(text: str, width: int, margin: str) -> list[str]:
    return [f"{margin}{line}" for line in wrap(" ".join(text.split()), max(24, width - len(margin)))]
