"""A plan of moves for a pool, however the pool was described: made, timed, and put into the form that is shown."""

from time import perf_counter

from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.model.cluster import Cluster
from xcp_reconciler.plan.rebalance import Aim, Proposal, rebalance
from xcp_reconciler.report.rebalance import RebalanceView


def proposed(pool: Cluster, aim: Aim, most: int | None) -> tuple[Proposal, float]:
    """The plan, and the seconds that it took.

    Raises:
        CommandError: the pool cannot be computed with.
    """
    began = perf_counter()
    proposal = rebalance(pool, aim, most)
    seconds = perf_counter() - began
    if proposal.flaws:
        raise CommandError("this pool cannot be computed with", *proposal.flaws[:25])
    return proposal, seconds


def view_of(proposal: Proposal, seconds: float, *, explain: bool) -> RebalanceView:
    """What is shown of it."""
    return RebalanceView(
        proposal.moves(explain=explain),
        proposal.scores[0],
        proposal.scores[-1],
        seconds,
        proposal.violations_before,
        proposal.left(),
    )
