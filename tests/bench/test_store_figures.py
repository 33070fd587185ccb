"""How long a store with ten thousand virtual machines takes, printed: `pytest -s tests/bench/test_store_figures.py`."""

import asyncio
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time

from tests.unit.store.surroundings import opened, run, vm
from xcp_reconciler.model.digest import digest_of
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.model.status import Condition, ConditionType, Status, Truth
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutAssignment, PutDesired, PutStatus

OBJECTS = 10_000
ROUNDS = 3


@contextmanager
def timed(what: str, *, per: int = 1, unit: str = "ms") -> Generator[None]:
    """Print how long the block takes, divided by `per`, and how much of that was our own work: machines are shared."""
    factor = {"ms": 1e3, "us": 1e6}[unit] / per
    start, worked = perf_counter(), process_time()
    yield
    took, work = (perf_counter() - start) * factor, (process_time() - worked) * factor
    sys.stdout.write(f"store: {what:<50} {took:8.1f} {unit} (processor {work:8.1f} {unit})\n")


def test_figures(tmp_path: Path) -> None:
    path = tmp_path / "db"
    conditions = tuple(
        Condition(kind, Truth.TRUE, "AsDeclared", "as declared", 1.0) for kind in list(ConditionType)[:4]
    )

    async def scenario() -> None:
        machines = [vm(f"vm-{number:05}", line=number) for number in range(OBJECTS)]
        async with opened(path) as store:
            with timed("declare 10,000 in one commit"):
                await store.commit(*(PutDesired(machine) for machine in machines))
            with timed("declare the same again"):
                await store.commit(*(PutDesired(machine) for machine in machines))
            with timed("10,000 statuses and assignments in one commit"):
                await store.commit(
                    *(PutStatus(each.ref, Status(1, conditions, host="h1", state="running")) for each in machines),
                    *(PutAssignment(each.ref, Assigned("h1")) for each in machines),
                )
            with timed("1,000 commits, one after the other", per=1000, unit="us"):
                for number in range(1000):
                    await store.commit(PutStatus(machines[number].ref, Status(2)))
            with timed("1,000 commits at once", per=1000, unit="us"):
                await asyncio.gather(*(store.commit(PutStatus(each.ref, Status(3))) for each in machines[:1000]))
        with timed("digests of 10,000 declared objects"):
            digests = {machine.ref: digest_of(machine) for machine in machines}
        for _ in range(ROUNDS):
            with timed("open, go over all keys, compare all digests"):
                async with opened(path, Access.READ) as store:
                    assert all(store.desired.digest(ref) == digests[ref] for ref in store.state.desired)
            async with opened(path, Access.READ) as store:
                with timed("decode 10,000 virtual machines"):
                    list(store.state.desired.values())
                with timed("refresh when nothing changed", per=1000, unit="us"):
                    for _ in range(1000):
                        await store.refresh()
        sys.stdout.write(f"store: {path.stat().st_size / OBJECTS:.0f} bytes on disk for each object\n")

    run(scenario())
