"""Two seconds of the largest gap among the challenge's instances, by the checker beside the data."""

import pytest

from tests.bench.roadef_table import CHECKER, DATA, measured

pytestmark = pytest.mark.skipif(not (DATA.exists() and CHECKER.exists()), reason="the challenge's data is not here")


def test_two_seconds_of_b_01_break_no_rule_and_help() -> None:
    line = measured("b_01", [2.0], [1])
    (run,) = line.runs
    assert run.broken == []
    assert run.cost == run.trace[-1][2] < line.start
    assert run.took < 2.5
