"""The cost over the time of a search, as PNG and SVG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.bench.roadef_table import GATE, Line

# Half of what matplotlib says of its types is unknown.
_mpl: Any = mpl


def plot(lines: Sequence[Line], base: Path) -> None:
    """One panel for each instance that S41's costs are known of; `BASE.png` and `BASE.svg`."""
    shown = [line for line in lines if line.s41_300 is not None]
    if not shown:
        return
    # Texts stay text, and the same figures give the same bytes.
    with _mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "xcp"}):
        figure: Any = Figure(figsize=(11, 6.5), layout="constrained")
        for k, line in enumerate(shown):
            _panel(figure.add_subplot(-(-len(shown) // 2), 2, k + 1), line)
        figure.savefig(base.with_suffix(".png"), dpi=110, metadata={"Software": None})
        figure.savefig(base.with_suffix(".svg"), metadata={"Date": None})


def _panel(axes: Any, line: Line) -> None:  # noqa: ANN401 - matplotlib's own types are half unknown
    """Gap to the lower bound, both axes logarithmic."""

    def gap(cost: float) -> float:
        return 100 * (cost / line.bound - 1)

    for run in line.runs:
        points = [*((seconds, cost) for seconds, _, cost in run.trace if seconds > 0.05)]
        seconds, costs = [point[0] for point in points], [gap(point[1]) for point in points]
        axes.step(seconds, costs, where="post", linewidth=1.3, label=f"xcp, {run.seconds:.0f} s on one core")
    s41 = line.s41_300 or 0
    axes.axhline(gap(s41), color="#c0392b", linewidth=1.2, label="S41, 300 s on two cores")
    if line.s41_60 is not None:
        axes.plot([60], [gap(line.s41_60)], "s", color="#c0392b", markersize=5, label="S41, 60 s on two cores")
    least = line.start - GATE * (line.start - s41)
    axes.axhline(gap(least), color="black", linestyle="--", linewidth=1, label=f"{GATE:.0%} of S41's improvement")
    axes.set(title=line.instance, xscale="log", yscale="log", xlabel="seconds", ylabel="% above the lower bound")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=7)
