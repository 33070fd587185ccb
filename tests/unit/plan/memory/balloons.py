"""Guests on a virtual clock: how their balloons follow targets. KiB and whole milliseconds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MIB: Final = 1 << 10
GIB: Final = 1 << 20

Reach = Callable[[int], int]


def steady(speed: int) -> Reach:
    """KiB that a balloon of so many KiB per second can have moved by a time, counted from 0."""
    return lambda ms: speed * ms // 1000


def stuck(ms: int) -> int:
    return 0 * ms


def trickle(ms: int) -> int:
    """One page every five seconds: enough to look alive for ever."""
    return 4 * (ms // 5000)


def alternating(phase: int = 0, speed: int = GIB) -> Reach:
    """Works in the last second of every twenty, shifted by `phase` ms."""

    def reach(ms: int) -> int:
        windows, rest = divmod(ms + phase, 20000)
        return speed * (windows * 1000 + max(0, rest - 19000)) // 1000

    return reach


def sluggish(delay: int, speed: int = GIB) -> Reach:
    """Does nothing at first, as a guest that is still booting."""
    return lambda ms: speed * max(0, ms - delay) // 1000


@dataclass(slots=True)
class Balloon:
    """A guest: it moves towards its target as far as `reach` allows, and never past its own two ends."""

    name: str
    actual: int
    target: int
    floor: int
    ceiling: int
    reach: Reach
    least: int = 0
    most: int = 1 << 50
    demand: int | None = None
    weight: float = 1.0
    driver: bool = True

    def move(self, start: int, end: int) -> int:
        """By how much it changes between two moments; the change is made."""
        way = self.reach(end) - self.reach(start)
        if self.target < self.actual:
            change = -min(way, self.actual - self.target, max(0, self.actual - self.least))
        else:
            change = min(way, self.target - self.actual, max(0, self.most - self.actual))
        self.actual += change
        return change


ODD: Final[dict[str, Callable[[], Balloon]]] = {
    "ideal": lambda: odd(steady(GIB)),
    "stuck": lambda: odd(stuck),
    "floor at 7.5 GiB": lambda: odd(steady(GIB), least=15 * GIB // 2),
    "ceiling at 8 GiB": lambda: odd(steady(GIB), most=8 * GIB),
    "1 s in 20": lambda: odd(alternating()),
    "1 s in 20, awake now": lambda: odd(alternating(19400)),
    "a page per 5 s": lambda: odd(trickle),
    "slow, 64 MiB/s": lambda: odd(steady(64 * MIB)),
    "asleep for 30 s": lambda: odd(sluggish(30000)),
}


def odd(reach: Reach, least: int = 0, most: int = 1 << 50) -> Balloon:
    """The one that is not like the others: 8 GiB, of which 2 have to stay."""
    return Balloon("odd", 8 * GIB, 8 * GIB, 2 * GIB, 8 * GIB, reach, least, most)


def herd(count: int, *, demand: int | None = None) -> list[Balloon]:
    """Guests of 8 GiB that give back 1 GiB a second, down to 2."""
    return [Balloon(f"g{i:02d}", 8 * GIB, 8 * GIB, 2 * GIB, 8 * GIB, steady(GIB), demand=demand) for i in range(count)]


def least_ms(guests: list[Balloon], need: int, limit: int = 600_000) -> int | None:
    """The earliest ms at which guests asked at 0 for all above their minimum have given back `need`."""
    room = [max(0, guest.actual - max(guest.floor, guest.least)) for guest in guests]
    for ms in range(limit):
        if sum(min(most, guest.reach(ms)) for most, guest in zip(room, guests, strict=True)) >= need:
            return ms
    return None
