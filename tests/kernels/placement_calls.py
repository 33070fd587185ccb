"""Calls of the placement kernels, their answers as plain values, and both twins by name."""

from array import array
from collections.abc import MutableSequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from xcp_kernels._reference import placement as reference
from xcp_kernels.pool import REFUSALS, Order, Pool, Settings, Status
from xcp_kernels.selection import chosen

try:
    _compiled, _ = chosen("placement")
except ImportError:
    _compiled = reference
TWINS: Final[dict[str, ModuleType]] = {"reference": reference}
if _compiled is not reference:
    TWINS["compiled"] = _compiled


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan says."""

    status: Status
    moves: tuple[tuple[int, int], ...]
    """Item and host."""
    scores: tuple[float, ...]
    """Before, and after each move."""
    left: int
    """Violations after it."""
    found: int
    """Violations before."""


def plan(kernel: ModuleType, pool: Pool, settings: Settings) -> Plan:
    """A plan with room for every move."""
    room = 4 * len(pool.home) + 16
    items, hosts, scores, summary = _integers(room), _integers(room), array("d", [0.0] * (room + 1)), _integers(3)
    status = Status(kernel.plan(pool, settings, items, hosts, scores, summary))
    count = summary[0]
    moves = tuple(zip(items[:count], hosts[:count], strict=True))
    return Plan(status, moves, tuple(scores[: count + 1]), summary[1], summary[2])


@dataclass(frozen=True, slots=True)
class Placed:
    """What placing a batch says."""

    status: Status
    at: list[int]
    """Where everything is."""
    parts: list[int]
    """Bits of the parts that each item has there."""
    refused: list[list[int]]
    """For each item the refused hosts, by what refused."""


def place(kernel: ModuleType, pool: Pool, order: Order = Order.LARGEST_FIRST) -> Placed:
    """A batch placed."""
    items = len(pool.home)
    hosts, parts, refused = _integers(items), _integers(items), _integers(items * REFUSALS)
    status = Status(kernel.place(pool, order, hosts, parts, refused))
    by_item = [list(refused[k : k + REFUSALS]) for k in range(0, len(refused), REFUSALS)]
    return Placed(status, list(hosts), list(parts), by_item)


def flaws(kernel: ModuleType, pool: Pool) -> tuple[Status, list[int], list[int], list[int]]:
    """Status, and the flaws of hosts, items and groups."""
    outputs = _integers(len(pool.domain)), _integers(len(pool.home)), _integers(len(pool.group_scope))
    status = Status(kernel.flaws(pool, *outputs))
    return status, list(outputs[0]), list(outputs[1]), list(outputs[2])


def _integers(many: int) -> MutableSequence[int]:
    return array("q", [0] * many)
