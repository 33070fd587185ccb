"""The libvirt driver on real QEMU: the life of a machine, its disks and networks on two hosts."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.lab.guest import qcow2
from tests.lab.lab import Lab
from tests.real.libvirt_bench import IDENTITIES, MIB, STAMP, UUID, VM, Bench, bench, config, define, have, soon
from xcp_drivers.libvirt.calls import calls
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import DiskBus, DiskMode, ImageSource, VolumeFormat
from xcp_reconciler.model.errors import RejectedError, StaleError
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.observed import Balloon, DiskConfig, HaltReason, JobKind, PowerState
from xcp_reconciler.model.outcome import Running
from xcp_reconciler.refs import Kind, ref_of

SHARED: Final = ref_of(Kind.STORAGE_REPOSITORY, "shared")
POOL: Final = IDENTITIES.uuid(SHARED)
NAT: Final = ref_of(Kind.NETWORK, "nat")
NETWORK: Final = IDENTITIES.uuid(NAT)
ROOT: Final = ref_of(Kind.VOLUME, "root")
BASE: Final = "base-000000000001.qcow2"


def test_a_machine_lives_and_moves(lab: Lab) -> None:
    async def life() -> None:
        async with bench(lab) as on:
            session = on.session
            op = define(lab)
            await on.do(have(session.vm).define, op)
            seen = await on.vm()
            assert (seen.stored, seen.stamp, seen.power) == (op.config, STAMP, PowerState.HALTED)
            await on.do(have(session.power).start, ops.StartVm(VM, "a", UUID))
            seen = await on.until(lambda vm: vm.balloon is Balloon.PRESENT)
            assert seen.live == seen.stored
            await on.do(have(session.memory).set_range, ops.SetMemoryRange(VM, "a", UUID, 128 * MIB, 128 * MIB))
            await on.until(lambda vm: vm.memory_actual == 128 * MIB)
            await on.do(have(session.vcpu).set_cores, ops.SetCores(VM, "a", UUID, 2))
            seen = await on.vm()
            assert (seen.stored.cores, seen.live and seen.live.cores) == (2, 2)
            move = ops.MigrateVm(VM, "a", "b", UUID, ops.MigrationMode.LIVE, ops.DiskTransfer.SHARED)
            # So slow that a fast machine has not finished it before the look.
            lab.host(1).virsh("migrate-setspeed", UUID, "1")
            assert await have(session.migration).migrate(move, soon(60)) == Running(f"migration/{UUID}", 1.0)
            snapshot = await session.snapshot(soon())
            assert JobKind.MIGRATION in {job.kind for job in snapshot.hosts["a"].jobs if job.uuid == UUID}
            lab.host(1).virsh("migrate-setspeed", UUID, "1024")
            await on.finish(have(session.migration).migrate, move)
            assert session.wire[-1:] == list(calls(move, (seen,)))
            await on.do(have(session.migration).migrate, move)
            assert (await on.view("a")).vms == ()
            seen = await on.vm("b")
            assert (seen.power, seen.memory_actual, seen.stored.memory_target) == (
                PowerState.RUNNING,
                128 * MIB,
                128 * MIB,
            )
            with pytest.raises(StaleError):
                await have(session.vm).undefine(ops.UndefineVm(VM, "b", UUID), soon())
            await on.do(have(session.power).power_off, ops.PowerOffVm(VM, "b", UUID))
            assert (await on.vm("b")).halt_reason is HaltReason.DESTROYED
            back = ops.MigrateVm(VM, "b", "a", UUID, ops.MigrationMode.OFFLINE, ops.DiskTransfer.SHARED)
            await on.do(have(session.migration).migrate, back)
            await on.do(have(session.vm).undefine, ops.UndefineVm(VM, "a", UUID))
            assert (await on.view("a")).vms == (await on.view("b")).vms == ()

    asyncio.run(life())


def test_settings_are_stored_for_the_next_power_cycle(lab: Lab) -> None:
    async def settings() -> None:
        async with bench(lab) as on:
            await on.do(have(on.session.vm).define, define(lab))
            await on.do(have(on.session.power).start, ops.StartVm(VM, "a", UUID))
            changes = (
                ops.MaxCores(4, 2),
                ops.MemorySize(384 * MIB, 320 * MIB),
                ops.Serial(None),
                ops.Description("<&>"),
            )
            await on.do(have(on.session.vm).reconfigure, ops.ReconfigureVm(VM, "a", UUID, changes))
            seen = await on.vm()
            wanted = replace(
                config(lab),
                cores=2,
                max_cores=4,
                memory_size=384 * MIB,
                memory_target=320 * MIB,
                serial=None,
                description="<&>",
            )
            assert seen.stored == wanted
            assert seen.live is not None
            assert seen.live.max_cores == 2
            other = Stamp("somebody", VM, "u-2", UUID)
            await on.do(have(on.session.vm).stamp, ops.StampVm(VM, "a", UUID, other))
            assert (await on.vm()).stamp == other
            await on.do(have(on.session.power).power_off, ops.PowerOffVm(VM, "a", UUID))
            await on.do(have(on.session.power).start, ops.StartVm(VM, "a", UUID))
            seen = await on.vm()
            assert seen.live == seen.stored == wanted

    asyncio.run(settings())


def test_networks_live_on_every_host(lab: Lab) -> None:
    async def networks() -> None:
        async with bench(lab) as on:
            control, stamp = have(on.session.network), Stamp("real", NAT, "u-3", NETWORK)
            for host in ("a", "b"):
                await on.do(control.define, ops.DefineNetwork(NAT, host, NETWORK, "nat", "10.78.0.0/24", stamp))
                await on.do(control.start, ops.StartNetwork(NAT, host, NETWORK))
                (seen,) = (await on.view(host)).networks
                assert (seen.subnet, seen.active, seen.stamp) == ("10.78.0.0/24", True, stamp)
            for host in ("a", "b"):
                await on.do(control.undefine, ops.UndefineNetwork(NAT, host, NETWORK))
            assert (await on.view()).networks == ()

    asyncio.run(networks())


async def attach(on: Bench, lab: Lab, host: str = "a") -> None:
    control = have(on.session.storage)
    await on.do(control.define, ops.DefineStorage(SHARED, host, POOL, "shared", str(lab.shared)))
    await on.do(control.start, ops.StartStorage(SHARED, host, POOL))


def volume(lab: Lab, file: str, size: int | None, source: ImageSource | None = None) -> ops.CreateVolume:
    path = f"{lab.shared}/{file}"
    return ops.CreateVolume(ROOT, "a", POOL, file, path, VolumeFormat.QCOW2, size, source=source)


def test_an_image_is_whole_or_not_there(lab: Lab, tmp_path: Path) -> None:
    image = qcow2(tmp_path / "image.qcow2", 32)
    digest = hashlib.sha256(image.read_bytes()).hexdigest()

    async def upload() -> None:
        async with bench(lab) as on:
            await attach(on, lab)
            control = have(on.session.volume)
            with pytest.raises(RejectedError, match="sha256"):
                await control.create(volume(lab, BASE, 48 << 20, ImageSource(str(image), "0" * 64)), soon())
            assert not list(lab.shared.glob("*.qcow2*"))
            with pytest.raises(RejectedError, match="holds a disk"):
                await control.create(volume(lab, BASE, 16 << 20, ImageSource(str(image), digest)), soon())
            op = volume(lab, BASE, 48 << 20, ImageSource(str(image), digest))
            await on.do(control.create, op)
            (seen,) = (await on.view()).volumes
            assert (seen.file, seen.capacity_bytes, seen.format) == (BASE, 48 << 20, VolumeFormat.QCOW2)
            # What an attempt that died half-way leaves: neither file counts, and the next attempt begins anew.
            (lab.shared / f"{BASE}.part").write_bytes(b"half")
            (lab.shared / BASE).write_bytes(b"half")
            assert (await on.view()).volumes == ()
            await on.finish(control.create, op)
            (again,) = (await on.view()).volumes
            assert replace(again, allocation_bytes=0) == replace(seen, allocation_bytes=0)
            assert not list(lab.shared.glob("*.part"))

    asyncio.run(upload())


def test_a_disk_grows_and_is_kept_while_it_is_used(lab: Lab) -> None:
    over, path = "over-000000000002.qcow2", f"{lab.shared}/over-000000000002.qcow2"

    async def disks() -> None:
        async with bench(lab) as on:
            await attach(on, lab)
            await attach(on, lab, "b")
            control, power, vm = have(on.session.volume), have(on.session.power), have(on.session.vm)
            await on.do(control.create, volume(lab, BASE, 48 << 20))
            backing = replace(volume(lab, over, None), backing_path=f"{lab.shared}/{BASE}")
            await on.do(control.create, replace(backing, backing_format=VolumeFormat.QCOW2))
            # The other host has not made them, and sees them.
            sizes = {one.file: one.capacity_bytes for one in (await on.view("b")).volumes}
            assert sizes == {BASE: 48 << 20, over: 48 << 20}
            await on.do(control.resize, ops.ResizeVolume(ROOT, "a", POOL, over, path, 64 << 20))
            disks = (
                DiskConfig("root", path, VolumeFormat.QCOW2, bootable=True),
                DiskConfig("data", f"{lab.shared}/{BASE}", VolumeFormat.QCOW2, DiskBus.SCSI, DiskMode.RO),
            )
            op = replace(define(lab), config=replace(config(lab), disks=disks[:1]))
            await on.do(vm.define, op)
            await on.do(power.start, ops.StartVm(VM, "a", UUID))
            await on.do(vm.reconfigure, ops.ReconfigureVm(VM, "a", UUID, (ops.Disks(disks),)))
            assert ((seen := await on.vm()).stored.disks, seen.live) == (disks, op.config)
            await on.do(control.resize, ops.ResizeVolume(ROOT, "a", POOL, over, path, 96 << 20, UUID))
            with pytest.raises(RejectedError, match="never shrunk"):
                await control.resize(ops.ResizeVolume(ROOT, "a", POOL, over, path, 64 << 20, UUID), soon())
            with pytest.raises(RejectedError, match="uses"):
                await control.delete(ops.DeleteVolume(ROOT, "a", POOL, over), soon())
            await on.do(power.power_off, ops.PowerOffVm(VM, "a", UUID))
            await on.do(vm.undefine, ops.UndefineVm(VM, "a", UUID))
            for file in (over, BASE):
                await on.do(control.delete, ops.DeleteVolume(ROOT, "a", POOL, file))
            await on.do(have(on.session.storage).undefine, ops.UndefineStorage(SHARED, "a", POOL))
            assert lab.shared.is_dir()

    asyncio.run(disks())


def test_a_name_that_is_taken_is_refused(lab: Lab) -> None:
    async def taken() -> None:
        async with bench(lab) as on:
            await on.do(have(on.session.vm).define, define(lab))
            other = ops.DefineVm(VM, "a", IDENTITIES.uuid(ROOT), "web-1", config(lab), STAMP)
            with pytest.raises(RejectedError, match="another domain"):
                await have(on.session.vm).define(other, soon())

    asyncio.run(taken())
