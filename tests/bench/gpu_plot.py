"""The plot of GPUs that nobody can use, as PNG and SVG."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.bench.gpu_trace import Line

# Half of what matplotlib says of its types is unknown.
_mpl: Any = mpl
_COLOURS = {"xcp": "#27ae60", "FGD": "#2980b9", "best-fit": "#c0392b", "packing": "#7f8c8d"}


def plot(lines: Sequence[Line], base: Path) -> None:
    """BASE.png and BASE.svg: unallocated GPUs against those that were asked for, the mean of all seeds."""
    # Texts stay text, and the same figures give the same bytes.
    with _mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "xcp"}):
        figure: Any = Figure(figsize=(7, 4), layout="constrained")
        axes: Any = figure.subplots()
        for policy, colour in _COLOURS.items():
            curves = [line.curve for line in lines if line.policy == policy]
            means = [mean(values) for values in zip(*curves, strict=True)]
            axes.plot(range(80, len(means)), means[80:], color=colour, label=policy)
        axes.set_xlabel("GPUs asked for so far, % of all")
        axes.set_ylabel("GPUs unallocated, %")
        axes.set_ylim(0, 20)
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
        figure.savefig(base.with_suffix(".png"), dpi=110, metadata={"Software": None})
        figure.savefig(base.with_suffix(".svg"), metadata={"Date": None})
