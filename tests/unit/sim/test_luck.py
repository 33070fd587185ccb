"""Bad luck: asked for by the address, by the deadline, or by a simulation's faults."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.sim.table import Turned, finish, opened, pool
from tests.unit.world.scene import define, uuid, vm
from xcp_drivers.sim import SimDriver
from xcp_drivers.world.world import World
from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import (
    BusyError,
    DriverError,
    OutcomeUnknownError,
    RejectedError,
    StaleError,
    UnauthorisedError,
)
from xcp_reconciler.model.observed import Unreachable
from xcp_reconciler.ports.driver import Access

LATER = 10_000.0


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        (None, "missing"),
        ("https://host/", "does not begin with"),
        ("sim:", "names no file"),
        ("sim://host/world.db", "three slashes"),
        ("sim:world.db?latency=50", "no time"),
        ("sim:world.db?latncy=50ms", "none of latency"),
        ("sim:world.db?lose=2", "no probability"),
        ("sim:world.db?error=Busy", "CODE:PROBABILITY"),
        ("sim:world.db?seed=x", "no whole number"),
        ("sim:world.db?tls=maybe", "not `refused`"),
        ("sim:nowhere/world.db", "unable to open"),
    ],
)
def test_an_address_that_makes_no_sense_says_what_one_looks_like(
    endpoint: str | None, why: str, tmp_path: Path
) -> None:
    async def work() -> None:
        async with opened(pool(endpoint, tmp_path)):
            pass

    with pytest.raises(RejectedError, match=why) as caught:
        finish(work())
    assert "sim:world.db" in caught.value.message


def test_an_absolute_address_is_absolute(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool(f"sim://{tmp_path}/w%20x.db?latency=50ms&seed=7", "/nowhere")):
            pass

    finish(work())
    assert (tmp_path / "w x.db").exists()


def test_a_certificate_can_be_refused(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool("sim:world.db?tls=refused", tmp_path)):
            pass

    with pytest.raises(UnauthorisedError):
        finish(work())


def test_latency_takes_its_time(tmp_path: Path) -> None:
    async def work() -> None:
        clock = Turned()
        async with opened(pool("sim:world.db?latency=50ms&jitter=100ms", tmp_path), clock, chance=0.5) as session:
            assert session.vm
            await session.vm.define(define("web"), LATER)
            assert clock.now() == pytest.approx(1000.1)
            snapshot = await session.snapshot(LATER)
            assert snapshot.at == pytest.approx(1000.1)
            assert clock.now() == pytest.approx(1000.2)

    finish(work())


@pytest.mark.parametrize(
    ("patience", "chance", "applied"),
    [(-1.0, 0.0, 0), (0.5, 0.0, 1), (0.5, 0.9, 0), (1.5, 0.9, 1)],
)
def test_a_call_that_outlives_its_deadline_may_have_happened(
    patience: float, chance: float, applied: int, tmp_path: Path
) -> None:
    async def work() -> None:
        clock = Turned()
        async with opened(pool("sim:world.db?latency=2s", tmp_path), clock, chance=chance) as session:
            assert session.vm
            deadline = clock.now() + patience
            with pytest.raises(OutcomeUnknownError):
                await session.vm.define(define("web"), deadline)
            assert clock.now() == max(1000.0, deadline)
            assert len((await session.snapshot(LATER)).hosts["a"].vms) == applied
            late = (await session.snapshot(clock.now() + 1)).hosts
            assert all(isinstance(view.freshness, Unreachable) for view in late.values())

    finish(work())


@pytest.mark.parametrize(("word", "kind"), [("Busy", BusyError), ("Stale", StaleError), ("NoSpace", RejectedError)])
def test_errors_come_before_anything_has_happened(word: str, kind: type[DriverError], tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool(f"sim:world.db?error={word}:1.0", tmp_path)) as session:
            assert session.vm
            with pytest.raises(kind):
                await session.vm.define(define("web"), LATER)
            assert (session.wire, (await session.snapshot(LATER)).hosts["a"].vms) == ([], ())

    finish(work())


def test_a_lost_reply_is_lost_after_the_deed(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool("sim:world.db?lose=1", tmp_path)) as session:
            assert session.vm
            with pytest.raises(OutcomeUnknownError):
                await session.vm.define(define("web"), LATER)
            assert len((await session.snapshot(LATER)).hosts["a"].vms) == 1

    finish(work())


def test_one_seed_is_one_weather(tmp_path: Path) -> None:
    async def weather(name: str) -> list[bool]:
        found: list[bool] = []
        async with opened(pool(f"sim:{name}.db?seed=7&error=Busy:0.5", tmp_path)) as session:
            assert session.vm
            for _ in range(40):
                try:
                    await session.vm.define(define("web"), LATER)
                    found.append(True)
                except BusyError:
                    found.append(False)
        return found

    first = finish(weather("one"))
    assert first == finish(weather("two"))
    assert len(set(first)) == 2


class Tape:
    """Faults as a simulation makes them: a crash at one point, and old snapshots."""

    def __init__(self, crash: str = "", back: int = 0) -> None:
        self.crash = crash
        self.back = back
        self.asked: list[str] = []

    async def before_send(self, call: ops.Call) -> None:
        """Nothing has left."""
        self._at("before_send", call)

    async def applied(self, call: ops.Call) -> None:
        """The world has changed."""
        self._at("applied", call)

    async def after_reply(self, call: ops.Call) -> None:
        """The answer is there."""
        self._at("after_reply", call)

    def staleness(self) -> int:
        """As told."""
        return self.back

    def _at(self, point: str, call: ops.Call) -> None:
        self.asked.append(f"{point} {call.method}")
        if point == self.crash:
            raise KeyboardInterrupt


@pytest.mark.parametrize(("point", "there"), [("before_send", 0), ("applied", 1), ("after_reply", 1)])
def test_a_process_can_die_at_three_points_of_a_call(point: str, there: int) -> None:
    world = World.in_memory()
    tape = Tape(point)

    async def work() -> None:
        async with opened(pool(None), driver=SimDriver(world, tape)) as session:
            assert session.vm
            with suppress(KeyboardInterrupt):
                await session.vm.define(define("web"), LATER)
        async with opened(pool(None), driver=SimDriver(world)) as session:
            assert len((await session.snapshot(LATER)).hosts["a"].vms) == there

    finish(work())
    assert tape.asked[-1] == f"{point} vm.define"


def test_old_snapshots_are_from_before_the_last_changes() -> None:
    tape = Tape()

    async def work() -> None:
        clock = Turned()
        async with opened(pool(None), clock, driver=SimDriver(World.in_memory(), tape)) as session:
            assert session.vm
            for name in ("one", "two", "three"):
                await session.vm.define(define(name), LATER)
                await session.snapshot(LATER)
                await clock.sleep(1)
                await session.snapshot(LATER)
            for back, names, at in ((0, 3, 1003.0), (1, 2, 1002.0), (2, 1, 1001.0), (99, 1, 1001.0)):
                tape.back = back
                snapshot = await session.snapshot(LATER)
                assert (len(snapshot.hosts["a"].vms), snapshot.at) == (names, at)

    finish(work())


def test_reading_sessions_over_a_given_world_change_nothing() -> None:
    world = World.in_memory()

    async def work() -> None:
        async with opened(pool(None), driver=SimDriver(world), access=Access.READ) as session:
            assert session.power
            with pytest.raises(RejectedError):
                await session.power.start(ops.StartVm(vm("web"), "a", uuid(vm("web"))), LATER)

    finish(work())
