"""Which machine should be where, from a description of the pool alone; nothing here moves anything."""

from xcp_reconciler.plan.rebalance.batch import Placed, place_batch
from xcp_reconciler.plan.rebalance.proposal import Aim, Move, Proposal, rebalance

__all__ = ["Aim", "Move", "Placed", "Proposal", "place_batch", "rebalance"]
