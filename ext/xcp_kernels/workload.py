"""What the reassignment kernel reads: machines, services and processes as flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

MOST_RESOURCES: Final = 64
MOST_MACHINES: Final = 1 << 16
MOST_SERVICES: Final = 1 << 20
MOST_PROCESSES: Final = 1 << 20
MOST_CELLS: Final = 1 << 28
"""Services times places, machines times machines and the like: every service counts its processes in every place."""
MOST_AMOUNT: Final = 1 << 40
"""Of one process, machine or price. No sum over all processes passes 2^60."""
MOST_COST: Final = 1 << 60
"""No assignment may cost more, by a bound that needs no assignment."""
BALANCE_FIELDS: Final = 4
FIGURES: Final = 5


class Flaw(IntEnum):
    """What is wrong with a workload or an assignment; the first that was found."""

    NONE = 0
    NEGATIVE = 1
    """A size, limit, weight or price is negative."""
    TOO_LARGE = 2
    """Larger than what can be summed exactly."""
    NO_SUCH_MACHINE = 3
    NO_SUCH_SERVICE = 4
    NO_SUCH_RESOURCE = 5
    NO_SUCH_PLACE = 6
    """A location or a neighbourhood whose number is negative, or not below the number of machines."""
    OVERFULL = 7
    """An assignment uses more than a machine has, what is held for those that leave counted where it is transient."""
    CONFLICT = 8
    """Two processes of a service on one machine."""
    SPREAD = 9
    """A service in fewer locations than it asks for."""
    DEPENDENCY = 10
    """A service in a neighbourhood without one that it needs there."""


class Status(IntEnum):
    """How a call ended."""

    DONE = 0
    INVALID = 1
    """Nothing was computed; the flaw says why."""


class Figure(IntEnum):
    """Where each figure of a call stands in `figures_out`."""

    FLAW = 0
    CULPRIT = 1
    """The number of the machine, service, process, resource or balance with the flaw."""
    COST = 2
    """Of the assignment where the walk ended."""
    BEST = 3
    """Of the best assignment."""
    TAKEN = 4
    """How many moves were made."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Google's machine reassignment, the problem of ROADEF/EURO 2012.

    R resources, M machines, S services, P processes; int64 arrays, all amounts in the units of their resource.

    The cost of an assignment, all in integers: for each machine and resource its weight for each unit above `safety`;
    for each machine and balance (r1, r2, target, weight) the weight for each unit of r2 that is free and missing from
    target times what is free of r1; for each process that is not at home its price and that of the way there, and once
    for all the most processes of one service that are not at home.
    """

    load_weight: Sequence[int]
    """[R]"""
    transient: Sequence[int]
    """[R] not 0: a process that leaves its home keeps what it uses there, beside what it uses where it goes."""
    capacity: Sequence[int]
    """[M * R]"""
    safety: Sequence[int]
    """[M * R] at most `capacity` in sound data; above it a unit costs."""
    location: Sequence[int]
    """[M] 0 to M - 1."""
    neighbourhood: Sequence[int]
    """[M] 0 to M - 1."""
    way: Sequence[int]
    """[M * M] the price of going from one machine to another."""
    spread: Sequence[int]
    """[S] in how many locations a service has to be."""
    need_start: Sequence[int]
    """[S + 1] where the services that each service needs begin in `need_of`."""
    need_of: Sequence[int]
    """Wherever a process of the service is, its neighbourhood has one of each of these."""
    service: Sequence[int]
    """[P]"""
    amount: Sequence[int]
    """[P * R]"""
    price: Sequence[int]
    """[P] of being away from home."""
    home: Sequence[int]
    """[P] the machine where each process is before anything moves; a sound assignment itself."""
    balance: Sequence[int]
    """[4 for each] r1, r2, target, weight."""
    price_weight: int
    service_weight: int
    way_weight: int


@dataclass(frozen=True, slots=True)
class Walk:
    """How to search: so many tries, with a temperature that falls from `hot` to `cold` by equal factors."""

    tries: int
    hot: float
    """> 0, in cost: about what a try may make it worse by."""
    cold: float
    """> 0, at most `hot`."""
    homing: float = 0.0
    """>= 0, in temperatures: how much a process is drawn home."""
    worth: float = 0.0
    """>= 0, in temperatures: what a process has to weigh to be moved; the lighter ones' time is when it is colder."""
    seed: int = 1
