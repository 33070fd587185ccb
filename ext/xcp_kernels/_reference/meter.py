"""How much work may still be done: counted in steps, and now and then looked up on the clock."""

import math
import time
from typing import Final

_LOOK_EVERY: Final = 1024


class Meter:
    """Counts steps. `most` is how many there may be (-1: any number), `deadline` a time of `time.monotonic`."""

    def __init__(self, most: int, deadline: float) -> None:
        self.steps = 0
        self.over = False
        self._most = most
        self._deadline = deadline
        self._until = math.inf

    def begin_turn(self, steps: float) -> None:
        """From now on `spend` says no after so many steps, until the next turn begins."""
        self._until = self.steps + steps

    @property
    def tired(self) -> bool:
        """Whether the turn is over, or everything is."""
        return self.over or self.steps > self._until

    def spend(self, steps: int = 1) -> bool:
        """Count some steps; False when there is no more to be spent."""
        before = self.steps // _LOOK_EVERY
        self.steps += steps
        if self._most >= 0 and self.steps > self._most:
            self.over = True
        elif self.steps // _LOOK_EVERY != before and self._deadline < math.inf:
            self.over = self.over or time.monotonic() >= self._deadline
        return not self.tired
