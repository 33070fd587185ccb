"""A session: what is seen, what is sent, and what a second process sees of it."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from tests.unit.sim.table import HOSTS, Turned, finish, opened, pool
from tests.unit.world.scene import MIB, SHARED, card, create, define, disk, migrate, uuid, vm
from xcp_drivers.sim import driver
from xcp_drivers.sim.session import SimSession
from xcp_drivers.world import hosts
from xcp_drivers.world.world import World
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import ImageSource, VolumeFormat
from xcp_reconciler.model.errors import BusyError, RejectedError, StaleError, UnreachableError
from xcp_reconciler.model.observed import Fresh, PowerState, Unreachable, VmConfig
from xcp_reconciler.model.outcome import Done, Running
from xcp_reconciler.ports.driver import Access, HostTarget, Session
from xcp_reconciler.refs import Kind, ref_of

LATER = 10_000.0
REF = vm("web")
START = ops.StartVm(REF, "a", uuid(REF))


async def furnish(session: SimSession) -> None:
    assert session.storage is not None
    for host in ("a", "b"):
        await session.storage.define(
            ops.DefineStorage(SHARED, host, uuid(SHARED), "shared", "/shared", shared=True), LATER
        )
        await session.storage.start(ops.StartStorage(SHARED, host, uuid(SHARED)), LATER)


def test_a_new_world_has_the_hosts_of_the_pool(tmp_path: Path) -> None:
    async def work() -> None:
        clock = Turned()
        async with opened(pool("sim:world.db", tmp_path), clock) as session:
            snapshot = await session.snapshot(LATER)
        views = snapshot.hosts
        assert {name: (view.cpus, view.memory) for name, view in views.items()} == {
            "a": (16, 64 * 2**20),
            "b": (4, 8 * 2**20),
        }
        assert all(
            view.freshness == Fresh(1000.0) and view.idle and view.hypervisor == "Sim" for view in views.values()
        )

    finish(work())
    assert (tmp_path / "world.db").exists()


def test_hosts_that_are_declared_later_join(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool("sim:world.db", tmp_path)) as session:
            assert session.vm is not None
            await session.vm.define(define("web"), LATER)
        wider = pool("sim:world.db", tmp_path, (*HOSTS, HostTarget("c")))
        async with opened(wider, access=Access.READ) as session:
            assert set((await session.snapshot(LATER)).hosts) == {"a", "b", "c"}
        async with opened(wider) as session:
            views = (await session.snapshot(LATER)).hosts
            assert [found.name for found in views["a"].vms] == ["web"]
            assert views["c"].cpus == 16

    finish(work())


def test_a_look_at_a_world_that_is_not_there_makes_no_file(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool("sim:world.db", tmp_path), access=Access.READ) as session:
            snapshot = await session.snapshot(LATER)
            assert set(snapshot.hosts) == {"a", "b"}
            assert session.vm is not None
            with pytest.raises(RejectedError, match="may only look"):
                await session.vm.define(define("web"), LATER)

    finish(work())
    assert list(tmp_path.iterdir()) == []


def test_a_reader_sees_what_a_writer_does(tmp_path: Path) -> None:
    async def work() -> None:
        target, clock = pool("sim:world.db", tmp_path), Turned()
        async with opened(target, clock, Access.READ) as reader, opened(target, clock) as writer:
            assert writer.vm is not None
            assert writer.power is not None
            assert (await reader.snapshot(LATER)).hosts["a"].vms == ()
            await writer.vm.define(define("web"), LATER)
            await writer.power.start(START, LATER)
            await writer.power.shut_down(ops.ShutDownVm(REF, "a", uuid(REF)), LATER)
            assert (await reader.snapshot(LATER)).hosts["a"].vms[0].power is PowerState.RUNNING
            await clock.sleep(10)
            first, second = await reader.snapshot(LATER), await writer.snapshot(LATER)
            assert first.hosts["a"].vms == second.hosts["a"].vms
            assert first.hosts["a"].vms[0].power is PowerState.HALTED

    finish(work())


def test_a_world_whose_file_is_replaced_is_the_new_file(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool("sim:world.db", tmp_path)) as session:
            assert session.vm is not None
            await session.vm.define(define("web"), LATER)
            (tmp_path / "world.db").unlink()
            assert (await session.snapshot(LATER)).hosts["a"].vms == ()
            await session.vm.define(define("db"), LATER)
        async with opened(pool("sim:world.db", tmp_path)) as session:
            assert [found.name for found in (await session.snapshot(LATER)).hosts["a"].vms] == ["db"]

    finish(work())


def test_the_calls_on_the_wire_are_those_that_are_shown(tmp_path: Path) -> None:
    config = VmConfig(1, 2, 64 * MIB, 64 * MIB, (disk("root"),), (card(),), description="x")
    sent = (define("web", config=config), define("web", config=config), ops.UndefineVm(REF, "a", uuid(REF)))

    async def work() -> list[ops.Call]:
        async with opened(pool("sim:world.db", tmp_path)) as session:
            assert session.vm is not None
            await session.vm.define(sent[0], LATER)
            await session.vm.define(sent[1], LATER)
            await session.vm.undefine(sent[2], LATER)
            return session.wire

    assert finish(work()) == [call for op in sent for call in driver.calls(op, ())]


def test_every_op_may_be_applied_twice(tmp_path: Path) -> None:
    network = ref_of(Kind.NETWORK, "nat")
    stamp = define("web").stamp

    async def work() -> None:
        async with opened(pool("sim:world.db", tmp_path)) as session:
            await furnish(session)
            await furnish(session)
            assert session.vm
            assert session.power
            assert session.volume
            assert session.network
            assert session.memory
            assert session.vcpu
            for _ in range(2):
                await session.volume.create(create("root"), LATER)
                await session.volume.create(create("gone"), LATER)
                defined = ops.DefineNetwork(network, "a", uuid(network), "nat", "10.0.0.0/24", stamp)
                await session.network.define(defined, LATER)
                await session.network.start(ops.StartNetwork(network, "a", uuid(network)), LATER)
                await session.vm.define(define("web", config=VmConfig(1, 2, MIB, MIB, (disk("root"),))), LATER)
                await session.vm.stamp(ops.StampVm(REF, "a", uuid(REF), stamp), LATER)
                assert await session.power.start(START, LATER) == Done()
                await session.power.resume(ops.ResumeVm(REF, "a", uuid(REF)), LATER)
                await session.memory.set_range(ops.SetMemoryRange(REF, "a", uuid(REF), 1, MIB), LATER)
                await session.vcpu.set_cores(ops.SetCores(REF, "a", uuid(REF), 2), LATER)
            for _ in range(2):
                await session.power.power_off(ops.PowerOffVm(REF, "a", uuid(REF)), LATER)
            for _ in range(2):
                await session.power.shut_down(ops.ShutDownVm(REF, "a", uuid(REF)), LATER)
                file = ops.DeleteVolume(ref_of(Kind.VOLUME, "gone"), "a", uuid(SHARED), "gone.qcow2")
                await session.volume.delete(file, LATER)
            for _ in range(2):
                await session.vm.undefine(ops.UndefineVm(REF, "a", uuid(REF)), LATER)
                await session.network.undefine(ops.UndefineNetwork(network, "a", uuid(network)), LATER)
            view = (await session.snapshot(LATER)).hosts["a"]
            assert (view.vms, view.networks, [volume.file for volume in view.volumes]) == ((), (), ["root.qcow2"])

    finish(work())


def test_a_migration_is_under_way_and_then_over(tmp_path: Path) -> None:
    async def work() -> None:
        clock = Turned()
        async with opened(pool("sim:world.db", tmp_path), clock) as session:
            assert session.vm
            assert session.power
            assert session.migration
            await session.vm.define(define("web"), LATER)
            await session.power.start(START, LATER)
            outcome = await session.migration.migrate(migrate("web", "a", "b"), LATER)
            assert isinstance(outcome, Running)
            views = (await session.snapshot(LATER)).hosts
            assert not views["a"].idle
            await clock.sleep(outcome.poll_after)
            views = (await session.snapshot(LATER)).hosts
            assert views["a"].vms == ()
            assert await session.migration.migrate(migrate("web", "a", "b"), LATER) == Done()

    finish(work())


def test_what_a_refusal_means(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool("sim:world.db", tmp_path)) as session:
            assert session.vm
            assert session.power
            assert session.migration
            with pytest.raises(StaleError, match="no domain"):
                await session.power.start(START, LATER)
            await session.vm.define(define("web"), LATER)
            await session.power.start(START, LATER)
            with pytest.raises(StaleError) as stale:
                await session.vm.undefine(ops.UndefineVm(REF, "a", uuid(REF)), LATER)
            assert (stale.value.code, stale.value.host) == ("NotHalted", "a")
            await session.migration.migrate(migrate("web", "a", "b"), LATER)
            with pytest.raises(BusyError):
                await session.vm.define(define("web"), LATER)
            with pytest.raises(RejectedError) as rejected:
                await session.migration.migrate(migrate("web", "a", "elsewhere"), LATER)
            assert rejected.value.code == "NoSuchHost"

    finish(work())


def test_a_dead_host_is_unreachable_and_the_others_are_not(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool("sim:world.db", tmp_path)) as session:
            assert session.vm
            await session.vm.define(define("web"), LATER)
            world = World.open(tmp_path / "world.db")
            with world.change(1001.0) as change:
                hosts.kill(change, "a")
            world.close()
            views = (await session.snapshot(LATER)).hosts
            assert views["a"].freshness == Unreachable(1001.0, "no route to host")
            assert views["a"].vms == ()
            assert views["b"].freshness == Fresh(1000.0)
            with pytest.raises(UnreachableError):
                await session.vm.define(define("db"), LATER)

    finish(work())


def test_a_world_that_another_process_holds_is_waited_for_without_holding_up_the_loop(tmp_path: Path) -> None:
    async def work() -> None:
        clock = Turned()
        async with opened(pool("sim:world.db", tmp_path), clock) as session:
            assert session.vm
            other = World.open(tmp_path / "world.db")
            with other.change(1000.0), pytest.raises(BusyError):
                await session.vm.define(define("web"), clock.now() + 1)
            held = other.change(1000.0)
            held.__enter__()
            task = asyncio.ensure_future(session.vm.define(define("web"), LATER))
            for _ in range(5):
                await asyncio.sleep(0)
            assert not task.done()
            held.__exit__(None, None, None)
            assert await task == Done()
            other.close()

    finish(work())


def test_an_image_is_checked_before_a_volume_is_made(tmp_path: Path) -> None:
    header = b"QFI\xfb\0\0\0\3" + bytes(16) + (3 * 2**30).to_bytes(8, "big")
    (tmp_path / "guest.qcow2").write_bytes(header + bytes(100_000))
    (tmp_path / "text.qcow2").write_bytes(b"hello")
    good = hashlib.sha256(header + bytes(100_000)).hexdigest()

    def from_image(file: str, sha256: str) -> ops.CreateVolume:
        made = create("base", size=None)
        source = ImageSource(file, sha256)
        return ops.CreateVolume(
            made.ref, "a", made.storage, made.file, made.path, VolumeFormat.QCOW2, None, source=source
        )

    async def work() -> None:
        async with opened(pool("sim:world.db", tmp_path)) as session:
            await furnish(session)
            assert session.volume
            for file, sha256, code in (
                ("guest.qcow2", "0" * 64, "ChecksumMismatch"),
                ("nothing.qcow2", good, "ImageMissing"),
                (".", good, "ImageMissing"),
                ("text.qcow2", hashlib.sha256(b"hello").hexdigest(), "BadFormat"),
            ):
                with pytest.raises(RejectedError) as caught:
                    await session.volume.create(from_image(file, sha256), LATER)
                assert caught.value.code == code
            sent = len(session.wire)
            assert await session.volume.create(from_image("guest.qcow2", good), LATER) == Done()
            assert len(session.wire) == sent + 1
            (volume,) = (await session.snapshot(LATER)).hosts["b"].volumes
            assert (volume.capacity_bytes, volume.file) == (3 * 2**30, "base.qcow2")

    finish(work())


def test_a_volume_that_is_there_otherwise_is_not_what_was_asked_for(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(pool("sim:world.db", tmp_path)) as session:
            await furnish(session)
            assert session.volume
            await session.volume.create(create("root"), LATER)
            with pytest.raises(RejectedError) as caught:
                await session.volume.create(create("root", size=2**31), LATER)
            assert caught.value.code == "VolumeExists"

    finish(work())


def test_hints_tell_of_our_changes_others_and_those_of_time(tmp_path: Path) -> None:
    async def work() -> None:
        clock = Turned()
        async with opened(pool("sim:world.db", tmp_path), clock) as session:
            assert session.vm
            assert session.power
            hints = session.hints()
            first = asyncio.ensure_future(anext(aiter(hints)))
            await asyncio.sleep(0)
            await session.vm.define(define("web"), LATER)
            hint = await first
            assert (hint.host, hint.uuid) == ("a", uuid(REF))
            await session.power.start(START, LATER)
            assert (await anext(aiter(hints))).uuid == uuid(REF)
            # Two seconds later the guest has booted, by itself.
            assert (await anext(aiter(hints))).uuid == uuid(REF)
            assert clock.now() >= 1002

    finish(work())


def test_the_session_is_what_the_core_expects(tmp_path: Path) -> None:
    async def work() -> Session:
        async with opened(pool("sim:world.db", tmp_path)) as session:
            return session

    assert finish(work()).vm is not None
