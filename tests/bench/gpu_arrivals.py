"""The Alibaba GPU trace of 2023 as the paper on fragmentation uses it: hosts, machines, and the order of arrivals."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from tests.bench.rebalance import SHARED

TRACE: Final = SHARED.parent / "data" / "alibaba-gpu-v2023"
WHOLE: Final = 1000
LOAD: Final = 1.3
TYPICAL: Final = 0.95


class Ask(NamedTuple):
    """What a machine asks for: thousandths of processors and of each GPU, MiB."""

    cpu: int
    memory: int
    gpus: int
    each: int

    @property
    def gpu(self) -> int:
        """Thousandths of GPUs in all."""
        return self.gpus * self.each


@dataclass(frozen=True, slots=True)
class Node:
    """A host: thousandths of processors, MiB, GPUs."""

    cpu: int
    memory: int
    gpus: int


@dataclass(frozen=True, slots=True)
class Trace:
    """Hosts and what asks for them, in the order of the files."""

    nodes: tuple[Node, ...]
    asks: tuple[Ask, ...]

    @property
    def gpu(self) -> int:
        """Thousandths of GPUs in all."""
        return sum(node.gpus for node in self.nodes) * WHOLE

    def arrivals(self, seed: int) -> list[Ask]:
        """All machines in a random order, then others drawn from the same, until they ask for 130 % of the GPUs."""
        random = Random(seed)  # noqa: S311 - a benchmark
        order = list(self.asks)
        random.shuffle(order)
        total = sum(ask.gpu for ask in order)
        while True:
            ask = self.asks[random.randrange(len(self.asks))]
            if total + ask.each > LOAD * self.gpu:
                return order
            total += ask.gpu
            order.append(ask)

    def typical(self, *, memory: bool) -> list[tuple[Ask, int]]:
        """The most frequent sorts that make up 95 %, and how often each comes; without memory as the paper has it."""
        counted = Counter(ask if memory else ask._replace(memory=0) for ask in self.asks if ask.gpus or not memory)
        found = list[tuple[Ask, int]]()
        for ask, count in sorted(counted.items(), key=lambda one: (one[1], one[0]), reverse=True):
            if sum(many for _, many in found) >= TYPICAL * counted.total():
                break
            found.append((ask, count))
        return found


def read_trace(folder: Path = TRACE, *, every_host: bool = False) -> Trace:
    """The trace as published: its hosts with GPUs, or every one.

    Raises:
        FileNotFoundError: it is not here.
    """
    with (folder / f"openb_node_list_{'all' if every_host else 'gpu'}_node.csv").open() as file:
        nodes = [Node(int(row["cpu_milli"]), int(row["memory_mib"]), int(row["gpu"])) for row in csv.DictReader(file)]
    with (folder / "openb_pod_list_default.csv").open() as file:
        asks = [
            Ask(int(row["cpu_milli"]), int(row["memory_mib"]), int(row["num_gpu"]), int(row["gpu_milli"] or 0))
            for row in csv.DictReader(file)
        ]
    return Trace(tuple(nodes), tuple(asks))
