"""Which machine should move where, from a description of the pool alone; nothing here moves anything."""

from xcp_reconciler.plan.rebalance.proposal import Aim, Move, Proposal, rebalance

__all__ = ["Aim", "Move", "Proposal", "rebalance"]
