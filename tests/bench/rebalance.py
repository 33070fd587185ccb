"""Rebalancing beside hbal, which is also the referee of every result: `python -m tests.bench.rebalance`.

    python -m tests.bench.rebalance 20 40 --seeds 42 1 2 3 4 --json out.json --plot docs/plots/rebalance
    python -m tests.bench.rebalance 200 1000 --seeds 42 --without-hbal

Pools come from gen_ganeti.py (N nodes, 20 machines each, rbd). For each: hbal, then our descent, our best plan with
hbal's number of moves, and without a limit; times are processor seconds of the planning, hbal's of the whole process.
"""

import argparse
import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from statistics import pstdev
from typing import Final

from xcp_kernels.placement import IMPLEMENTATION
from xcp_reconciler.loader.cluster import moved_cluster, read_cluster
from xcp_reconciler.model.cluster import Cluster
from xcp_reconciler.plan.rebalance import Aim, Proposal, rebalance

SHARED: Final = Path(__file__).resolve().parents[3] / "shared" / "bench"
PER_NODE: Final = 20
GATE: Final = 0.40
_MOVE: Final = re.compile(r"^ *\d+\. (\S+) +\S+ +=> (\S+) +\S+ a=", re.MULTILINE)
_SCORE: Final = re.compile(r"(?:Initial score: |Cluster is already well balanced \(initial score )([0-9.e+-]+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One pool. Scores as hbal gives them, except `bound`; seconds of processor time; memory in MiB."""

    nodes: int
    seed: int
    before: float
    hbal_moves: int | None
    hbal_score: float | None
    hbal_seconds: float | None
    descent_moves: int
    descent_score: float
    descent_seconds: float
    same_moves: bool | None
    improve_moves: int
    improve_score: float
    improve_seconds: float
    bound: float | None
    """No plan with hbal's number of moves has a lower score; None where hbal made more moves than it had to."""
    free_moves: int
    free_score: float
    free_seconds: float
    peak_mib: float


def main(words: Sequence[str] | None = None) -> int:
    """Run it; 1 where a peer is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nodes", nargs="*", type=int)
    parser.add_argument("--seeds", nargs="+", type=int, default=[42, 1, 2, 3, 4])
    parser.add_argument("--without-hbal", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--read", nargs="+", type=Path, default=[], help="earlier results, for the plots and --json")
    parser.add_argument("--plot", type=Path, help="folder and first part of the names of the plots")
    chosen = parser.parse_args(words)
    if not (SHARED / "gen_ganeti.py").exists() or shutil.which("hbal") is None:
        sys.stderr.write(f"needs {SHARED}/gen_ganeti.py, and hbal from the package ganeti-htools\n")
        return 1
    lines = [Line(**pool) for path in chosen.read for pool in json.loads(path.read_text())["pools"]]
    sys.stdout.write(f"kernel: {IMPLEMENTATION}\n{_HEAD}\n")
    for nodes in chosen.nodes:
        for seed in chosen.seeds:
            line = measured(nodes, seed, with_hbal=not chosen.without_hbal)
            lines.append(line)
            sys.stdout.write(f"{shown(line)}\n")
            sys.stdout.flush()
            if chosen.json:
                data = {"kernel": IMPLEMENTATION, "pools": [asdict(one) for one in lines]}
                chosen.json.write_text(json.dumps(data, indent=1) + "\n")
    if chosen.plot:
        from tests.bench.rebalance_plot import plot  # noqa: PLC0415 - matplotlib is not needed for the table

        plot(lines, chosen.plot)
    return 0


_HEAD: Final = (
    "nodes seed  before |  hbal: moves score     CPU s |  descent: score    CPU s  same  hbal/ours |"
    "  improve, hbal's moves: score   ratio  bound   CPU s |  no limit: moves score    CPU s | MiB"
)


def shown(line: Line) -> str:
    """One line of the table."""
    faster = line.hbal_seconds / line.descent_seconds if line.hbal_seconds else None
    ratio = line.improve_score / line.hbal_score if line.hbal_score else None
    least = line.bound / line.hbal_score if line.bound is not None and line.hbal_score else None
    return (
        f"{line.nodes:5} {line.seed:4} {line.before:8.4f} |"
        f" {_cell(line.hbal_moves, '11')} {_cell(line.hbal_score, '.5f')}"
        f" {_cell(line.hbal_seconds, '9.2f')} | {line.descent_score:15.5f} {line.descent_seconds:8.4f} "
        f" {_cell(line.same_moves, '4')} {_cell(faster, '10.0f')} | {line.improve_score:28.5f} {_cell(ratio, '7.3f')}"
        f" {_cell(least, '6.3f')} {line.improve_seconds:7.4f} | {line.free_moves:15} {line.free_score:.5f}"
        f" {line.free_seconds:8.4f} | {line.peak_mib:.0f}"
    )


def _cell(value: float | None, form: str) -> str:
    return "-".rjust(int(form.split(".", maxsplit=1)[0] or 7)) if value is None else format(value, form)


def measured(nodes: int, seed: int, *, with_hbal: bool) -> Line:
    """Everything about one pool."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.data"
        subprocess.run(
            [sys.executable, SHARED / "gen_ganeti.py", str(nodes), str(PER_NODE), "rbd", path, str(seed)],
            check=True,
            capture_output=True,
        )
        content = path.read_bytes()
        cluster = read_cluster(content, path.name).cluster
        if cluster is None:
            raise ValueError(f"{path} cannot be read")
        moves, seconds = hbal(path) if with_hbal else (None, None)
        homes = dict(moves or ())
        score = referee(path, moved_cluster(content, cluster, homes)) if moves is not None else None
        descent, descent_seconds = timed(lambda: rebalance(cluster, Aim.DESCENT))
        count = len(moves) if moves is not None else len(descent.steps)
        improved, improve_seconds = timed(lambda: rebalance(cluster, Aim.IMPROVE, count))
        free, free_seconds = timed(lambda: rebalance(cluster, Aim.IMPROVE))
        ours = [(move.vm, move.target) for move in descent.moves()]
        return Line(
            nodes,
            seed,
            descent.scores[0],
            None if moves is None else len(moves),
            score,
            seconds,
            len(descent.steps),
            referee(path, moved_cluster(content, cluster, descent.homes)),
            descent_seconds,
            None if moves is None else ours == moves,
            len(improved.steps),
            referee(path, moved_cluster(content, cluster, improved.homes)),
            improve_seconds,
            bound(cluster, count),
            len(free.steps),
            referee(path, moved_cluster(content, cluster, free.homes)),
            free_seconds,
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )


def timed(call: Callable[[], Proposal]) -> tuple[Proposal, float]:
    """What a plan is, and the processor seconds that it took; the median of three where it is quick."""
    began = time.process_time()
    result = call()
    taken = [time.process_time() - began]
    while taken[0] < 1 and len(taken) < 3:
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return result, sorted(taken)[len(taken) // 2]


def hbal(path: Path) -> tuple[list[tuple[str, str]], float]:
    """The moves of hbal, and the processor seconds of its process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["hbal", "-t", path], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return [(found[1], found[2]) for found in _MOVE.finditer(done.stdout)], seconds


def referee(path: Path, text: str) -> float:
    """What hbal calls the score of a result."""
    result = path.with_suffix(".after")
    result.write_text(text)
    done = subprocess.run(["hbal", "-t", result, "-l", "0"], check=True, capture_output=True, text=True)
    found = _SCORE.search(done.stdout)
    if found is None:
        raise ValueError(f"hbal says nothing of a score: {done.stdout}{done.stderr}")
    return float(found[1])


def bound(cluster: Cluster, moves: int) -> float | None:
    """A score that no plan with so many moves can go below, where they just do for equal numbers of machines.

    With as many moves as there are machines too many, either each goes from a host with too many to one with too few
    and nothing else moves, or the numbers stay unequal, which alone costs 4 * sqrt(2 / hosts). In the first case a
    host's memory and vCPUs lie between bounds; shares within them and with their sum are closest where they are cut
    from one level. Memory and vCPUs are taken each for itself, so the truth is higher still.
    """
    hosts = cluster.hosts
    count = sum(len(host.vms) for host in hosts)
    equal, rest = divmod(count, len(hosts))
    if rest or moves != sum(max(len(host.vms) - equal, 0) for host in hosts):
        return None
    spread = 0.0
    for memory in (True, False):

        def sizes(vms: Sequence[object], memory: bool = memory) -> list[int]:  # noqa: FBT001 - bound in the loop
            return sorted(_size(vm, memory=memory) for vm in vms)

        leaving = sizes([vm for host in hosts if len(host.vms) > equal for vm in host.vms])
        low, high, held = list[float](), list[float](), list[float]()
        for host in hosts:
            here = sizes(host.vms)
            scale = host.memory if memory else host.cpus
            other = host.memory - (host.free or 0) - sum(here) if memory else 0
            lacking = equal - len(here)
            if lacking > 0:
                low.append((other + sum(here) + sum(leaving[:lacking])) / scale)
                high.append((other + sum(here) + sum(leaving[-lacking:])) / scale)
            else:
                low.append((other + sum(here[:equal])) / scale)
                high.append((other + sum(here[-equal:])) / scale)
            held.append((other + sum(here)) / scale)
        spread += least_spread(low, high, sum(held))
    return min(spread, 4 * sqrt(2 / len(hosts)))


def _size(vm: object, *, memory: bool) -> int:
    size: int = getattr(vm, "needs" if memory else "vcpus")
    return size


def least_spread(low: Sequence[float], high: Sequence[float], total: float) -> float:
    """The least standard deviation of numbers within bounds and with a given sum (hosts all of one size)."""
    below, above, values = min(low), max(high), list(low)
    for _ in range(200):
        level = (below + above) / 2
        values = [min(max(level, least), most) for least, most in zip(low, high, strict=True)]
        if sum(values) < total:
            below = level
        else:
            above = level
    return pstdev(values)


if __name__ == "__main__":
    sys.exit(main())
