"""Several real processes on one store: killed, racing, waiting for each other."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.store.child import TURNS
from tests.unit.store.surroundings import opened, run, vm_ref
from xcp_reconciler.model.desired import VmSpec
from xcp_reconciler.ports.driver import Access

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def child(task: str, path: Path) -> Generator[subprocess.Popen[str]]:
    """A process at work; killed, if it still lives, and reaped at the end."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "tests.unit.store.child", task, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_from(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("after", [1, 2, 25])
def test_what_was_told_durable_survives_a_kill(tmp_path: Path, after: int) -> None:
    path = tmp_path / "db"
    with child("intents", path) as process:
        told = 0
        while told < after:
            told = int(line_from(process))
        process.kill()
        assert process.stdout is not None
        told = max([told, *map(int, process.stdout.read().split())])

    async def check() -> None:
        async with opened(path) as store:
            generation = store.state.statuses[vm_ref("a")].observed_generation
            # One more may be durable that it did not live to tell; whole, as every commit.
            assert generation in {told, told + 1}
            assert store.state.histories[vm_ref("a")].intents[0].at == generation

    run(check())


def test_no_update_is_lost_between_processes(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with child("count", path) as one, child("count", path) as other:
        conflicts = int(line_from(one)) + int(line_from(other))
        assert (one.wait(60), other.wait(60)) == (0, 0)

    async def check() -> None:
        async with opened(path, Access.READ) as store:
            counter = store.state.desired[vm_ref("counter")]
            assert isinstance(counter.spec, VmSpec)
            assert counter.spec.cores == 2 * TURNS
            assert counter.generation == 2 * TURNS
            assert store.state.versions[vm_ref("counter")] == 2 * TURNS

    run(check())
    # Where the two never met there was nothing to see; not an error, but worth knowing.
    sys.stdout.write(f"{conflicts} conflicts\n")


def test_the_lease_dies_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with child("hold", path) as holder:
        assert line_from(holder) == "acting"

        async def check(*, acting: bool) -> None:
            async with opened(path) as store, store.lease() as mine:
                assert mine is acting

        run(check(acting=False))
        holder.kill()
        holder.wait(60)
        run(check(acting=True))
