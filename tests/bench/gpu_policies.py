"""The paper's policies, one machine after the other: Fragmentation Gradient Descent, best-fit, GPU packing.

Re-implemented after the authors' simulator (hkust-adsl/kubernetes-scheduler-simulator): their definition of a
fragment, their integer scores from 0 to 100, the host that comes first among equals. Only processors and GPUs count in
their scores; memory has to suffice. Scores are kept for each sort of machine and taken anew where a host changed.
"""

from collections.abc import Callable, Sequence
from math import exp, floor
from typing import Final

from tests.bench.gpu_arrivals import WHOLE, Ask, Trace

MOST_CPU: Final = 128_000
MOST_GPU: Final = 8 * WHOLE
_NONE: Final = -1


class Host:
    """What is left of a host."""

    __slots__ = ("cpu", "gpus", "memory", "whole")

    def __init__(self, cpu: int, memory: int, gpus: Sequence[int], whole: int) -> None:
        self.cpu = cpu
        self.memory = memory
        self.gpus = list(gpus)
        self.whole = whole

    def fits(self, ask: Ask) -> bool:
        """Whether it has room."""
        if ask.cpu > self.cpu or ask.memory > self.memory:
            return False
        return sum(left >= ask.each for left in self.gpus) >= ask.gpus

    def with_it(self, ask: Ask, gpu: int | None = None) -> "Host":
        """What would be left: a share of the GPU that is named, or whole ones, those with least left first."""
        after = Host(self.cpu - ask.cpu, self.memory - ask.memory, self.gpus, self.whole)
        if gpu is not None:
            after.gpus[gpu] -= ask.each
        else:
            able = [k for k, left in enumerate(self.gpus) if left >= ask.each]
            for k in sorted(able, key=lambda k: self.gpus[k])[: ask.gpus]:
                after.gpus[k] -= ask.each
        return after


Choice = tuple[int, int | None]
Score = Callable[[Host, Ask], Choice]
"""How good a host is for a machine, and which GPU it would share."""


def place(trace: Trace, arrivals: Sequence[Ask], score: Score) -> list[bool]:
    """Which of the arrivals find a place."""
    hosts = [Host(node.cpu, node.memory, [WHOLE] * node.gpus, node.gpus) for node in trace.nodes]
    kept: dict[Ask, tuple[list[int], list[int | None], int]] = {}
    log, found = list[int](), list[bool]()
    for ask in arrivals:
        scores, gpus, known = kept.get(ask, ([_NONE] * len(hosts), [None] * len(hosts), -1))
        for k in set(log[known:]) if known >= 0 else range(len(hosts)):
            scores[k], gpus[k] = score(hosts[k], ask) if hosts[k].fits(ask) else (_NONE, None)
        kept[ask] = scores, gpus, len(log)
        best = max(scores)
        found.append(best != _NONE)
        if best != _NONE:
            k = scores.index(best)
            hosts[k] = hosts[k].with_it(ask, gpus[k])
            log.append(k)
    return found


def _shared(host: Host, ask: Ask) -> int | None:
    """The GPU with least left of those that have room for a share."""
    if ask.gpus != 1 or ask.each >= WHOLE:
        return None
    return min((k for k, left in enumerate(host.gpus) if left >= ask.each), key=lambda k: host.gpus[k])


def best_fit(host: Host, ask: Ask) -> Choice:
    """The less would be left of processors and GPUs, the better."""
    left = (host.cpu - ask.cpu) / MOST_CPU * 0.5 + (sum(host.gpus) - ask.gpu) / MOST_GPU * 0.5
    return floor((1 - left) * 100), _shared(host, ask)


def packing(host: Host, ask: Ask) -> Choice:
    """First GPUs that are shared already, then free ones of used hosts, then those of free hosts."""
    if not ask.gpus:
        return 0, None
    free = sum(left == WHOLE for left in host.gpus)
    if free == host.whole:
        return max(33 - free, free), _shared(host, ask)
    used = sorted(left for left in host.gpus if left >= ask.each)[: ask.gpus]
    if WHOLE in used:
        return max(50 - used.count(WHOLE), 33), _shared(host, ask)
    return max(100 - sum(left * 100 // WHOLE for left in used) // 10, 50), _shared(host, ask)


def gradient(trace: Trace) -> Score:
    """The more fragments fall, the better; fragments are by the typical machines of the trace."""
    typical = trace.typical(memory=False)
    whole = sum(count for _, count in typical)
    sizes: dict[tuple[int, tuple[int, ...]], float] = {}

    def fragments(host: Host) -> float:
        key = host.cpu, tuple(sorted(host.gpus))
        if key not in sizes:
            left, usable = sum(host.gpus), 0
            for ask, count in typical:
                able = [one for one in host.gpus if one >= ask.each]
                if ask.gpus and host.cpu >= ask.cpu and len(able) >= ask.gpus:
                    usable += count * sum(able)
            sizes[key] = left - usable / whole
        return sizes[key]

    def score(host: Host, ask: Ask) -> Choice:
        before = fragments(host)

        def gain(gpu: int | None) -> int:
            return floor(100 / (1 + exp(-(before - fragments(host.with_it(ask, gpu))) / WHOLE)))

        if ask.gpus != 1 or ask.each >= WHOLE:
            return gain(None), None
        gains = [(gain(k), -k) for k, left in enumerate(host.gpus) if left >= ask.each]
        best, gpu = max(gains)
        return best, -gpu

    return score
