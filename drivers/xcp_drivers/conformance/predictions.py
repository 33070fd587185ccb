"""What was said of an op beforehand, and what came of it.

Masked are the fields on which guests and backends have the last word: memory held, space used, why a machine halted.
"""

from dataclasses import dataclass, replace

from xcp_reconciler.model.observed import (
    Balloon,
    HaltReason,
    Observed,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
)
from xcp_reconciler.model.ops import Call, Op
from xcp_reconciler.plan.effects import completed, issued


@dataclass(frozen=True, slots=True)
class Prediction:
    """An op with the copies before it, the calls shown and made, and the copies after it."""

    op: Op
    before: tuple[Observed, ...]
    shown: tuple[Call, ...]
    made: tuple[Call, ...]
    after: tuple[Observed, ...]

    def as_issued(self) -> bool:
        """Whether the world shows what `issued` said, or already what `completed` said."""
        seen = _masked(self.after)
        return seen in (_masked(issued(self.op, self.before)), _masked(completed(self.op, self.before)))


def _masked(copies: tuple[Observed, ...]) -> list[Observed]:
    return sorted({mask(copy) for copy in copies}, key=repr)


def mask(copy: Observed) -> Observed:
    """A copy without what its guest and its backend move by themselves."""
    match copy:
        case ObservedVm():
            live = None
            if copy.live is not None:
                live = replace(copy.live, memory_target=0, description="")
            return replace(
                copy,
                live=live,
                memory_actual=None,
                balloon=Balloon.UNKNOWN,
                halt_reason=HaltReason.UNKNOWN,
                since=None,
            )
        case ObservedVolume():
            # On shared storage every host shows the same file, each as soon as it looks.
            return replace(copy, host="", allocation_bytes=0)
        case ObservedStorage():
            return replace(copy, capacity_bytes=0, available_bytes=0)
        case ObservedNetwork():
            return copy
