"""The libvirt driver when hosts die, hang and come back, and when answers are lost."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from tests.lab.lab import Lab
from tests.lab.ledger import Effect, Fault, Ledger, Moment
from tests.lab.proxy import Proxy, UnixEnd
from tests.lab.rpc import Procedure
from tests.real.libvirt_bench import STAMP, UUID, VM, bench, define, have, soon
from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import BusyError, DriverError, OutcomeUnknownError, UnreachableError
from xcp_reconciler.model.observed import Balloon, Fresh, PowerState, Unreachable
from xcp_reconciler.model.outcome import Done, Hint, Running


def test_a_dead_host_costs_its_deadline_and_nobody_else(lab: Lab) -> None:
    async def dead() -> None:
        async with bench(lab) as on:
            await on.session.snapshot(soon())
            lab.cut(2)
            began = time.monotonic()
            snapshot = await on.session.snapshot(soon(2))
            assert time.monotonic() - began < 2.5
            assert isinstance(snapshot.hosts["a"].freshness, Fresh)
            first = snapshot.hosts["b"].freshness
            assert isinstance(first, Unreachable)
            second = (await on.session.snapshot(soon(2))).hosts["b"].freshness
            assert isinstance(second, Unreachable)
            assert second.since == first.since
            with pytest.raises((UnreachableError, OutcomeUnknownError)):
                await have(on.session.vm).define(define(lab, "b"), soon(1))
            lab.revive(2)
            end = time.monotonic() + 40
            while not isinstance((await on.session.snapshot(soon(3))).hosts["b"].freshness, Fresh):
                assert time.monotonic() < end

    asyncio.run(dead())


def test_a_daemon_that_restarts_is_found_again(lab: Lab) -> None:
    async def restart() -> None:
        async with bench(lab) as on:
            await on.do(have(on.session.vm).define, define(lab))
            await on.do(have(on.session.power).start, ops.StartVm(VM, "a", UUID))
            lab.restart_libvirtd(1)
            assert (await on.vm()).power is PowerState.RUNNING
            await on.do(have(on.session.power).power_off, ops.PowerOffVm(VM, "a", UUID))

    asyncio.run(restart())


def test_a_lost_answer_is_unknown_and_quarantines_the_host(lab: Lab, tmp_path: Path) -> None:
    ledger = Ledger()

    async def lost() -> None:
        with Proxy("h1", UnixEnd(tmp_path / "sock"), UnixEnd(lab.host(1).socket), ledger) as proxy:
            async with bench(lab, proxy.uri) as on:
                ledger.reset(Fault(1, Moment.AFTER_CALL, Effect.SWALLOW))
                with pytest.raises(OutcomeUnknownError):
                    await have(on.session.vm).define(define(lab), soon(3))
                with pytest.raises(BusyError):
                    await have(on.session.vm).define(define(lab), soon(3))
                # Reads have a connection of their own.
                assert (await on.vm()).stamp == STAMP

    asyncio.run(lost())


def test_a_cut_connection_is_unknown_and_the_next_call_finds_what_is_there(lab: Lab, tmp_path: Path) -> None:
    ledger = Ledger()

    async def cut() -> None:
        with Proxy("h1", UnixEnd(tmp_path / "sock"), UnixEnd(lab.host(1).socket), ledger) as proxy:
            async with bench(lab, proxy.uri) as on:
                ledger.reset(Fault(1, Moment.AFTER_CALL, Effect.CUT))
                with pytest.raises(OutcomeUnknownError):
                    await have(on.session.vm).define(define(lab), soon(5))
                assert await have(on.session.vm).define(define(lab), soon(5)) == Done()
                assert ledger.procedures.count(Procedure.DOMAIN_DEFINE_XML_FLAGS) == 1

    asyncio.run(cut())


def test_a_hanging_daemon_is_unreachable_until_it_goes_on(lab: Lab) -> None:
    async def hang() -> None:
        async with bench(lab) as on:
            await on.session.snapshot(soon())
            daemons = lab.host(1).processes("libvirtd")
            for pid in daemons:
                os.kill(pid, signal.SIGSTOP)
            try:
                snapshot = await on.session.snapshot(soon(1))
                assert isinstance(snapshot.hosts["a"].freshness, Unreachable)
                # Nothing was sent: it could not even be looked up.
                with pytest.raises(UnreachableError):
                    await have(on.session.vm).define(define(lab), soon(1))
            finally:
                for pid in daemons:
                    os.kill(pid, signal.SIGCONT)
            assert (await on.view()).vms == ()
            assert await have(on.session.vm).define(define(lab), soon()) == Done()

    asyncio.run(hang())


def test_a_move_that_does_not_end_is_aborted_and_told(lab: Lab) -> None:
    async def slow() -> None:
        async with bench(lab) as on:
            await on.do(have(on.session.vm).define, define(lab))
            await on.do(have(on.session.power).start, ops.StartVm(VM, "a", UUID))
            await on.until(lambda vm: vm.balloon is Balloon.PRESENT)
            move = ops.MigrateVm(VM, "a", "b", UUID, ops.MigrationMode.LIVE, ops.DiskTransfer.SHARED)
            lab.host(1).virsh("migrate-setspeed", "web-1", "1")
            assert isinstance(await have(on.session.migration).migrate(move, soon(2)), Running)
            await asyncio.sleep(3)
            with pytest.raises(DriverError):
                await have(on.session.migration).migrate(move, soon(2))
            assert (await on.vm()).power is PowerState.RUNNING
            assert (await on.view("b")).vms == ()

    asyncio.run(slow())


def test_events_become_hints(lab: Lab) -> None:
    async def events() -> None:
        async with bench(lab) as on:
            await on.session.snapshot(soon())
            waiting = asyncio.ensure_future(anext(on.session.hints()))
            await have(on.session.vm).define(define(lab), soon())
            assert await asyncio.wait_for(waiting, 5) == Hint("a", UUID)

    asyncio.run(events())
