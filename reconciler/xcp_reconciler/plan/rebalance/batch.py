"""Hosts for machines that have none yet, all at once: what the kernel finds, in names."""

from array import array
from dataclasses import dataclass
from typing import Final

from xcp_kernels import placement as kernel
from xcp_kernels.placement import NOWHERE, REFUSALS, Order, Status
from xcp_reconciler.model.cluster import Cluster
from xcp_reconciler.plan.rebalance.arrays import WEIGHTS, ground
from xcp_reconciler.plan.rebalance.flaws import flaws_of
from xcp_reconciler.plan.rebalance.ledger import Ledger

# Where all hosts are worth the same, the first in the order of the pool gets the machine.
FILL: Final = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where each waiting machine goes, and for those that no host takes a sentence for each host."""

    hosts: dict[str, str]
    refused: dict[str, tuple[str, ...]]
    """In the order of the pool's hosts."""
    flaws: tuple[str, ...] = ()
    """What is wrong with the pool; then nobody is placed."""


def place_batch(cluster: Cluster, *, spread: bool, failures: int = 0) -> Placed:
    """Find a host for everybody who waits for one, the largest first.

    Args:
        cluster: the pool.
        spread: whether the load is spread over the hosts, or these are filled one after the other.
        failures: so many hosts may be lost at once afterwards, with room for what they carry.
    """
    made = ground(cluster, WEIGHTS if spread else FILL, failures)
    count = len(made.items)
    hosts, parts = array("q", bytes(8 * count)), array("q", bytes(8 * count))
    refused = array("q", bytes(8 * count * REFUSALS))
    names = [vm.name for vm in cluster.waiting]
    if kernel.place(made.pool, Order.LARGEST_FIRST, hosts, parts, refused) == Status.INVALID:
        return Placed({}, {}, flaws_of(made))
    ledger = Ledger(made)
    waiting = list(zip(range(count - len(names), count), names, strict=True))
    found = {name: cluster.hosts[hosts[item]].name for item, name in waiting if hosts[item] != NOWHERE}
    for item, name in waiting:
        if name in found:
            ledger.move(item, hosts[item])
    return Placed(found, {name: tuple(ledger.refusals(item)) for item, name in waiting if name not in found})
