"""The plots of the comparison with hbal, as PNG and SVG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.bench.rebalance import GATE, Line

# Half of what matplotlib says of its types is unknown.
_mpl: Any = mpl


def plot(lines: Sequence[Line], base: Path) -> None:
    """`BASE-score` and `BASE-time`, each as .png and .svg."""
    base.parent.mkdir(parents=True, exist_ok=True)
    # Texts stay text, and the same figures give the same bytes.
    with _mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "xcp"}):
        _save(_scores([line for line in lines if line.hbal_score]), base.with_name(f"{base.name}-score"))
        _save(_times(lines), base.with_name(f"{base.name}-time"))


def _save(figure: Any, path: Path) -> None:  # noqa: ANN401 - matplotlib's own types are half unknown
    figure.savefig(path.with_suffix(".png"), dpi=110, metadata={"Software": None})
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})


def _scores(lines: Sequence[Line]) -> Figure:
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes: Any = figure.subplots()
    hbal = [line.hbal_score or 1 for line in lines]
    bars = (
        ("xcp, hbal's number of moves", "#2980b9", [line.improve_score for line in lines]),
        ("no plan of that number can be lower", "#7f8c8d", [line.bound or 0 for line in lines]),
        ("xcp, as many moves as are worth it", "#27ae60", [line.free_score for line in lines]),
    )
    places = range(len(lines))
    for k, (label, colour, values) in enumerate(bars):
        shares = [value / whole for value, whole in zip(values, hbal, strict=True)]
        axes.bar([x + 0.27 * k for x in places], shares, width=0.25, color=colour, label=label)
    axes.axhline(1, color="#c0392b", linewidth=1.5, label="hbal")
    axes.axhline(GATE, color="black", linestyle="--", linewidth=1, label=f"{GATE:.2f} of hbal")
    axes.set_xticks([x + 0.27 for x in places], [f"{line.nodes} nodes\nseed {line.seed}" for line in lines], fontsize=8)
    axes.set_ylabel("score, hbal's = 1")
    axes.legend(fontsize=8, loc="upper right")
    return figure


def _times(lines: Sequence[Line]) -> Figure:
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes: Any = figure.subplots()
    for label, mark, pick in (
        ("hbal", "s", "hbal_seconds"),
        ("xcp, as many moves as are worth it", "o", "free_seconds"),
        ("xcp, hbal's number of moves", "^", "improve_seconds"),
        ("xcp, hbal's own moves", "v", "descent_seconds"),
    ):
        points = [(line.nodes, value) for line in lines if (value := getattr(line, pick)) is not None]
        axes.loglog([x for x, _ in points], [y for _, y in points], mark, markersize=5, label=label)
    axes.set_xlabel("nodes, 20 machines each")
    axes.set_ylabel("processor seconds of a plan")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    return figure
