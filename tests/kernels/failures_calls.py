"""Calling the host-failure check, compiled or readable, with plain lists, and what comes back."""

import importlib
import math
from array import array
from collections.abc import Sequence
from types import ModuleType
from typing import Final, NamedTuple

from xcp_kernels._reference import failures as reference
from xcp_kernels.verdict import Figure, Verdict

compiled: Final = importlib.import_module("xcp_kernels._failures")
TWINS: Final = {"compiled": compiled, "reference": reference}


class Host(NamedTuple):
    """What the machines of a host may have together, and what each of them has."""

    room: int
    sizes: tuple[int, ...] = ()

    @property
    def free(self) -> int:
        """What is left of the room."""
        return self.room - sum(self.sizes)


class Answer(NamedTuple):
    """The verdict, the set or the host of each machine that comes with it, and the figures."""

    verdict: int
    out: tuple[int, ...]
    figures: tuple[int, ...]

    @property
    def lost(self) -> frozenset[int]:
        """The hosts of the set."""
        return frozenset(host for host, gone in enumerate(self.out) if gone)


def arrays(pool: Sequence[Host]) -> tuple["array[int]", "array[int]", "array[int]"]:
    """Offsets, sizes and rooms."""
    offsets, sizes = array("q", [0]), array("q")
    for host in pool:
        sizes.extend(host.sizes)
        offsets.append(len(sizes))
    return offsets, sizes, array("q", [host.room for host in pool])


def tolerates(
    kernel: ModuleType, pool: Sequence[Host], failures: int, *, work: int = -1, deadline: float = math.inf
) -> Answer:
    """Whether all come back when any so many hosts are lost."""
    lost, figures = array("q", [9] * len(pool)), array("q", [9] * len(Figure))
    verdict = kernel.tolerates(*arrays(pool), failures, work, deadline, lost, figures)
    return Answer(Verdict(verdict), tuple(lost), tuple(figures))


def restart(
    kernel: ModuleType, pool: Sequence[Host], lost: frozenset[int], *, work: int = -1, deadline: float = math.inf
) -> Answer:
    """Where all are when these hosts are lost."""
    offsets, sizes, room = arrays(pool)
    gone = array("q", [int(host in lost) for host in range(len(pool))])
    where, figures = array("q", [9] * len(sizes)), array("q", [9] * len(Figure))
    verdict = kernel.restart(offsets, sizes, room, gone, work, deadline, where, figures)
    return Answer(Verdict(verdict), tuple(where), tuple(figures))
