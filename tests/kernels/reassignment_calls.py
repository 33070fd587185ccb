"""Calls of the reassignment kernel, their answers as plain values, and both twins by name."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from xcp_kernels._reference import reassignment as reference
from xcp_kernels.selection import chosen
from xcp_kernels.workload import FIGURES, Figure, Flaw, Status, Walk, Workload

try:
    _compiled, _ = chosen("reassignment")
except ImportError:
    _compiled = reference
TWINS: Final[dict[str, ModuleType]] = {"reference": reference}
if _compiled is not reference:
    TWINS["compiled"] = _compiled


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk says."""

    status: Status
    flaw: Flaw
    culprit: int
    cost: int
    best_cost: int
    taken: int
    at: tuple[int, ...]
    best: tuple[int, ...]


def anneal(kernel: ModuleType, workload: Workload, walk: Walk, at: Sequence[int] | None = None) -> Walked:
    """A walk from an assignment; from home where none is given."""
    now, figures = array("q", workload.home if at is None else at), array("q", [-1] * FIGURES)
    best = array("q", [-1] * len(now))
    status = Status(kernel.anneal(workload, walk, now, best, figures))
    return Walked(
        status,
        Flaw(figures[Figure.FLAW]),
        figures[Figure.CULPRIT],
        figures[Figure.COST],
        figures[Figure.BEST],
        figures[Figure.TAKEN],
        tuple(now),
        tuple(best),
    )


def cost(kernel: ModuleType, workload: Workload, at: Sequence[int]) -> tuple[Status, Flaw, int, int]:
    """Status, flaw, culprit and cost."""
    figures = array("q", [-1] * FIGURES)
    status = Status(kernel.cost(workload, array("q", at), figures))
    return status, Flaw(figures[Figure.FLAW]), figures[Figure.CULPRIT], figures[Figure.COST]
