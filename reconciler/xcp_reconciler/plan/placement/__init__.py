"""Where machines live: the pool's own decision, with reasons. Pure."""

from xcp_reconciler.plan.placement.hosts import capacity, installed
from xcp_reconciler.plan.placement.place import place

__all__ = ["capacity", "installed", "place"]
