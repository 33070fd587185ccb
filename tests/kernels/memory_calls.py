"""Calling the memory kernels, compiled or readable, with plain lists, and what comes back."""

import importlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Final, NamedTuple

from xcp_kernels._reference import memory as reference

__all__ = ["MODES", "TWINS", "Answer", "Guest", "Host", "Kernel", "ask", "ask_one", "compiled", "reference"]

# A twin, or what stands in for one.
Kernel = ModuleType | SimpleNamespace
compiled: Final = importlib.import_module("xcp_kernels._memory")
TWINS: Final = {"compiled": compiled, "reference": reference}
MODES: Final = ("demand_aware", "demand_aware_calm", "static")


class Guest(NamedTuple):
    """One row of the arrays, KiB."""

    floor: int = 0
    ceiling: int = 1 << 20
    demand: int = 0
    weight: float = 1.0
    active: int = 1
    actual: int = 0
    held: int = 0
    shrink: int = 0
    grow: int = 0

    @property
    def top(self) -> int:
        """Its ceiling, or its floor if that is higher."""
        return max(self.floor, self.ceiling)

    @property
    def wanted(self) -> int:
        """Its demand within its bounds."""
        return max(self.floor, min(self.demand, self.top))


@dataclass(frozen=True, slots=True)
class Host:
    """What a host's active guests may have together, and all its guests; `level` is that of the last call."""

    budget: int
    guests: tuple[Guest, ...]
    level: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a kernel says of one host."""

    targets: tuple[int, ...]
    reasons: tuple[int, ...]
    status: int
    # As bytes: no number is not equal to itself.
    level: bytes = field(repr=False)

    def of_active(self, host: Host) -> list[int]:
        """The targets of the active guests."""
        return [target for target, guest in zip(self.targets, host.guests, strict=True) if guest.active]


def ask(kernel: Kernel, mode: str, hosts: Sequence[Host]) -> list[Answer]:
    """All hosts in one call."""
    rows = [guest for host in hosts for guest in host.guests]
    offsets = array("q", [0])
    for host in hosts:
        offsets.append(offsets[-1] + len(host.guests))

    def integers(name: str) -> "array[int]":
        return array("q", [getattr(row, name) for row in rows])

    # Whatever was in the outputs must not matter.
    target, reason = array("q", [-77] * len(rows)), array("q", [-77] * len(rows))
    status, level = array("q", [-77] * len(hosts)), array("d", [host.level for host in hosts])
    inputs: list[array[int] | array[float]] = [
        offsets,
        array("q", [host.budget for host in hosts]),
        integers("floor"),
        integers("ceiling"),
    ]
    outputs: list[object] = [target, reason, status]
    if mode == "static":
        inputs += [integers("active"), integers("actual")]
    else:
        inputs += [integers("demand"), array("d", [row.weight for row in rows]), integers("active"), integers("actual")]
        outputs.append(level)
    if mode == "demand_aware_calm":
        inputs += [integers("held"), integers("shrink"), integers("grow")]
    before = [one.tobytes() for one in inputs]
    gravest = getattr(kernel, mode)(*inputs, *outputs)
    assert [one.tobytes() for one in inputs] == before
    assert gravest == max(status, default=0)
    return [
        Answer(
            tuple(target[offsets[h] : offsets[h + 1]]),
            tuple(reason[offsets[h] : offsets[h + 1]]),
            status[h],
            level[h : h + 1].tobytes(),
        )
        for h in range(len(hosts))
    ]


def ask_one(kernel: Kernel, mode: str, host: Host) -> Answer:
    """One host alone."""
    (answer,) = ask(kernel, mode, [host])
    return answer
