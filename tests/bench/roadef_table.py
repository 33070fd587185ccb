"""All instances of the ROADEF/EURO 2012 challenge that are here, as a table: `python -m tests.bench.roadef_table`.

    python -m tests.bench.roadef_table --seconds 10 60 --write docs/bench

Each run is a process of its own, one after the other; every result is judged and costed by the checker beside the data.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from xcp_kernels.reassignment import IMPLEMENTATION

SHARED: Final = Path(__file__).resolve().parents[3] / "shared"
DATA: Final = SHARED / "data" / "roadef2012"
CHECKER: Final = SHARED / "bench" / "roadef_check.py"
GATE: Final = 0.97
"""Of the improvement over the start that S41 published."""
S41: Final = {"b_01": 3_353_533_859, "b_02": 1_015_569_276, "b_03": 157_091_678, "b_04": 4_677_962_661}
"""The winner of the challenge, two cores, 300 seconds."""
S41_GAP: Final = {"b_01": 0.062, "b_02": 0.005, "b_03": 0.033, "b_04": 0.00005}
"""Its gap to the lower bound after 60 seconds on two cores."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command."""

    seconds: float
    """Asked for."""
    took: float
    """Of the clock, from start to end of the process."""
    cpu: float
    """Of the processor: less than `took` where it is shared with others."""
    seed: int
    tries: int
    cost: int
    """As the checker says."""
    broken: list[str]
    """The rules that the checker finds broken."""
    trace: list[tuple[float, int, int]]
    """Seconds, tries and cost of what was found on the way."""


@dataclass(frozen=True, slots=True)
class Line:
    """One instance."""

    instance: str
    start: int
    bound: int
    s41_60: int | None
    s41_300: int | None
    runs: list[Run]

    def share(self, run: Run) -> float | None:
        """Of the improvement over the start that S41 published."""
        return None if self.s41_300 is None else (self.start - run.cost) / (self.start - self.s41_300)

    def gap(self, run: Run) -> float | None:
        """To the lower bound."""
        return run.cost / self.bound - 1 if self.bound else None


def main(words: Sequence[str] | None = None) -> int:
    """Run it; 1 where data is missing, a rule is broken or the gate is not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instances", nargs="*", help="a1_1 ... b_04; all of them if none is named")
    parser.add_argument("--seconds", nargs="+", type=float, default=[10.0, 60.0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument(
        "--processor", action="store_true", help="seconds of the processor, where others are at work too"
    )
    parser.add_argument("--read", type=Path, help="earlier results: these are not run again")
    parser.add_argument("--write", type=Path, help="folder for roadef.json, roadef.png and roadef.svg")
    chosen = parser.parse_args(words)
    if not CHECKER.exists() or not DATA.exists():
        sys.stderr.write(f"needs {DATA} and {CHECKER}\n")
        return 1
    known = {one.instance: one for one in _read(chosen.read)} if chosen.read else {}
    names = chosen.instances or sorted(path.stem.removeprefix("model_") for path in DATA.glob("*/model_*.txt"))
    sys.stdout.write(f"kernel: {IMPLEMENTATION}\n{HEAD}\n")
    for name in names:
        known[name] = known.get(name) or measured(name, chosen.seconds, chosen.seeds, by_processor=chosen.processor)
        sys.stdout.write(shown(known[name]))
        sys.stdout.flush()
        if chosen.write:
            data = {"kernel": IMPLEMENTATION, "instances": [asdict(known[one]) for one in sorted(known)]}
            (chosen.write / "roadef.json").write_text(json.dumps(data) + "\n")
    lines = [known[name] for name in sorted(known)]
    if chosen.write:
        from tests.bench.roadef_plot import plot  # noqa: PLC0415 - matplotlib is not needed for the table

        plot(lines, chosen.write / "roadef")
    return int(any(run.broken or (line.share(run) or 1) < GATE for line in lines for run in line.runs))


HEAD: Final = (
    "instance          start          bound       S41 60 s      S41 300 s |"
    " seconds   CPU s seed           cost     gap  % of S41's  broken"
)


def shown(line: Line) -> str:
    """Lines of the table."""
    first = f"{line.instance:8} {line.start:14} {line.bound:14} {_cell(line.s41_60, '14')} {_cell(line.s41_300, '14')}"
    return "".join(
        f"{first if k == 0 else ' ' * len(first)} | {run.seconds:7.0f} {run.cpu:7.1f} {run.seed:4} {run.cost:14}"
        f" {_cell(line.gap(run), '7.3%')} {_cell(line.share(run), '11.3%')}  {', '.join(run.broken) or 'nothing'}\n"
        for k, run in enumerate(line.runs)
    )


def _cell(value: float | None, form: str) -> str:
    return "-".rjust(int(form.split(".", maxsplit=1)[0])) if value is None else format(value, form)


def _read(path: Path) -> list[Line]:
    data = json.loads(path.read_text())["instances"]
    return [Line(**(one | {"runs": [Run(**run) for run in one["runs"]]})) for one in data]


def measured(name: str, seconds: Sequence[float], seeds: Sequence[int], *, by_processor: bool = False) -> Line:
    """One instance, with each number of seconds and seed."""
    folder = DATA / name[0].upper()
    bound = int((folder / f"lb_{name}.txt").read_text())
    start = int((folder / f"original_cost_{name}.txt").read_text())
    runs = [one_run(folder, name, many, seed, by_processor=by_processor) for many in seconds for seed in seeds]
    early = round(bound * (1 + S41_GAP[name])) if name in S41_GAP else None
    return Line(name, start, bound, early, S41.get(name), runs)


def one_run(folder: Path, name: str, seconds: float, seed: int, *, by_processor: bool) -> Run:
    """The command, then the checker."""
    model, home = folder / f"model_{name}.txt", folder / f"assignment_{name}.txt"
    with tempfile.TemporaryDirectory() as aside:
        out, trace = Path(aside) / "out.txt", Path(aside) / "trace.json"
        command = [sys.executable, "-m", "tests.bench.roadef", str(model), str(home), "--seconds", str(seconds)]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        command += ["--processor"] if by_processor else []
        command += ["--out", str(out), "--trace", str(trace), "--seed", str(seed)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        points: list[tuple[float, int, int]] = json.loads(trace.read_text())
        cost, broken = checked(model, out)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return Run(seconds, took, cpu, seed, points[-1][1], cost, broken, points)


def checked(model: Path, out: Path) -> tuple[int, list[str]]:
    """What the checker says: cost and broken rules."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, CHECKER, model, out], check=True, capture_output=True, text=True, env=environment
    )
    cost, _, broken = done.stdout.split(maxsplit=2)
    return int(cost), broken.strip("[]\n' ").replace("'", "").split(", ") if broken.strip() != "[]" else []


if __name__ == "__main__":
    sys.exit(main())
