"""How fast a batch is placed where every constraint binds, beside hspace: `python -m tests.bench.placement_rate`.

    python -m tests.bench.placement_rate 200 1000 --hspace 5 8 --json docs/bench/placement-rate.json

A pool of so many hosts gets somewhat more machines than it has room for, with memory, vCPUs, taints, storage, machines
that must part by host and by rack, whole and shared GPUs, vGPU profiles of one size for each GPU, NUMA nodes, and a
reserve for the loss of any four hosts. hspace fills empty pools of so many nodes of gen_ganeti.py with machines of
4 GiB (and before these, as it always does, with machines of the largest size), with its check that any one node may be
lost and without. Rates are of processor time, ours with the checks of the arrays, hspace's of the whole process.
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
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

from tests.bench.placement_pool import FAILURES, Batch, Books, drawn, pool_of, restarts
from tests.bench.rebalance import SHARED
from xcp_kernels import placement as kernel
from xcp_kernels.placement import IMPLEMENTATION, NOWHERE, REFUSALS, Order, Pool, Refusal

LEAST_SHARE: Final = 0.01
GATE: Final = 100
_PLACED: Final = re.compile(r"HTS_(?:TRL_INST_CNT|ALLOC_INSTANCES)=([0-9]+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One pool; seconds of processor time."""

    who: str
    hosts: int
    placed: int
    refused: int
    """Machines without a place; hspace stops at the first."""
    seconds: float

    @property
    def rate(self) -> float:
        """Placements a second; the time is also that of finding no place for the others."""
        return self.placed / self.seconds


def ours(batch: Batch, pool: Pool) -> tuple[Line, Sequence[int], Sequence[int], Sequence[int]]:
    """The median of three; where each machine is, its parts, and who refused."""
    items, taken = len(pool.home), list[float]()
    hosts, parts = array("q", [0] * items), array("q", [0] * items)
    refused = array("q", [0] * items * REFUSALS)
    for _ in range(3):
        began = time.process_time()
        kernel.place(pool, Order.LARGEST_FIRST, hosts, parts, refused)
        taken.append(time.process_time() - began)
    placed = sum(host != NOWHERE for host in hosts)
    return Line("xcp", len(batch.hosts), placed, items - placed, sorted(taken)[1]), hosts, parts, refused


def judged(batch: Batch, at: Sequence[int], bits: Sequence[int]) -> tuple[dict[str, float], list[str]]:
    """How often each constraint refuses, of the pairs that it is about, and every rule that is broken.

    Machines are put where the kernel put them, one by one; every so often a machine asks every host before.
    """
    books, broken = Books(batch), list[str]()
    refused, asked = Counter[str](), Counter[str]()
    order = sorted(range(len(batch.vms)), key=lambda k: -batch.vms[k].memory)
    every = max(len(order) // 400, 1)
    for turn, k in enumerate(order):
        vm = batch.vms[k]
        if turn % every == 0:
            for number in range(len(batch.hosts)):
                found = books.refusals(vm, number)
                asked.update(found.keys())
                refused.update(name for name, wrong in found.items() if wrong)
        if at[k] != NOWHERE:
            broken += [f"{k} on {at[k]}: {name}" for name, wrong in books.refusals(vm, at[k]).items() if wrong]
            books.add(vm, at[k], bits[k])
    # Of those with most on them, any so many are lost.
    worst = sorted(range(len(batch.hosts)), key=lambda number: -books.memory[number])[:10]
    broken += [
        f"{lost} may not be lost" for lost in combinations(worst, FAILURES) if not restarts(batch, books, at, lost)
    ]
    return {name: refused[name] / asked[name] for name in asked}, broken + books.wrongs()


def hspace(nodes: int, limit: float, *, survives: bool) -> Line | None:
    """An empty pool filled; None where it takes longer than the limit, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.data"
        made = [sys.executable, str(SHARED / "gen_ganeti.py"), str(nodes), "0", "rbd", str(path)]
        subprocess.run(made, check=True, capture_output=True)
        words = ["hspace", "-t", str(path), "--machine-readable", "--disk-template", "rbd", "-l", "1000000"]
        words += ["--standard-alloc", "20480,4096,2", *([] if survives else ["--no-capacity-checks"])]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return None
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    placed = sum(int(found) for found in _PLACED.findall(done.stdout))
    return Line("hspace" if survives else "hspace, no N+1", nodes, placed, 0, seconds)


def main(words: Sequence[str] | None = None) -> int:
    """Run it; 1 where a rule is broken, does not bind, or ours is not 100 times as fast as hspace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hosts", nargs="*", type=int, default=[200, 1000])
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--hspace", nargs="*", type=int, default=[5, 8], help="nodes, with N+1")
    parser.add_argument("--without", nargs="*", type=int, default=[], help="nodes, without N+1")
    parser.add_argument("--limit", type=float, default=600, help="seconds for a run of hspace")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(words)
    if not (SHARED / "gen_ganeti.py").exists() or shutil.which("hspace") is None:
        sys.stderr.write(f"needs {SHARED}/gen_ganeti.py, and hspace from the package ganeti-htools\n")
        return 1
    lines, shares, wrong = list[Line](), dict[str, float](), False
    sys.stdout.write(f"kernel: {IMPLEMENTATION}\nwho             hosts  placed  refused    CPU s  placements/s\n")
    for count in chosen.hosts:
        batch = drawn(count, chosen.seed)
        line, at, bits, refused = ours(batch, pool_of(batch))
        show(line, lines)
        shares, broken = judged(batch, at, bits)
        pairs = len(batch.vms) * count
        shares["reserve, where nothing else does"] = sum(refused[Refusal.RESERVE :: REFUSALS]) / pairs
        wrong = wrong or bool(broken)
        sys.stdout.write("".join(f"  refused by {name}: {100 * share:.1f} %\n" for name, share in shares.items()))
        sys.stdout.write(f"  rules broken: {len(broken)} {' '.join(broken[:5])}\n")
    # On the largest pool everything has to bind; that of a smaller one may differ.
    wrong = wrong or min(shares.values()) < LEAST_SHARE
    peers = [(nodes, True) for nodes in chosen.hspace] + [(nodes, False) for nodes in chosen.without]
    for nodes, survives in peers:
        peer = hspace(nodes, chosen.limit, survives=survives)
        if peer is None:
            sys.stdout.write(f"hspace does not finish {nodes} nodes in {chosen.limit:g} s\n")
        else:
            show(peer, lines)
    # Of each way of hspace, the largest pool that it finished counts.
    for peer in {line.who: line for line in sorted(lines, key=lambda line: line.hosts) if line.who != "xcp"}.values():
        times = lines[len(chosen.hosts) - 1].rate / peer.rate
        sys.stdout.write(f"xcp at {chosen.hosts[-1]} hosts: {times:.0f} times {peer.who} at {peer.hosts}\n")
        wrong = wrong or times < GATE
    if chosen.json:
        data = {"kernel": IMPLEMENTATION, "refused": shares, "lines": [asdict(line) for line in lines]}
        chosen.json.write_text(json.dumps(data, indent=1) + "\n")
    return int(wrong)


def show(line: Line, lines: list[Line]) -> None:
    """One line of the table, as soon as it is known."""
    lines.append(line)
    sys.stdout.write(
        f"{line.who:15} {line.hosts:5} {line.placed:7} {line.refused:8} {line.seconds:8.3f} {line.rate:12,.0f}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
