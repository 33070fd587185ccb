"""The goal alone, as the offline command shows it."""

import pytest

from tests.unit.plan.memory.balloons import GIB
from xcp_kernels.outcome import Reason, Status
from xcp_reconciler.plan.memory import Algorithm, Claim, Pot, goals


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_many_hosts_in_one_call_are_as_each_alone(algorithm: Algorithm) -> None:
    pots = [
        Pot(10 * GIB, [Claim(GIB, 8 * GIB, 6 * GIB), Claim(GIB, 8 * GIB, 2 * GIB, weight=2.0)]),
        Pot(5 * GIB, []),
        Pot(GIB, [Claim(2 * GIB, 4 * GIB, 3 * GIB), Claim(0, GIB, GIB, active=False, actual=12345)]),
    ]
    together = goals(algorithm, pots)
    assert together == tuple(goal for pot in pots for goal in goals(algorithm, [pot]))
    assert sum(together[0].targets) <= 10 * GIB
    assert together[2].targets[1] == 12345
    assert together[2].reasons[1] is Reason.INACTIVE
    assert together[2].status is Status.SHORT


def test_proportional_is_the_same_fraction_of_each_range() -> None:
    (goal,) = goals(Algorithm.PROPORTIONAL, [Pot(8 * GIB, [Claim(GIB, 5 * GIB), Claim(2 * GIB, 8 * GIB)])])
    assert goal.targets == (3 * GIB, 5 * GIB)
    assert goal.level == pytest.approx(0.5)


def test_demand_is_satisfied_alike() -> None:
    (goal,) = goals(Algorithm.DEMAND_AWARE, [Pot(4 * GIB, [Claim(0, 8 * GIB, 6 * GIB), Claim(0, 8 * GIB, 2 * GIB)])])
    assert goal.targets == (3 * GIB, GIB)
    assert goal.level == pytest.approx(0.5)


def test_nobody_and_nothing() -> None:
    assert goals(Algorithm.DEMAND_AWARE, []) == ()


def test_sizes_beyond_64_bits_raise() -> None:
    with pytest.raises(OverflowError):
        goals(Algorithm.STATIC, [Pot(1 << 64, [Claim(0, GIB)])])
