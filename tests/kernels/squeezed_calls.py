"""Calling `proportional` with rows, and drawn hosts for it."""

from array import array
from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from tests.kernels.memory_calls import Kernel

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


class Domain(NamedTuple):
    """One row of the arrays, KiB."""

    dynamic_min: int
    dynamic_max: int
    actual: int
    inaccuracy: int = 0
    active: int = 1


class SqueezedHost(NamedTuple):
    """A host as squeezed sees it, KiB."""

    host_free: int
    free_target: int
    domains: tuple[Domain, ...]


class Squeezed(NamedTuple):
    """What the kernel says of one host."""

    targets: tuple[int, ...]
    reasons: tuple[int, ...]
    status: int
    surplus: int
    total_range: int
    gamma: float


def squeeze(kernel: Kernel, hosts: Sequence[SqueezedHost]) -> list[Squeezed]:
    """All hosts in one call."""
    rows = [domain for host in hosts for domain in host.domains]
    offsets = array("q", [0])
    for host in hosts:
        offsets.append(offsets[-1] + len(host.domains))
    target, reason = array("q", [-77] * len(rows)), array("q", [-77] * len(rows))
    status, surplus, ranges = (array("q", [-77] * len(hosts)) for _ in range(3))
    gamma = array("d", [-77.0] * len(hosts))
    kernel.proportional(
        offsets,
        array("q", [host.host_free for host in hosts]),
        array("q", [host.free_target for host in hosts]),
        *(array("q", [row[field] for row in rows]) for field in range(5)),
        target, reason, status, surplus, ranges, gamma,
    )  # fmt: skip
    return [
        Squeezed(
            tuple(target[offsets[h] : offsets[h + 1]]),
            tuple(reason[offsets[h] : offsets[h + 1]]),
            status[h],
            surplus[h],
            ranges[h],
            gamma[h],
        )
        for h in range(len(hosts))
    ]


_STYLES: Final = ("likely", "likely", "tiny", "huge", "extreme")


def drawn_squeezed(random: Random) -> SqueezedHost:
    """One host; the real rule takes any integers, so that is what it gets."""
    style = random.choice(_STYLES)

    def size() -> int:
        match style:
            case "tiny":
                return random.randrange(-3, 12)
            case "huge":
                return random.randrange(-(1 << 50), 1 << 55)
            case "extreme":
                return random.choice((0, _LEAST, _MOST, random.randrange(_LEAST, _MOST), random.randrange(1 << 23)))
            case _:
                return random.randrange(1 << 25)

    domains = tuple(
        Domain(size(), size(), size(), random.choice((0, 4, 512, size())), random.randrange(8) and 1)
        for _ in range(random.randrange(10))
    )
    return SqueezedHost(size() - size() if style in {"likely", "tiny"} else size(), size(), domains)
