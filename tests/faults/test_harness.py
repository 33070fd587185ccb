"""The harness itself: the poison bites, the loop has no outside, the oracles see what they are for."""

import asyncio
import os
import random
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from types import FunctionType

import pytest

from xcp_drivers.sim.truth import WorldTruth
from xcp_drivers.world import power, tamper
from xcp_reconciler.model import ops
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.refs import Kind, ref_of
from xcp_reconciler.simulation import deeds
from xcp_reconciler.simulation.grace import Grace
from xcp_reconciler.simulation.loop import DeadlockError, OutsideError, SimulatedLoop, run_simulated
from xcp_reconciler.simulation.oracles import Oracle, Witness
from xcp_reconciler.simulation.poison import PoisonError, poisoned
from xcp_reconciler.simulation.tape import Tape
from xcp_reconciler.simulation.truth import HostSize

WEB = ref_of(Kind.VIRTUAL_MACHINE, "web")


def wait() -> object:
    time.sleep(0)
    return None


def roll() -> object:
    return random.random()  # noqa: S311 - that is what must not work


def draw() -> object:
    return random.choice([1])  # noqa: S311 - the same


def begin() -> object:
    threading.Thread().start()
    return None


def wall() -> object:
    return time.time() + 0


def ticks() -> object:
    return time.monotonic() + 0


def name() -> object:
    return uuid.uuid4().hex


def bytes_of_chance() -> object:
    return os.urandom(1)


FORBIDDEN: list[Callable[[], object]] = [wall, ticks, wait, roll, draw, name, bytes_of_chance, begin]


def as_ours(function: Callable[[], object]) -> Callable[[], object]:
    """The same function, as if a module of the program contained it."""
    assert isinstance(function, FunctionType)
    return FunctionType(function.__code__, {**function.__globals__, "__name__": "xcp_reconciler.runtime.anything"})


@pytest.mark.parametrize("function", FORBIDDEN)
def test_our_own_code_may_not_go_around_its_ports(function: Callable[[], object]) -> None:
    with poisoned(), pytest.raises(PoisonError):
        as_ours(function)()


def test_others_may_and_afterwards_everybody_may() -> None:
    with poisoned():
        assert time.time() > 0
        assert uuid.uuid4().version == 4
    assert as_ours(FORBIDDEN[0])()


def test_time_jumps_to_the_next_timer() -> None:
    async def main(loop: SimulatedLoop) -> float:
        began = loop.time()
        await asyncio.sleep(86_400)
        return loop.time() - began

    assert run_simulated(Tape(1), main) == pytest.approx(86_400)


def test_waiting_for_nothing_is_noticed() -> None:
    async def main(loop: SimulatedLoop) -> None:
        del loop
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError):
        run_simulated(Tape(1), main)


@pytest.mark.parametrize(
    "outside",
    [
        lambda: asyncio.to_thread(print),
        lambda: asyncio.get_running_loop().getaddrinfo("localhost", 1),
        lambda: asyncio.open_connection("localhost", 1),
        lambda: asyncio.create_subprocess_exec("true"),
    ],
)
def test_there_is_no_outside(outside: Callable[[], Awaitable[object]]) -> None:
    async def main(loop: SimulatedLoop) -> None:
        del loop
        await outside()

    with pytest.raises(OutsideError):
        run_simulated(Tape(1), main)


def test_the_order_of_tasks_comes_from_the_tape() -> None:
    def order(tape: Tape) -> list[int]:
        found: list[int] = []

        async def main(loop: SimulatedLoop) -> None:
            del loop

            async def step(number: int) -> None:
                await asyncio.sleep(1)
                found.append(number)

            await asyncio.gather(*(step(number) for number in range(6)))

        run_simulated(tape, main)
        return found

    first = Tape(1)
    orders = {tuple(order(Tape(seed))) for seed in range(20)}
    assert len(orders) > 5
    assert order(first) == order(Tape(77, first.choices))


def test_tasks_hash_by_their_order_of_birth() -> None:
    async def main(loop: SimulatedLoop) -> list[int]:
        del loop

        async def nothing() -> None:
            await asyncio.sleep(0)

        tasks = [asyncio.ensure_future(nothing()) for _ in range(5)]
        found = [hash(task) for task in tasks]
        await asyncio.gather(*tasks)
        return found

    found = run_simulated(Tape(1), main)
    assert found == list(range(found[0], found[0] + 5))


# --- oracles


