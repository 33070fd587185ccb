"""What is wrong with a pool that cannot be computed with, in words."""

from array import array
from collections.abc import Mapping
from typing import Final

from xcp_kernels import placement as kernel
from xcp_kernels.placement import Flaw
from xcp_reconciler.plan.rebalance.arrays import Ground

_FLAWS: Final[Mapping[int, str]] = {
    Flaw.NEGATIVE: "has a negative size",
    Flaw.TOO_LARGE: "is too large to be added up exactly",
    Flaw.BAD_NUMBER: "has a number that is none",
    Flaw.NO_SUCH_GROUP: "names a group twice",
}


def flaws_of(made: Ground) -> tuple[str, ...]:
    """A sentence for each host, machine and group with a flaw."""
    pool = made.pool
    hosts, items = array("q", bytes(8 * len(pool.domain))), array("q", bytes(8 * len(pool.home)))
    groups = array("q", bytes(8 * len(pool.group_scope)))
    kernel.flaws(pool, hosts, items, groups)
    named = [
        *((f"host {host.name}", flaw) for host, flaw in zip(made.cluster.hosts, hosts, strict=True)),
        *((f"machine {item.name}", flaw) for item, flaw in zip(made.items, items, strict=True)),
        *((f"group {name}", flaw) for name, flaw in zip(made.groups, groups, strict=True)),
    ]
    return tuple(f"{name} {_FLAWS.get(flaw, 'does not fit')}" for name, flaw in named if flaw)
