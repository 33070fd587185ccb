"""Pools drawn by a seeded random: small, tight, with every constraint; and hostile ones."""

from array import array
from collections.abc import Iterable, MutableSequence, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

from xcp_kernels.pool import MOST_AMOUNT, MOST_ON_HOST, NOWHERE, Mode, Pool, Scope, Settings

_SIZES: Final = (64, 100, 128)
_FIT_TO_SPOIL: Final = (
    "scale",
    "base",
    "capacity",
    "domain",
    "amount",
    "home",
    "size",
    "cost",
    "reach_of",
    "group_of",
    "group_scope",
)
_AMOUNTS: Final = (0, 1, 2, 3, 4, 7, 8, 16, 32)


def dice(seed: int) -> Random:
    """Where the drawn numbers come from."""
    return Random(seed)  # noqa: S311 - tests, not secrets


def drawn_pool(random: Random, *, hosts: int = 8, items: int = 14, groups: int = 4) -> Pool:
    """At most so many of each, often full, often with violated constraints."""
    rows, host_count = random.choice((1, 2, 3, 3, 4)), random.randint(1, hosts)
    shapes = [[random.choice(_SIZES) for _ in range(rows)] for _ in range(random.choice((1, 1, 2, 3)))]
    shape_of = [random.choice(shapes) for _ in range(host_count)]
    item_count, group_count, classes = random.randint(0, items), random.randint(0, groups), random.choice((1, 1, 2, 3))
    members = [[g for g in range(group_count) if random.randrange(3) == 0] for _ in range(item_count)]
    return Pool(
        weight=doubles(random.choice((0, 1, 1, 4)) for _ in range(rows)),
        scale=doubles(random.randrange(20) and 1 / size for shape in shape_of for size in shape),
        base=integers(random.choice((0, 0, 0, 5, -3, 20)) for _ in range(host_count * rows)),
        capacity=integers(size * random.choice((1, 1, 1, 2)) for shape in shape_of for size in shape),
        domain=integers(random.choice((host, random.randrange(host_count))) for host in range(host_count)),
        amount=integers(random.choice(_AMOUNTS) for _ in range(item_count * rows)),
        home=integers(random.choice((NOWHERE, *list(range(host_count)) * 4)) for _ in range(item_count)),
        movable=integers(random.randrange(10) and 1 for _ in range(item_count)),
        size=integers(random.choice((1, 1, 1, 2)) for _ in range(item_count)),
        cost=doubles(random.choice((0, 0, 0, 0.01)) for _ in range(item_count)),
        reach_of=integers(random.randrange(classes) for _ in range(item_count)),
        reach=integers(random.randrange(7) and 1 for _ in range(classes * host_count)),
        group_start=integers(sum(map(len, members[:item])) for item in range(item_count + 1)),
        group_of=integers(group for mine in members for group in mine),
        group_scope=integers(random.choice((0, 0, 1, 2)) for _ in range(group_count)),
        group_limit=integers(random.choice((0, 1, 1, 2)) for _ in range(group_count)),
        group_price=doubles(random.choice((-1, -1, 0.5, 0.1)) for _ in range(group_count)),
    )


def drawn_settings(random: Random, mode: Mode) -> Settings:
    """Any settings that make sense."""
    return Settings(
        mode=mode,
        most_moves=random.choice((-1, -1, 0, 1, 3, 6)),
        margin=random.choice((0.0, 0.001, 0.01)),
        least_gain=0.01,
        settled=0.1,
        worth=random.choice((0.0, 0.01)),
        effort=random.choice((0, 50, 300)),
        seed=random.randrange(1 << 40),
    )


def hostile_pool(random: Random) -> Pool:
    """A drawn pool with one number that is not fit; its arrays still fit together."""
    while True:
        pool = drawn_pool(random)
        name = random.choice(_FIT_TO_SPOIL)
        if len(getattr(pool, name)):
            break
    values: Sequence[float]
    match name:
        case "scale" | "cost":
            values = (float("nan"), float("inf"), -1.0)
        case "base" | "capacity":
            values = (MOST_ON_HOST + 1, -MOST_ON_HOST - 1, (1 << 63) - 1, -(1 << 63))
        case "amount":
            values = (-1, MOST_AMOUNT + 1, (1 << 63) - 1, -(1 << 63))
        case "group_scope":
            values = (-1, max(Scope) + 1)
        case _:
            values = (-2, 1 << 40, (1 << 63) - 1, -(1 << 63))
    spoilt = [float(value) if name in {"scale", "cost"} else value for value in getattr(pool, name)]
    spoilt[random.randrange(len(spoilt))] = random.choice(values)
    changed: dict[str, Any] = {name: array("d" if name in {"scale", "cost"} else "q", spoilt)}
    return replace(pool, **changed)


def integers(values: Iterable[int]) -> MutableSequence[int]:
    """As kernels take them."""
    return array("q", values)


def doubles(values: Iterable[float]) -> MutableSequence[float]:
    """As kernels take them."""
    return array("d", values)
