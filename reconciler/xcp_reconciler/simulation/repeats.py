"""Whether anything is asked for again that was granted a moment ago."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from xcp_reconciler.model.ops import Op
from xcp_reconciler.simulation.oracles import Oracle

# What is asked for again later may have its reasons: a guest that does not listen is asked again.
_MOMENT_S: Final = 5.0


@dataclass
class Repeats:
    """Hears of every op that begins and of every one that is accepted, in the hypervisors' time.

    Only as long as nothing has gone wrong: after a fault it may well be right to ask twice.
    """

    broken: Callable[[Oracle, str], None]
    _accepted: dict[Op, float] = field(default_factory=dict[Op, float])

    def begins(self, op: Op, now: float, *, gone_wrong: bool) -> None:
        """An op begins; `gone_wrong` is whether there has been a fault."""
        before = self._accepted.pop(op, None)
        if before is not None and not gone_wrong and now - before < _MOMENT_S:
            self.broken(Oracle.REPEATED, f"{type(op).__name__} of {op.ref} {now - before:.1f} s after it was accepted")

    def accepted(self, op: Op, now: float) -> None:
        """A call was accepted."""
        self._accepted[op] = now

    def news(self) -> None:
        """The owner wants something else, or somebody has done something: it may be right to ask again."""
        self._accepted.clear()
