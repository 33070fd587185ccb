"""Which moves of a plan may be made at the same time: while a machine moves it is at both ends."""

from collections.abc import Iterable

from xcp_reconciler.plan.rebalance.arrays import Ground
from xcp_reconciler.plan.rebalance.ledger import Ledger

Step = tuple[int, int]


class Wave:
    """Moves that are made at once, and no more than so many machines at a time."""

    def __init__(self, ground: Ground, under_way: Iterable[Step], most: int | None) -> None:
        """`under_way` are the items that are on their way to where they are counted, and the hosts that they leave."""
        self.steps: list[Step] = []
        self._ground = ground
        self._ledger = Ledger(ground)
        self._left = most
        for item, source in under_way:
            self._ledger.lingers(item, source)
            self._take(item)

    def _take(self, item: int) -> None:
        if self._left is not None:
            self._left -= len(self._ground.items[item].vms)

    def add(self, item: int, host: int) -> bool:
        """Whether the item may set off for the host now, beside all that does; then it does."""
        full = self._left is not None and self._left < 1
        if full or any(moved == item for moved, _ in self.steps) or not self._ledger.may(item, host):
            return False
        self._ledger.arrives(item, host)
        self._take(item)
        self.steps.append((item, host))
        return True

    def follow(self, steps: Iterable[Step]) -> None:
        """Set off in this order, up to the first that has to wait for another."""
        for item, host in steps:
            if not self.add(item, host):
                return
