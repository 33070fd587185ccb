"""What is right about lost hosts, without any of our own arithmetic: all sets, all plans, and whether a plan holds."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from tests.kernels.failures_calls import Host


def sets_of(hosts: int, failures: int) -> Iterator[frozenset[int]]:
    """Every set of so many hosts."""
    return map(frozenset, combinations(range(hosts), min(failures, hosts)))


def truth(pool: Sequence[Host], failures: int) -> bool:
    """By brute force: every set of up to so many hosts, every plan."""
    return all(
        has_plan(pool, lost) for number in range(min(failures, len(pool)) + 1) for lost in sets_of(len(pool), number)
    )


def has_plan(pool: Sequence[Host], lost: frozenset[int]) -> bool:
    """Whether there is any plan for one set."""
    free = [host.free for number, host in enumerate(pool) if number not in lost]
    sizes = sorted((size for number in lost for size in pool[number].sizes), reverse=True)
    return all(one >= 0 for one in free) and _packs(sizes, tuple(sorted(free)), set())


def _packs(sizes: Sequence[int], free: tuple[int, ...], failed: set[tuple[int, tuple[int, ...]]]) -> bool:
    if not sizes:
        return True
    if (len(sizes), free) in failed:
        return False
    for number, room in enumerate(free):
        if room >= sizes[0] and (number == 0 or room != free[number - 1]):
            rest = tuple(sorted((*free[:number], room - sizes[0], *free[number + 1 :])))
            if _packs(sizes[1:], rest, failed):
                return True
    failed.add((len(sizes), free))
    return False


def wrong_with(pool: Sequence[Host], lost: frozenset[int], where: Sequence[int]) -> str:
    """What is wrong with a plan that says where each machine is; "" where nothing is."""
    load = [0] * len(pool)
    machines = [(number, size) for number, host in enumerate(pool) for size in host.sizes]
    if len(where) != len(machines):
        return "not every machine is in it"
    for (home, size), host in zip(machines, where, strict=True):
        if not 0 <= host < len(pool) or host in lost:
            return f"a machine of host {home} is on host {host}, which is lost or does not exist"
        if home not in lost and host != home:
            return f"a machine of host {home}, which is left, has moved"
        load[host] += size
    over = [number for number, host in enumerate(pool) if number not in lost and load[number] > host.room]
    return f"hosts {over} are overfull" if over else ""
