"""Our protocol and squeezed's in the same run; `pytest -s tests/bench/test_guests.py` prints the table.

Nothing here is timed: the clock is virtual.
"""

from tests.bench.guests import as_json, measure, table
from tests.unit.plan.memory.balloons import ODD


def test_sixteen_gib_from_twenty_guests() -> None:
    rows = [measure(odd) for odd in ODD]
    print(f"\n{table(rows)}")  # noqa: T201 - the table is what this is for
    assert as_json(rows)
    assert all(row.ours is not None and row.ours <= 1.25 * row.least for row in rows)
    # Where squeezed waits for its odd guest, it waits for seconds.
    assert all(row.squeezed is None or row.squeezed >= row.least for row in rows)
