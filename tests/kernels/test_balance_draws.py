"""The demand-aware rule: how much of the guests' working sets it leaves without memory, beside squeezed's rule."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests.kernels.memory_calls import TWINS, Guest, Host, ask
from tests.kernels.squeezed_calls import Domain, SqueezedHost, squeeze

DRAWS: Final = Path(__file__).resolve().parents[3] / "shared/bench/balance_draws.py"
SHARE: Final = 0.6
# The demand to serve is the working set and this margin, in percent.
MARGIN: Final = 115


@pytest.fixture(scope="module")
def draws() -> Any:  # noqa: ANN401 - a module that is not ours
    if not DRAWS.exists():
        pytest.skip(f"no {DRAWS}: it draws the hosts and scores the targets")
    spec = importlib.util.spec_from_file_location("balance_draws", DRAWS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def unmet(draws: Any, hosts: Sequence[dict[str, list[int]]], targets: Sequence[Sequence[int]]) -> float:  # noqa: ANN401 - the same
    """The mean share of working sets that targets do not cover."""
    lost: list[float] = [draws.unmet(one, host["working_set"]) for host, one in zip(hosts, targets, strict=True)]
    return sum(lost) / len(lost)


@pytest.mark.parametrize(("twin", "seed"), [("compiled", 1), ("compiled", 2), ("reference", 1)])
def test_working_sets_at_60_percent_of_static_memory(draws: Any, twin: str, seed: int) -> None:  # noqa: ANN401
    kernel = TWINS[twin]
    hosts = list(draws.draws(seed))
    budgets = [draws.budget(host, SHARE) for host in hosts]
    peers = [
        SqueezedHost(
            budget - sum(host["dynamic_min"]),
            0,
            tuple(Domain(low, high, low) for low, high in zip(host["dynamic_min"], host["static"], strict=True)),
        )
        for host, budget in zip(hosts, budgets, strict=True)
    ]
    squeezed = unmet(draws, hosts, [answer.targets for answer in squeeze(kernel, peers)])
    ours: dict[str, float] = {}
    for seen in ("working_set", "noisy"):
        pool = [
            Host(
                budget,
                tuple(
                    Guest(low, high, min(high, wants * MARGIN // 100))
                    for low, high, wants in zip(host["dynamic_min"], host["static"], host[seen], strict=True)
                ),
            )
            for host, budget in zip(hosts, budgets, strict=True)
        ]
        ours[seen] = unmet(draws, hosts, [answer.targets for answer in ask(kernel, "demand_aware", pool)])
    assert squeezed > 0.09
    assert ours["working_set"] <= squeezed / 100
    assert ours["noisy"] <= squeezed / 8
