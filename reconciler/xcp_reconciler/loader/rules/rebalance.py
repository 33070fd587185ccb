"""Rules within one Rebalance."""

from collections.abc import Iterator

from xcp_reconciler.api.rebalance import Rebalance
from xcp_reconciler.loader.finding import Finding


def check_rebalance(model: Rebalance) -> Iterator[Finding]:
    """A window in which moves can be counted."""
    spec = model.spec
    if spec.window == 0:
        message = "within no time no moves are counted, so nothing would limit them"
        yield Finding(("spec", "window"), message, "write how far back moves count, such as 1h")
