"""Which moves of a plan may be made at the same time: while a machine moves it is at both ends."""

from collections.abc import Iterable

from xcp_reconciler.plan.rebalance.arrays import Ground
from xcp_reconciler.plan.rebalance.ledger import Ledger

Step = tuple[int, int]


class Wave:
    """Moves that are made at once, and no more than so many machines at a time."""

    def __init__(self, ground: Ground, lingering: Iterable[Step], most: int | None) -> None:
        """`lingering` are items that are on their way to where they are counted, and the hosts that they still are on.

        `most` is how many machines may set off; None: any number.
        """
        self.steps: list[Step] = []
        self._ground = ground
        self._ledger = Ledger(ground)
        self._left = most
        for item, source in lingering:
            self._ledger.lingers(item, source)

    def add(self, item: int, host: int) -> bool:
        """Whether the item may set off for the host now, beside all that does; then it does."""
        full = self._left is not None and self._left < 1
        if full or any(moved == item for moved, _ in self.steps) or not self._ledger.may(item, host):
            return False
        self._ledger.arrives(item, host)
        if self._left is not None:
            self._left -= len(self._ground.items[item].vms)
        self.steps.append((item, host))
        return True

    def follow(self, steps: Iterable[Step]) -> None:
        """Set off in this order, up to the first that has to wait for another."""
        for item, host in steps:
            if not self.add(item, host):
                return
