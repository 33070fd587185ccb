"""Hosts drawn by a seeded random: likely ones, tiny ones, extremes, and hostile ones."""

from random import Random
from typing import Final

from tests.kernels.memory_calls import Guest, Host

LARGEST: Final = (1 << 46) - 1
_GIB: Final = 1 << 20
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_WEIGHTS: Final = (1.0, 1.0, 2.0, 0.5, 0.0, 1e-9, 3.0)
_BAD_WEIGHTS: Final = (1.0, float("nan"), float("inf"), -1.0, -0.0, 1e-310, 1e308, 5e-324)
_STYLES: Final = ("likely", "likely", "tiny", "tiny", "large", "edge", "hostile")
_LEVELS: Final = (0.0, 0.3, 1.0, float("nan"), float("inf"), -3.0, 1e300, 1e-300)


def drawn_host(random: Random, guests: int = 12) -> Host:
    """One host of at most that many guests; the budget is most often one that matters."""
    style = random.choice(_STYLES)
    equal = random.random() < 0.4
    rows = tuple(_guest(random, style, equal=equal) for _ in range(random.randrange(guests + 1)))
    return Host(_budget(random, rows), rows, random.choice(_LEVELS))


def _guest(random: Random, style: str, *, equal: bool) -> Guest:
    def size() -> int:
        match style:
            case "tiny":
                return random.randrange(12)
            case "large":
                return random.randrange(1 << 44)
            case "edge":
                return random.choice((0, 1, 2, 3, 1 << 20, LARGEST - 1, LARGEST, random.randrange(LARGEST)))
            case "hostile":
                return random.choice((-1, LARGEST + 1, _MOST, _LEAST, 5, 100, random.randrange(1 << 40)))
            case _:
                return random.randrange(32 * _GIB)

    def cut(number: int) -> int:
        return number if style == "hostile" else min(number, LARGEST)

    if style == "likely":
        ceiling = random.choice((2, 4, 8, 16, 32)) * _GIB
        floor, demand = ceiling // 4, min(ceiling, int(random.random() * 1.2 * ceiling))
    else:
        floor = size()
        ceiling = cut(floor + size()) if random.random() < 0.9 and style != "hostile" else size()
        demand = size()
    weight = 1.0 if equal else random.choice(_BAD_WEIGHTS if style == "hostile" else (*_WEIGHTS, random.random()))
    held = cut(random.choice((demand, ceiling, size())))
    bands = [cut(random.choice((0, size(), abs(held) // 10))) for _ in range(2)]
    return Guest(floor, ceiling, demand, weight, random.randrange(10) and 1, size(), held, *bands)


def _budget(random: Random, rows: tuple[Guest, ...]) -> int:
    active = [row for row in rows if row.active]
    floors, wants = sum(row.floor for row in active), sum(row.wanted for row in active)
    tops = sum(row.top for row in active)
    match random.randrange(5):
        case 0 | 1:
            chosen = floors + int((wants - floors) * random.random())
        case 2:
            chosen = wants + int((tops - wants) * random.random())
        case 3:
            chosen = random.choice((floors, wants, tops)) + random.randrange(-1, 2)
        case _:
            chosen = random.choice((0, -5, _MOST, _LEAST, random.randrange(LARGEST)))
    return max(_LEAST, min(chosen, _MOST))
