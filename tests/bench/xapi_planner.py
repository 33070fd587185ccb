"""How XAPI plans for host failures, re-implemented from its rule: whether it would say that a pool is safe.

For few hosts it plans every order in which hosts can be lost, each machine, largest first, into the host with most
room. Beyond 32 hosts, or 3,500 orders, it takes every machine for as large as the largest and every lost host for one
with the most machines, and asks whether that many fit into what is left without the hosts that have most room.
"""

from collections.abc import Sequence
from itertools import permutations
from math import comb, factorial
from typing import Final

from tests.kernels.failures_calls import Host

MOST_HOSTS: Final = 32
_MOST_ORDERS: Final = 3500


def says_safe(pool: Sequence[Host], failures: int) -> bool:
    """Whether it promises that any so many hosts can be lost."""
    machines = any(host.sizes for host in pool)
    if len(pool) < failures or (len(pool) == failures and machines):
        return False
    if len(pool) <= MOST_HOSTS and comb(len(pool), failures) * factorial(failures) < _MOST_ORDERS:
        return all(_order_is_safe(pool, order) for order in permutations(range(len(pool)), failures))
    return not machines or _approximation(pool, failures)


def _approximation(pool: Sequence[Host], failures: int) -> bool:
    largest = max(size for host in pool for size in host.sizes)
    places = sorted((host.free // largest for host in pool), reverse=True)
    lost = sorted((len(host.sizes) for host in pool), reverse=True)
    return sum(lost[:failures]) <= sum(places[failures:])


def _order_is_safe(pool: Sequence[Host], order: Sequence[int]) -> bool:
    """One host after the other is lost, with what has restarted there meanwhile."""
    free = {number: host.free for number, host in enumerate(pool)}
    machines = {number: list(host.sizes) for number, host in enumerate(pool)}
    for gone in order:
        del free[gone]
        for size in sorted(machines.pop(gone), reverse=True):
            if not free:
                return False
            host = max(free, key=lambda one: free[one])
            if free[host] < size:
                return False
            free[host] -= size
            machines[host].append(size)
    return True
