"""How many passes it takes from the last fault until everything is as declared."""

from collections import Counter
from dataclasses import dataclass, field

from xcp_reconciler.refs import Ref


@dataclass
class Passes:
    """Counts the decisions about each object that were news: another one than before, or one to act.

    A decision on inputs that changed without consequence is none; a fault begins the count anew.
    """

    counts: Counter[Ref] = field(default_factory=Counter[Ref])

    def decided(self, ref: Ref) -> None:
        """There was a decision."""
        self.counts[ref] += 1

    def fault(self) -> None:
        """There was a fault."""
        self.counts.clear()

    @property
    def most(self) -> int:
        """The number of the object that needed the most."""
        return max(self.counts.values(), default=0)

    def over(self, bound: int) -> list[Ref]:
        """The objects that needed more."""
        return sorted(ref for ref, many in self.counts.items() if many > bound)
