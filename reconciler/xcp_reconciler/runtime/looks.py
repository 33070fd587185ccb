"""Which look an object may be decided on, and which decisions want a second one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from xcp_reconciler.model.decision import Decision, Gone
from xcp_reconciler.model.history import History
from xcp_reconciler.model.ops import MigrateVm, Op
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.refs import Ref, pool_ref
from xcp_reconciler.runtime.pools import OpenPool
from xcp_reconciler.runtime.risk import irrevocable
from xcp_reconciler.runtime.schedule import Priority
from xcp_reconciler.runtime.view import Look

# A decision is taken on a look that is at most so old (seconds). Where thousands wait for one look, the last of them
# use it late: then it may be older. What cannot be taken back is decided again on a newer one (`risk`).
_OLDEST_LOOK_S: Final = 2.0
_OLDEST_SHARED_S: Final = 10.0
_OLDEST_SECOND_S: Final = 5.0

Ask = Callable[[Ref, float, Priority], None]


@dataclass(frozen=True, slots=True)
class FirstSight:
    """What was decided once and cannot be taken back, on the look `seen`; the second look is to be above `mark`."""

    mark: int
    seen: int
    what: tuple[Op | Gone, ...]


class Looks:
    """What each object waits to see; remembered only for as long as this process runs.

    `_after` holds, for each object that we wrote to, the mark that a usable look must be above, `_came` the serial of
    the look that an object waited for, `_again` what of it is to be decided once more, `_placed` the last look on
    which each pool was placed.
    """

    def __init__(self, clock: Clock, ask: Ask) -> None:
        self._clock = clock
        self._ask = ask
        self._after: dict[Ref, int] = {}
        self._came: dict[Ref, int] = {}
        self._again: dict[Ref, FirstSight] = {}
        self._placed: dict[str | None, int] = {}

    def suffice(self, ref: Ref, opened: OpenPool) -> bool:
        """Whether the last look shows all that we did to an object ourselves, and is not too old."""
        look = opened.view.look
        if look is None or look.serial <= self._after.get(ref, 0):
            return False
        came = self._came.get(ref)
        oldest = _OLDEST_SHARED_S if came is not None and came <= look.serial else _OLDEST_LOOK_S
        return self._recent(look, oldest)

    def taken(self, ref: Ref) -> FirstSight | None:
        """A look is used to decide about an object; what is to be decided for the second time."""
        self._after.pop(ref, None)
        self._came.pop(ref, None)
        return self._again.pop(ref, None)

    def outdated(self, ref: Ref, mark: int) -> None:
        """Something was done to an object: only a look above `mark` shows it."""
        self._after[ref] = mark

    def placed(self, pool: str, serial: int) -> None:
        """A pool was placed on this look."""
        self._placed[pool] = serial

    def forget(self, ref: Ref) -> None:
        """The object is gone."""
        self.taken(ref)

    def park(self, ref: Ref, opened: OpenPool, *, first: bool) -> None:
        """Come back when there is a look that shows what we did ourselves, without holding up anybody.

        `first` says that nothing was decided about the object yet.
        """
        priority = Priority.NEWS if first or ref in self._after else Priority.ROUTINE
        view = opened.view
        mark = max(self._after.get(ref, 0), view.look.serial if view.look is not None else 0)

        def wake() -> None:
            if view.look is not None:
                self._came[ref] = view.look.serial
            self._ask(ref, self._clock.now(), priority)

        view.want(mark, wake)

    # --- what is decided twice

    def is_certain(self, decision: Decision, history: History, opened: OpenPool, first: FirstSight | None) -> bool:
        """Whether a decision can be taken back, or is the same on two looks, the second of them a moment ago."""
        what = irrevocable(decision, history)
        if not what:
            return True
        look = opened.view.look
        if first is None or look is None or first.what != what:
            return False
        if _moves(what) and self._placed.get(opened.view.pool, 0) < first.seen:
            # Whoever was moved by somebody else may stay there, and the pool has not said so yet.
            return False
        return look.serial > first.mark and self._recent(look, _OLDEST_SECOND_S)

    def once_more(
        self, ref: Ref, decision: Decision, history: History, opened: OpenPool, first: FirstSight | None
    ) -> None:
        """Come back with a look that begins after now; before a machine is moved, its pool is placed."""
        what, mark = irrevocable(decision, history), opened.view.mark()
        seen = first.seen if first is not None and first.what == what else mark
        self._after[ref], self._again[ref] = mark, FirstSight(mark, seen, what)
        if _moves(what):
            self._ask(pool_ref(opened.view.pool), self._clock.now(), Priority.NEWS)
        self.park(ref, opened, first=False)

    def _recent(self, look: Look, oldest: float) -> bool:
        """Whether a look ended at most `oldest` seconds ago; one from the future is from before the clock was set."""
        return 0 <= self._clock.now() - look.over <= oldest


def _moves(what: tuple[Op | Gone, ...]) -> bool:
    return any(isinstance(op, MigrateVm) for op in what)
