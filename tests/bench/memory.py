"""The memory kernels beside their peers, in one run: `python -m tests.bench.memory [-o json] [--write docs/bench]`.

Speed: nanoseconds a guest for 100 hosts of 100 guests in one call, hot cache, each measurement in turn with all others
and with a memcpy of the same bytes; the least of many rounds, for the machine is shared. Quality: the share of the
guests' working sets that is left without memory.
"""

import argparse
import ctypes
import json
import sys
from array import array
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import cycle
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Final

from tests.bench.memory_peers import mom_step, squeezed
from tests.kernels.memory_calls import compiled, reference

SHARED: Final = Path(__file__).resolve().parents[3] / "shared/bench"
HOSTS: Final = 100
GUESTS: Final = 100
ROUNDS: Final = 60
SHARES: Final = (0.4, 0.5, 0.6, 0.7, 0.8)
# The demand to serve is the working set and this margin, in percent.
MARGIN: Final = 115
MOM_STEPS: Final = 120
MOM_LAST: Final = 40
GATES: Final = {"proportional": 4.0, "demand_aware warm": 12.0}


def draws() -> Any:  # noqa: ANN401 - a module that is not ours
    """The module that draws hosts and scores targets; None where it is not there, as it is not ours to publish."""
    if not SHARED.is_dir():
        return None
    sys.path.insert(0, str(SHARED))
    try:
        return import_module("balance_draws")
    finally:
        sys.path.remove(str(SHARED))


