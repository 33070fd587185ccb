"""Free 16 GiB from 20 guests, one of them odd: our protocol and squeezed's, beside what the balloons themselves can.

    python -m tests.bench.guests [--json FILE] [--plot FILE]

On a virtual clock: the figures are of the protocols, not of a machine, and are the same everywhere.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from tests.bench.squeezed_protocol import MISSING, squeezed_frees
from tests.unit.plan.memory.balloons import GIB, ODD, herd, least_ms
from tests.unit.plan.memory.ground import full

NEED: Final = 16 * GIB
_HEAD: Final = (
    f"{'the odd guest':<22}{'balloons':>9}{'xcp':>9}{'ratio':>7}{'looks':>7}{'calls':>7}{'squeezed':>10}{'returns':>9}"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One odd guest. ms; `least` is what no protocol can be faster than. None: never within two minutes."""

    odd: str
    least: int
    ours: int | None
    looks: int
    calls: int
    least_free_kib: int
    squeezed: int | None = None
    squeezed_returns: int | None = None
    squeezed_words: str = MISSING
    our_trace: Sequence[tuple[int, int]] = field(default=(), repr=False)
    squeezed_trace: Sequence[tuple[int, int]] = field(default=(), repr=False)


def measure(odd: str) -> Row:
    """Let both protocols free the memory, each from guests of its own."""
    least = least_ms([*herd(19), ODD[odd]()], NEED)
    if least is None:
        message = f"the guests cannot free so much with {odd}"
        raise AssertionError(message)
    ground = full([*herd(19), ODD[odd]()])
    ground.wanted = NEED
    ours = ground.run_until_free(NEED)
    theirs = squeezed_frees([*herd(19), ODD[odd]()], NEED)
    row = Row(odd, least, ours, ground.steps, len(ground.sent), ground.least_free, our_trace=ground.trace)
    if theirs is None:
        return row
    return Row(
        odd,
        least,
        ours,
        ground.steps,
        len(ground.sent),
        ground.least_free,
        theirs.free_at,
        theirs.returned_at,
        theirs.words,
        ground.trace,
        theirs.trace,
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as text, times in seconds."""
    lines = [_HEAD]
    for row in rows:
        ratio = f"{row.ours / row.least:.2f}" if row.ours is not None else "-"
        lines.append(
            f"{row.odd:<22}{_s(row.least):>9}{_s(row.ours):>9}{ratio:>7}{row.looks:>7}{row.calls:>7}"
            f"{_s(row.squeezed):>10}{_s(row.squeezed_returns):>9}"
        )
    if any(row.squeezed_words == MISSING for row in rows):
        lines.append(f"squeezed: {MISSING}")
    return "\n".join(lines)


def as_json(rows: Sequence[Row]) -> str:
    """The rows without their traces."""
    kept = [{key: value for key, value in asdict(row).items() if not key.endswith("_trace")} for row in rows]
    return json.dumps({"needKiB": NEED, "guests": 20, "rows": kept}, indent=2) + "\n"


def plot(rows: Sequence[Row], file: Path) -> None:
    """What is free above the reserve over time, for both protocols."""
    import matplotlib as mpl  # noqa: PLC0415 - only who plots needs it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "xcp"
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of what draws

    figure, axes = plt.subplots(2, 1, figsize=(9, 8), sharex=True)
    for axis, name in zip(axes, ("xcp", "squeezed"), strict=True):
        for row in rows:
            trace = row.our_trace if name == "xcp" else row.squeezed_trace
            start = trace[0][1] if trace else 0
            points = [(ms / 1000, (free - start) / GIB) for ms, free in trace if ms <= 10_000 and ms % 10 == 0]
            if points:
                axis.plot(*zip(*points, strict=True), label=row.odd, linewidth=1.2)
        axis.axhline(NEED / GIB, color="black", linewidth=0.6, linestyle="--")
        axis.set_ylabel("GiB freed")
        axis.set_title(f"{name}: 16 GiB from 20 guests, one of them odd")
    axes[0].legend(fontsize="small")
    axes[1].set_xlabel("seconds")
    axes[1].set_xlim(0, 10)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})  # pyright: ignore[reportUnknownMemberType] - matplotlib leaves it open
    plt.close(figure)


def _s(ms: int | None) -> str:
    return f"{ms / 1000:.2f} s" if ms is not None else "never"


def main(arguments: Sequence[str]) -> None:
    """Measure all, print the table, write what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.guests")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args(arguments)
    rows = [measure(odd) for odd in ODD]
    sys.stdout.write(table(rows) + "\n")
    if given.json is not None:
        given.json.write_text(as_json(rows), encoding="utf-8")
    if given.plot is not None:
        plot(rows, given.plot)


if __name__ == "__main__":
    main(sys.argv[1:])
