"""What each numbered piece is: a scenario, and where its command is killed."""

import random
from dataclasses import dataclass
from typing import Final

from tests.lab.ledger import Effect, Fault, Moment
from tests.proof.kills.scenario import Scenario
from tests.proof.kills.scenarios import SCENARIOS

_SEVERAL: Final = (2, 2, 3)
"""How many kills a life has that has several."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One life: a command that is killed once for each kill, each time in its next run, and then runs to its end."""

    number: int
    scenario: Scenario
    kills: tuple[Fault, ...]

    @property
    def about(self) -> str:
        """Say where the kills are meant to be."""
        places = ", then ".join(f"{kill.moment.value} {kill.nth}" for kill in self.kills)
        return f"piece {self.number}: {self.scenario.name}, killed {places}"


def _walk() -> tuple[tuple[Scenario, Fault], ...]:
    """Give every call of every scenario, in both moments; and for each scenario one more, which nobody may reach."""
    return tuple(
        (scenario, Fault(nth, moment, Effect.KILL_CALLER))
        for scenario in SCENARIOS
        for nth in range(1, scenario.calls + 2)
        for moment in ((Moment.BEFORE_CALL,) if nth > scenario.calls else Moment)
    )


WALK: Final = _walk()


def piece_of(number: int) -> Piece:
    """Give a piece: first the walk over all calls, then lives with several kills, drawn from the number alone."""
    if number < len(WALK):
        scenario, kill = WALK[number]
        return Piece(number, scenario, (kill,))
    chance = random.Random(f"kills {number}")  # noqa: S311 - to be had again
    scenario = chance.choice([scenario for scenario in SCENARIOS if scenario.calls > 1])
    left, kills = scenario.calls, list[Fault]()
    for _ in range(chance.choice(_SEVERAL)):
        nth = chance.randint(1, max(left, 1))
        kills.append(Fault(nth, chance.choice(list(Moment)), Effect.KILL_CALLER))
        # The call that died is made again by the next run, or was made: about so many are left.
        left -= nth - 1
    return Piece(number, scenario, tuple(kills))
