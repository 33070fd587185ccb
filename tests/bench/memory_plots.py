"""Plots of what `tests.bench.memory` measured, as PNG and SVG."""

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

# Half of what matplotlib says of its types is unknown.
_mpl: Any = mpl

_STYLES: Final = {
    "squeezed": ("#c0392b", "-", "squeezed's rule (XAPI)"),
    "MoM": ("#e67e22", "-", "MoM's rule (oVirt), mean of its last 40 steps"),
    "MoM, demand +-20 %": ("#e67e22", "--", "MoM's rule, demand ±20 %"),
    "demand-aware, demand +-20 %": ("#2980b9", "--", "xcp demand-aware, demand ±20 %"),
    "demand-aware": ("#1f618d", "-", "xcp demand-aware, true demand"),
    "least possible": ("#7f8c8d", ":", "least that any rule can leave"),
}


def plot(found: dict[str, Any], folder: Path) -> None:
    """memory-unmet and memory-speed, each as .png and .svg."""
    # Texts stay text, and the same figures give the same bytes.
    with _mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "xcp"}):
        _save(_unmet(found["quality"]), folder / "memory-unmet")
        _save(_speed(found["speed"]), folder / "memory-speed")


def _save(figure: Any, path: Path) -> None:  # noqa: ANN401 - matplotlib's own types are half unknown
    figure.savefig(path.with_suffix(".png"), dpi=110, metadata={"Software": None})
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})


def _unmet(rows: list[dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes: Any = figure.subplots()
    shares = [100 * row["share"] for row in rows]
    for name, (colour, line, label) in _STYLES.items():
        lost = [max(100 * row["unmet"][name], 1e-3) for row in rows]
        axes.plot(shares, lost, color=colour, linestyle=line, marker="o", markersize=4, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("memory of the host, % of its guests' static memory")
    axes.set_ylabel("working sets without memory, %\n(0.001 is that or less)")
    axes.set_title("200 drawn hosts of 50 guests")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize="small")
    return figure


def _speed(rows: list[dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(8, 4.0), layout="constrained")
    axes: Any = figure.subplots()
    names = [row["what"] for row in rows][::-1]
    taken = [row["nsAGuest"] for row in rows][::-1]
    colours = ["#bdc3c7" if name.startswith("memcpy") else "#2980b9" for name in names]
    axes.barh(names, taken, color=colours)
    axes.set_xscale("log")
    for at, each in enumerate(taken):
        axes.text(each * 1.05, at, f"{each:,.1f}", va="center", fontsize="small")
    axes.set_xlim(right=max(taken) * 4)
    axes.set_xlabel("ns a guest, 100 hosts of 100 guests in one call")
    return figure
