"""Drawn hosts through both twins of the memory kernels: `python -m tests.kernels.fuzz --cases 1000000 --seed 1`.

A case is one host in one mode. The twins must agree on every number, and every answer is held to the laws that need no
second opinion. The first difference ends the run with the host that shows it.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from random import Random
from time import process_time
from typing import Final

from tests.kernels.memory_calls import MODES, Answer, Host, Kernel, ask, compiled, reference
from tests.kernels.memory_draws import drawn_host
from tests.kernels.squeezed_calls import drawn_squeezed, squeeze
from xcp_kernels.outcome import Status

_IN_ONE_CALL: Final = 20


class Difference(AssertionError):  # noqa: N818 - what is found, not what went wrong
    """The twins disagree, or an answer breaks a law."""


def fuzz(first: Kernel, second: Kernel, cases: int, seed: int) -> Counter[str]:
    """Compare two kernels; what came of the cases, counted.

    Raises:
        Difference: with the case.
    """
    random = Random(seed)  # noqa: S311 - no secret
    counted: Counter[str] = Counter()
    while counted.total() < cases:
        hosts = [drawn_host(random) for _ in range(random.randrange(_IN_ONE_CALL))]
        for mode in MODES:
            answers = ask(first, mode, hosts)
            for host, one, other in zip(hosts, answers, ask(second, mode, hosts), strict=True):
                if one != other:
                    raise Difference(f"{mode}: {host}\n{one}\n{other}")
                counted[f"{mode} {Status(one.status).name.lower()}"] += 1
                _hold(mode, host, one)
        squeezed = [drawn_squeezed(random) for _ in range(random.randrange(_IN_ONE_CALL))]
        for drawn, one_squeezed, other_squeezed in zip(
            squeezed, squeeze(first, squeezed), squeeze(second, squeezed), strict=True
        ):
            if one_squeezed != other_squeezed:
                raise Difference(f"proportional: {drawn}\n{one_squeezed}\n{other_squeezed}")
            counted[f"proportional {Status(one_squeezed.status).name.lower()}"] += 1
    return counted


def _hold(mode: str, host: Host, answer: Answer) -> None:
    """Sums and bounds."""
    total = sum(answer.of_active(host))
    match answer.status:
        case Status.INVALID:
            right = answer.targets == tuple(guest.actual for guest in host.guests)
        case Status.SHORT:
            right = answer.of_active(host) == [guest.floor for guest in host.guests if guest.active]
        case _:
            most = sum(guest.top for guest in host.guests if guest.active)
            right = total <= host.budget if mode == "demand_aware_calm" else total == min(host.budget, most)
            right = right and all(
                guest.floor <= target <= guest.top if guest.active else target == guest.actual
                for guest, target in zip(host.guests, answer.targets, strict=True)
            )
    if not right:
        raise Difference(f"{mode}: sum {total} of {host}\n{answer}")


def main(words: Sequence[str] | None = None) -> None:
    """Run it and say how fast it went."""
    parser = argparse.ArgumentParser(
        prog="tests.kernels.fuzz", description="Drawn hosts through both twins of the memory kernels."
    )
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(words)
    began = process_time()
    counted = fuzz(compiled, reference, asked.cases, asked.seed)
    took = process_time() - began
    for name, number in sorted(counted.items()):
        sys.stdout.write(f"{name:<28} {number:>9,}\n")
    sys.stdout.write(
        f"{counted.total():,} cases, both twins equal, seed {asked.seed}: {took:.0f} s of processor, "
        f"{counted.total() / max(took, 1e-9):,.0f} cases a second\n"
    )


if __name__ == "__main__":
    main()
