"""Workloads drawn by a seeded random: small, tight, every rule in them, at home without a flaw; and hostile ones."""

from collections import defaultdict
from dataclasses import replace
from random import Random
from typing import Any, Final

from tests.kernels.placement_draws import integers
from xcp_kernels.workload import MOST_AMOUNT, Walk, Workload

_AMOUNTS: Final = (0, 1, 2, 3, 5, 8, 20)
_WEIGHTS: Final = (0, 1, 1, 10)
_FIT_TO_SPOIL: Final = (
    "load_weight",
    "capacity",
    "safety",
    "location",
    "neighbourhood",
    "way",
    "spread",
    "need_of",
    "service",
    "amount",
    "price",
    "home",
    "balance",
)
_HOSTILE: Final = (-1, -(1 << 63), 1, 2, 1000, MOST_AMOUNT, MOST_AMOUNT + 1, (1 << 63) - 1)


def drawn_workload(random: Random, *, machines: int = 7, services: int = 6, processes: int = 16) -> Workload:
    """At most so many of each. Home breaks no rule, and is often full."""
    hosts, kinds = random.randint(1, machines), random.randint(1, 4)
    locations = [random.randrange(random.choice((1, 2, hosts))) % hosts for _ in range(hosts)]
    areas = [random.choice((0, min(1, hosts - 1), random.randrange(hosts))) for _ in range(hosts)]
    service, home = _placed(random, hosts, random.randint(1, services), random.randint(0, processes))
    count = max(service, default=-1) + 1 + random.randrange(2)
    in_locations, in_areas = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    for one, machine in zip(service, home, strict=True):
        in_locations[one].add(locations[machine])
        in_areas[one].add(areas[machine])
    needs = [[o for o in range(count) if in_areas[s] <= in_areas[o] and random.randrange(3) == 0] for s in range(count)]
    amounts = [[random.choice(_AMOUNTS) for _ in range(kinds)] for _ in service]
    used = [[0] * kinds for _ in range(hosts)]
    for mine, machine in zip(amounts, home, strict=True):
        used[machine] = [a + b for a, b in zip(used[machine], mine, strict=True)]
    capacity = [use + random.choice((0, 2, 5, 10, 40)) for row in used for use in row]
    balances = [
        (random.randrange(kinds), random.randrange(kinds), random.randrange(3), random.choice(_WEIGHTS))
        for _ in range(random.choice((0, 0, 1, 2)))
    ]
    return Workload(
        load_weight=integers(random.choice(_WEIGHTS) for _ in range(kinds)),
        transient=integers(random.choice((0, 0, 1)) for _ in range(kinds)),
        capacity=integers(capacity),
        safety=integers(random.randint(0, size) for size in capacity),
        location=integers(locations),
        neighbourhood=integers(areas),
        way=integers(random.choice((0, 1, 2)) for _ in range(hosts * hosts)),
        spread=integers(random.randint(0, len(in_locations[s])) for s in range(count)),
        need_start=integers(sum(map(len, needs[:s])) for s in range(count + 1)),
        need_of=integers(other for mine in needs for other in mine),
        service=integers(service),
        amount=integers(amount for mine in amounts for amount in mine),
        price=integers(random.choice((0, 1, 5)) for _ in service),
        home=integers(home),
        balance=integers(number for row in balances for number in row),
        price_weight=random.choice(_WEIGHTS),
        service_weight=random.choice(_WEIGHTS),
        way_weight=random.choice(_WEIGHTS),
    )


def _placed(random: Random, hosts: int, services: int, processes: int) -> tuple[list[int], list[int]]:
    """The service and the machine of each process; no two of a service on a machine."""
    service, home, taken = list[int](), list[int](), set[tuple[int, int]]()
    for _ in range(processes):
        place = random.randrange(services), random.randrange(hosts)
        if place not in taken:
            taken.add(place)
            service.append(place[0])
            home.append(place[1])
    return service, home


def drawn_walk(random: Random, *, tries: int = 400) -> Walk:
    """At most so many tries, hot or cold."""
    hot = random.choice((1.0, 20.0, 300.0))
    return Walk(
        random.randint(0, tries),
        hot,
        hot * random.choice((1, 0.1, 0.001)),
        random.choice((0, 2.5)),
        random.choice((0, 0, 0.5, 3)),
        seed=random.randrange(9),
    )


def hostile_workload(random: Random) -> Workload:
    """A sound workload with some number replaced by one that is out of bounds, or just unlikely."""
    given = drawn_workload(random)
    changes: dict[str, Any] = {}
    for name in random.sample(_FIT_TO_SPOIL, random.choice((1, 1, 2))):
        values = list(getattr(given, name))
        if values:
            values[random.randrange(len(values))] = random.choice(_HOSTILE)
            changes[name] = integers(values)
    if random.randrange(6) == 0:
        changes[random.choice(("price_weight", "service_weight", "way_weight"))] = random.choice(_HOSTILE)
    return replace(given, **changes)
