"""What may go wrong in a history, drawn from its tape: some kinds of faults and not others, some often, some seldom.

Swarm testing (Groce et al., ISSTA 2012): histories in which few kinds of faults happen often find more than histories
in which every kind happens seldom.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from xcp_reconciler.simulation.fault import CrashPoint, Fault
from xcp_reconciler.simulation.tape import Tape

# In percent of the occasions of each kind, where it happens at all.
_RATES: Final[Mapping[Fault, tuple[int, int]]] = {
    Fault.REPLY_LOST: (6, 20),
    Fault.APPLIED_LATER: (4, 15),
    Fault.NEVER_APPLIED: (4, 15),
    Fault.BUSY: (4, 15),
    Fault.UNREACHABLE: (4, 15),
    Fault.STALE_ERROR: (4, 15),
    Fault.SLOW: (5, 30),
    Fault.STALE_LOOK: (5, 25),
    Fault.MIXED_LOOK: (5, 25),
    Fault.EMPTY_LOOK: (3, 10),
    Fault.HINT_DROPPED: (20, 100),
    Fault.HINT_DOUBLED: (20, 100),
    Fault.HINT_LATE: (20, 100),
    Fault.HINTS_LOST: (10, 30),
    Fault.STORE_FULL: (3, 10),
    Fault.STORE_ERROR: (3, 10),
    Fault.STORE_LOCKED: (5, 20),
    Fault.TORN_LOG: (2, 6),
}
# What happens to hosts and machines: so often in a history, at most.
_WEATHER: Final[Mapping[Fault, int]] = {
    Fault.HOST_CUT: 2,
    Fault.HOST_DIES: 1,
    Fault.PLUG_PULLED: 2,
    Fault.GUEST_BALLOON: 1,
    Fault.FREEZE: 1,
    Fault.CLOCK_STEP: 2,
    Fault.SECOND_ACTOR: 1,
}
# Hints are cheap and many: only the others use up what a history may bear.
FREE: Final = frozenset({Fault.HINT_DROPPED, Fault.HINT_DOUBLED, Fault.HINT_LATE, Fault.HINTS_LOST, Fault.SLOW})
_KINDS_IN_TEN: Final = 3
_MOST_CRASHES: Final = 3
_LATEST_EFFECT: Final = 20
_MOST_FAULTS: Final = 12
_PROVES_IDLE: Final = 2
_POINTS: Final = tuple(CrashPoint)


@dataclass(frozen=True, slots=True)
class Swarm:
    """`rates` in percent; `crashes` so many effects after the last one; `weather` in the order in which it comes.

    `proves_idle` is whether hypervisors can tell that no call of an earlier process is under way; libvirt cannot.
    """

    rates: Mapping[Fault, int] = field(default_factory=dict[Fault, int])
    crashes: tuple[tuple[int, CrashPoint], ...] = ()
    weather: tuple[Fault, ...] = ()
    budget: int = 0
    proves_idle: bool = False


CALM: Final = Swarm()


def drawn(tape: Tape, without: frozenset[Fault]) -> Swarm:
    """The swarm of one history. A tape of zeros draws none."""
    rates: dict[Fault, int] = {}
    for fault, (least, most) in _RATES.items():
        on = tape.choose(10) >= 10 - _KINDS_IN_TEN
        rate = least + tape.choose(most - least + 1)
        if on and fault not in without:
            rates[fault] = rate
    crashes = tuple(
        (1 + tape.choose(_LATEST_EFFECT), _POINTS[tape.choose(len(_POINTS))])
        for _ in range(tape.choose(_MOST_CRASHES + 1))
    )
    weather: list[Fault] = []
    for fault, most in _WEATHER.items():
        many = tape.choose(most + 1) if tape.choose(10) >= 10 - _KINDS_IN_TEN else 0
        if fault not in without:
            weather.extend([fault] * many)
    budget = 1 + tape.choose(_MOST_FAULTS)
    proves_idle = tape.choose(3) == _PROVES_IDLE
    return Swarm(rates, crashes if Fault.CRASH not in without else (), tuple(weather), budget, proves_idle)