def watched() -> tuple[WorldTruth, Witness]:
    truth = WorldTruth((HostSize("h1", 16, 2**24), HostSize("h2", 16, 2**24)), Tape(1))
    witness = Witness(truth, lambda: 100.0, ("/mortal.qcow2",))
    truth.plant(0.0)
    witness.settle_in()
    return truth, witness


def test_a_changed_stranger_is_seen() -> None:
    truth, witness = watched()
    with truth.world.change(1.0) as change:
        guest = tamper.find(change, "theirs-h1")
        power.power_off(change, "h1", guest.uuid)
    witness.look()
    assert {violation.oracle for violation in witness.violations} == {Oracle.STRANGERS}


def test_two_running_copies_are_seen() -> None:
    truth, witness = watched()
    with truth.world.change(1.0) as change:
        first = tamper.stranger(change, "twice", "h1", VmConfig(1, 1, 1024, 1024))
        running = change.named("h1", first.name)
        assert running is not None
        change.put_guest(running._replace(host="h2"))
    witness.look()
    assert [violation.oracle for violation in witness.violations] == [Oracle.ONE_RUNNING]


def test_a_lost_volume_is_seen_and_a_deleted_one_is_none() -> None:
    truth, witness = watched()
    rows = [("shared:/srv", f"/srv/{name}.qcow2", "/srv", f"{name}.qcow2") for name in ("precious", "mortal")]
    with truth.world.change(1.0) as change:
        for place, path, folder, file in rows:
            change.db.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?, 'qcow2', 1, 1, NULL, ?)",
                (place, path, folder, file, change.version),
            )
    witness.look()
    with truth.world.change(2.0) as change:
        change.db.execute("DELETE FROM files")
    witness.look()
    assert [violation.oracle for violation in witness.violations] == [Oracle.NO_VOLUME_LOST]
    assert "precious" in witness.violations[0].detail
    assert sum(witness.created.values()) == 2
    assert sum(witness.deleted.values()) == 2


def test_memory_promised_twice_is_seen() -> None:
    truth, witness = watched()
    with truth.world.change(1.0) as change:
        change.put_host(change.host("h1")._replace(memory=2**17))
    witness.look()
    assert {violation.oracle for violation in witness.violations} == {Oracle.RESERVE}


def test_what_others_do_is_not_held_against_us() -> None:
    truth, witness = watched()
    assert truth.do(deeds.PowerOff(do="PowerOff", vm="theirs-h1"), 1.0)
    witness.others_did()
    assert truth.do(deeds.Stranger(do="Stranger", name="new", host="h2"), 2.0)
    witness.others_did()
    witness.look()
    assert not witness.violations
    assert not truth.do(deeds.PowerOff(do="PowerOff", vm="nobody"), 3.0)


# --- grace


def graced() -> tuple[Grace, list[Oracle]]:
    broken: list[Oracle] = []
    grace = Grace(lambda oracle, _: broken.append(oracle), {"u": 10.0})
    return grace, broken


def test_a_guest_that_is_cut_off_early_or_unasked_is_seen() -> None:
    ask, cut = ops.ShutDownVm(WEB, "h1", "u"), ops.PowerOffVm(WEB, "h1", "u")
    grace, broken = graced()
    grace.begins(cut, 5.0, set_by=0.0)
    assert broken == [Oracle.GRACE]
    grace.begins(ask, 10.0, set_by=0.0)
    grace.begins(cut, 15.0, set_by=0.0)
    assert broken == [Oracle.GRACE, Oracle.GRACE]
    grace.begins(cut, 20.0, set_by=0.0)
    grace.begins(cut, 11.0, set_by=3600.0)
    assert len(broken) == 2


# --- freezing


def test_a_frozen_task_goes_on_later_and_others_now() -> None:
    async def main(loop: SimulatedLoop) -> list[tuple[str, float]]:
        began, found = loop.time(), list[tuple[str, float]]()

        async def steps(name: str) -> None:
            for _ in range(3):
                await asyncio.sleep(1)
                found.append((name, loop.time() - began))

        cold, warm = loop.create_task(steps("cold")), loop.create_task(steps("warm"))
        loop.freeze(cold, began + 10)
        await asyncio.gather(cold, warm)
        return found

    found = run_simulated(Tape(1), main)
    assert [at for name, at in found if name == "warm"] == [1, 2, 3]
    assert [at for name, at in found if name == "cold"] == [11, 12, 13]
