"""One task a key, so many in all, and nobody suffers from another's failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from tests.runtime.stage import vm_ref
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.runner import Runner
from xcp_reconciler.runtime.schedule import Schedule
from xcp_reconciler.runtime.stopping import Stop
from xcp_reconciler.simulation.loop import LoopClock, SimulatedLoop, run_simulated
from xcp_reconciler.simulation.tape import Tape, TapeRng


def run_for(
    seconds: float,
    work: Callable[[Ref], Awaitable[float | None]],
    keys: list[Ref],
    *,
    limit: int = 64,
    stops: int = 1,
) -> float:
    """Run the keys, ask for a stop after some time, and return how long the end took after that."""
    tape = Tape(1)

    async def main(loop: SimulatedLoop) -> float:
        clock = LoopClock(loop)
        schedule, stop = Schedule(), Stop()
        runner = Runner(schedule, work, clock, TapeRng(tape), limit=limit)
        for key in keys:
            schedule.ask(key, clock.now())
        running = asyncio.ensure_future(runner.run(stop))
        await asyncio.sleep(seconds)
        asked = clock.now()
        for _ in range(stops):
            stop.ask()
        await running
        return clock.now() - asked

    return run_simulated(tape, main)


def test_a_key_is_never_worked_on_twice_at_once() -> None:
    busy: set[Ref] = set()
    runs: list[Ref] = []

    async def work(key: Ref) -> float | None:
        assert key not in busy
        busy.add(key)
        runs.append(key)
        await asyncio.sleep(1.0)
        busy.discard(key)
        return asyncio.get_running_loop().time()

    run_for(10.5, work, [vm_ref("a")])
    assert len(runs) == 11


def test_at_most_so_many_run_at_once() -> None:
    busy = 0
    most = 0

    async def work(_: Ref) -> float | None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(1.0)
        busy -= 1
        return None

    run_for(60.0, work, [vm_ref(f"vm{index}") for index in range(30)], limit=7)
    assert most == 7


def test_a_defect_throttles_its_own_key_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    runs: dict[str, int] = {"bad": 0, "good": 0}

    async def work(key: Ref) -> float | None:
        runs[key.name] += 1
        if key.name == "bad":
            raise ZeroDivisionError
        return asyncio.get_running_loop().time() + 1.0

    with caplog.at_level(logging.ERROR):
        run_for(60.5, work, [vm_ref("bad"), vm_ref("good")])
    assert runs["good"] == 61
    assert 4 <= runs["bad"] <= 9
    assert "ZeroDivisionError" in caplog.text


def test_the_first_stop_waits_for_what_is_under_way() -> None:
    ended: list[str] = []

    async def work(key: Ref) -> float | None:
        await asyncio.sleep(20.0)
        ended.append(key.name)
        return 0.0

    took = run_for(5.0, work, [vm_ref("a"), vm_ref("b")])
    assert sorted(ended) == ["a", "b"]
    assert took == pytest.approx(15.0)


def test_the_second_stop_waits_for_nothing() -> None:
    cancelled: list[str] = []

    async def work(key: Ref) -> float | None:
        try:
            await asyncio.sleep(20.0)
        except asyncio.CancelledError:
            cancelled.append(key.name)
            raise
        return None

    took = run_for(5.0, work, [vm_ref("a")], stops=2)
    assert cancelled == ["a"]
    assert took == pytest.approx(0.0)


def test_cancelling_the_runner_cancels_its_work() -> None:
    cancelled: list[str] = []

    async def work(key: Ref) -> float | None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(key.name)
        return None

    tape = Tape(1)

    async def main(loop: SimulatedLoop) -> None:
        clock = LoopClock(loop)
        schedule = Schedule()
        running = asyncio.ensure_future(Runner(schedule, work, clock, TapeRng(tape)).run(Stop()))
        schedule.ask(vm_ref("a"), clock.now())
        await asyncio.sleep(1.0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    run_simulated(tape, main)
    assert cancelled == ["a"]
