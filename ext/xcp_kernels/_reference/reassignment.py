"""Google's machine reassignment (ROADEF/EURO 2012): the specification, and what runs where nothing was compiled."""

from collections.abc import Sequence

from xcp_kernels._reference.annealing import anneal as walked
from xcp_kernels._reference.arrays import IntegersOut
from xcp_kernels._reference.books import Books
from xcp_kernels._reference.workload_flaws import check_shape, check_walk, find_flaw
from xcp_kernels.workload import Figure, Flaw, Status, Walk, Workload


def cost(workload: Workload, at: Sequence[int], figures_out: IntegersOut) -> int:
    """What an assignment costs, or the first flaw of the workload or of it; a Status.

    Raises:
        ValueError: the arrays do not fit together.
    """
    return Status.INVALID if _opened(workload, at, figures_out) is None else Status.DONE


def anneal(
    workload: Workload, walk: Walk, at_inout: IntegersOut, best_out: IntegersOut, figures_out: IntegersOut
) -> int:
    """Walk on from an assignment that breaks no rule, to another; the best on the way is kept. A Status.

    No assignment on the way breaks a rule. The same walk from the same assignment is the same, wherever it is made.

    Raises:
        ValueError: the arrays do not fit together, or the walk has no temperature.
    """
    check_walk(walk)
    if len(best_out) != len(at_inout):
        raise ValueError("an output is not as long as what it is about")
    books = _opened(workload, at_inout, figures_out)
    if books is None:
        return Status.INVALID
    best, figures_out[Figure.BEST], figures_out[Figure.TAKEN] = walked(books, walk)
    figures_out[Figure.COST] = books.total
    for process, machine in enumerate(books.at):
        at_inout[process], best_out[process] = machine, best[process]
    return Status.DONE


def _opened(workload: Workload, at: Sequence[int], figures_out: IntegersOut) -> Books | None:
    check_shape(workload, at, figures=figures_out)
    for figure in Figure:
        figures_out[figure] = 0
    flaw, culprit = find_flaw(workload, at)
    books = None
    if flaw is Flaw.NONE:
        books = Books(workload, list(at))
        flaw, culprit = books.flaw()
    figures_out[Figure.FLAW], figures_out[Figure.CULPRIT] = flaw, culprit
    if books is None or flaw is not Flaw.NONE:
        return None
    figures_out[Figure.COST] = figures_out[Figure.BEST] = books.total
    return books
