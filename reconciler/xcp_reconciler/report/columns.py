"""Tables as kubectl and gh print them: columns two spaces apart, no lines, nothing cut off."""

from collections.abc import Sequence

from xcp_reconciler.report.paint import PLAIN, Paint, Role


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], paint: Paint = PLAIN) -> str:
    """The table; an empty cell shows as `-`, so that columns can be counted."""
    cells = [[cell or "-" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = [paint(_line(head, widths), Role.STRONG), *(_line(row, widths) for row in cells)]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