class Pool:
    """The arrays of drawn hosts, their memory a share of static memory."""

    def __init__(self, module: Any, hosts: int, guests: int, share: float) -> None:  # noqa: ANN401 - the same
        drawn = list(module.draws(hosts=hosts, vms=guests))
        self.guests = hosts * guests
        self.offsets = array("q", range(0, self.guests + 1, guests))
        self.budget = array("q", [module.budget(host, share) for host in drawn])
        self.floor, self.ceiling = self._all(drawn, "dynamic_min"), self._all(drawn, "static")
        self.demands = tuple(
            array("q", [min(top, kib * MARGIN // 100) for top, kib in zip(self.ceiling, seen, strict=True)])
            for seen in (self._all(drawn, "working_set"), self._all(drawn, "noisy"))
        )
        self.spare = array("q", [b - sum(h["dynamic_min"]) for b, h in zip(self.budget, drawn, strict=True)])
        self.weight, self.active = array("d", [1.0] * self.guests), array("q", [1] * self.guests)
        self.none, self.slack = array("q", [0] * hosts), array("q", [4] * self.guests)
        self.target, self.reason = array("q", [0] * self.guests), array("q", [0] * self.guests)
        self.status, self.surplus, self.ranges = (array("q", [0] * hosts) for _ in range(3))
        self.gamma, self.level = array("d", [0.0] * hosts), array("d", [0.0] * hosts)

    @staticmethod
    def _all(drawn: Sequence[dict[str, list[int]]], name: str) -> "array[int]":
        return array("q", [kib for host in drawn for kib in host[name]])

    def proportional(self) -> tuple[Any, ...]:
        """The arguments of a call."""
        return (
            self.offsets, self.spare, self.none, self.floor, self.ceiling, self.floor, self.slack, self.active,
            self.target, self.reason, self.status, self.surplus, self.ranges, self.gamma,
        )  # fmt: skip

    def demand_aware(self, noisy: int = 0) -> tuple[Any, ...]:
        """The arguments of a call."""
        return (
            self.offsets, self.budget, self.floor, self.ceiling, self.demands[noisy], self.weight, self.active,
            self.floor, self.target, self.reason, self.status, self.level,
        )  # fmt: skip


def copying(arrays: Sequence[Any]) -> Callable[[], object]:
    """A memcpy of as many bytes as the arrays have."""
    size = sum(len(one) * one.itemsize for one in arrays)
    source, sink = ctypes.create_string_buffer(b"x" * size, size), ctypes.create_string_buffer(size)
    copy = ctypes.CDLL(None).memcpy
    copy.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    return lambda: copy(sink, source, size)


def speed(module: Any, rounds: int) -> list[dict[str, Any]]:  # noqa: ANN401 - the same
    """One row for each thing that was timed."""
    pool = Pool(module, HOSTS, GUESTS, 0.4)
    aware, turns = pool.demand_aware(), cycle((pool.demand_aware(), pool.demand_aware(1)))
    zero = array("d", [0.0] * HOSTS)

    def cold() -> None:
        pool.level[:] = zero
        compiled.demand_aware(*aware)

    low, high = pool.floor[:GUESTS], pool.ceiling[:GUESTS]

    def plain() -> None:
        for spare in pool.spare:
            squeezed(spare, low, high)

    timed: dict[str, tuple[str, int, Callable[[], object]]] = {
        "proportional": ("memcpy, proportional", 5, lambda: compiled.proportional(*pool.proportional())),
        "memcpy, proportional": ("memcpy, proportional", 5, copying(pool.proportional())),
        "demand_aware warm": ("memcpy, demand_aware", 5, lambda: compiled.demand_aware(*aware)),
        "memcpy, demand_aware": ("memcpy, demand_aware", 5, copying(aware)),
        "demand_aware, 20 % noise each call": (
            "memcpy, demand_aware", 5, lambda: compiled.demand_aware(*next(turns)),
        ),
        "demand_aware cold": ("memcpy, demand_aware", 5, cold),
        "proportional, readable twin": (
            "memcpy, proportional", 0, lambda: reference.proportional(*pool.proportional()),
        ),
        "demand_aware, readable twin": ("memcpy, demand_aware", 0, lambda: reference.demand_aware(*aware)),
        "squeezed's formula in plain Python": ("memcpy, proportional", 0, plain),
    }  # fmt: skip
    best = dict.fromkeys(timed, float("inf"))
    compiled.demand_aware(*aware)
    for turn in range(rounds):
        for name, (_, repeats, work) in timed.items():
            if not repeats and turn >= max(1, rounds // 20):
                continue
            if name == "demand_aware warm":
                work()
            began = perf_counter_ns()
            for _ in range(repeats or 1):
                work()
            best[name] = min(best[name], (perf_counter_ns() - began) / (repeats or 1))
    return [
        {
            "what": name,
            "nsAGuest": best[name] / pool.guests,
            "timesMemcpy": best[name] / best[beside],
            "gate": GATES.get(name),
        }
        for name, (beside, _, _) in timed.items()
    ]


def quality(module: Any, hosts: int) -> list[dict[str, Any]]:  # noqa: ANN401 - the same
    """Unmet working set by memory as a share of static memory, for each rule."""
    drawn = list(module.draws(hosts=hosts, vms=50))
    rows: list[dict[str, Any]] = []
    for share in SHARES:
        pool = Pool(module, hosts, 50, share)
        lost: dict[str, list[float]] = {}
        for noisy, name in enumerate(("demand-aware", "demand-aware, demand +-20 %")):
            compiled.demand_aware(*pool.demand_aware(noisy))
            targets = [pool.target[at : at + 50] for at in pool.offsets[:-1]]
            lost[name] = [module.unmet(one, host["working_set"]) for one, host in zip(targets, drawn, strict=True)]
        lost["squeezed"] = [
            module.unmet(squeezed(budget, host["dynamic_min"], host["static"]), host["working_set"])
            for budget, host in zip(pool.budget, drawn, strict=True)
        ]
        for name, seen in (("MoM", "working_set"), ("MoM, demand +-20 %", "noisy")):
            lost[name] = [_mom(module, budget, host, seen) for budget, host in zip(pool.budget, drawn, strict=True)]
        lost["least possible"] = [
            module.least_unmet(host, budget) for budget, host in zip(pool.budget, drawn, strict=True)
        ]
        rows.append({"share": share, "unmet": {name: sum(each) / len(each) for name, each in lost.items()}})
    return rows


def _mom(module: Any, memory: int, host: dict[str, list[int]], seen: str) -> float:  # noqa: ANN401 - the same
    """The mean of MoM's last steps, for it does not settle; `seen` is what it sees of its guests' use."""
    held, lost = list(host["dynamic_min"]), 0.0
    for step in range(MOM_STEPS):
        held = mom_step(memory, host["dynamic_min"], host["static"], host[seen], held)
        if step >= MOM_STEPS - MOM_LAST:
            lost += module.unmet(held, host["working_set"]) / MOM_LAST
    return lost


def table(found: dict[str, Any]) -> str:
    """The figures as people read them."""
    lines = [f"{'100 hosts x 100 guests, one call':<36} {'ns a guest':>11} {'x memcpy':>9} {'gate':>6}"]
    for row in found["speed"]:
        gate = f"{row['gate']:.0f} x" if row["gate"] else ""
        lines.append(f"{row['what']:<36} {row['nsAGuest']:>11.2f} {row['timesMemcpy']:>9.1f} {gate:>6}".rstrip())
    names = list(found["quality"][0]["unmet"])
    lines += ["", "working sets without memory, by RAM as a share of static memory"]
    lines.append("RAM   " + "".join(f"{name:>29}" for name in names))
    for row in found["quality"]:
        lines.append(f"{row['share']:>4.0%}  " + "".join(f"{row['unmet'][name]:>28.3%} " for name in names).rstrip())
    return "\n".join(lines)


def measure(rounds: int = ROUNDS, hosts: int = 200) -> dict[str, Any] | None:
    """All figures; None where the drawn hosts are not there."""
    module = draws()
    return None if module is None else {"speed": speed(module, rounds), "quality": quality(module, hosts)}


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, and write what is asked for."""
    parser = argparse.ArgumentParser(prog="tests.bench.memory", description="The memory kernels beside their peers.")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="memory.json and plots go there")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(words)
    found = measure(asked.rounds)
    if found is None:
        sys.exit(f"no {SHARED}: the drawn hosts are not ours to publish")
    sys.stdout.write((json.dumps(found, indent=1) if asked.output == "json" else table(found)) + "\n")
    if asked.write is not None:
        from tests.bench.memory_plots import plot  # noqa: PLC0415 - matplotlib takes its time, and only plots need it

        asked.write.mkdir(parents=True, exist_ok=True)
        (asked.write / "memory.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        plot(found, asked.write)


if __name__ == "__main__":
    main()
