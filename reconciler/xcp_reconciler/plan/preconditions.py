"""What a step relies on: the fingerprint of exactly the observed fields that its decision read.

Fields that guests and backends move by themselves (the memory a guest holds, free space, addresses) are left out. Our
own calls rebase it; a change that somebody else makes elsewhere does not stale it.
"""

from dataclasses import replace
from hashlib import blake2b
from typing import assert_never

from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import VmSpec, VolumeSpec
from xcp_reconciler.model.observed import ObservedNetwork, ObservedStorage, ObservedVm, ObservedVolume
from xcp_reconciler.plan.effects import issued
from xcp_reconciler.plan.overlay import copies_of, put_copies
from xcp_reconciler.plan.presence import backend_uuid, storage_uuid, volume_file
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref


def fingerprint(op: ops.Op, sight: Sight) -> str:
    """A digest of what `op` relies on, as `sight` shows it."""
    return blake2b(repr(_read(op, sight)).encode(), digest_size=12).hexdigest()


def rebase(op: ops.Op, sight: Sight) -> None:
    """Make `sight` show that the call of `op` was accepted, for the steps that follow it."""
    put_copies(op, sight, issued(op, copies_of(op, sight)))


def without_noise(vm: ObservedVm) -> ObservedVm:
    """A machine without the fields that its guest moves."""
    return replace(vm, memory_actual=None, since=None)


def _read(op: ops.Op, sight: Sight) -> object:
    copies = sorted((_key_fields(op, copy) for copy in copies_of(op, sight)), key=repr)
    match op:
        case ops.DefineVm():
            return copies, sorted(vm.uuid for vm in sight.names.get((op.host, op.name), ()))
        case ops.MigrateVm():
            return copies, sight.answers(op.target), sight.jobs.get(op.uuid, ())
        case ops.SetMemoryTarget():
            return copies, sight.jobs.get(op.uuid, ())
        case ops.DeleteVolume():
            users = sorted(vm.uuid for copy in copies_of(op, sight) for vm in sight.users.get(_path(copy), ()))
            return copies, users
        case _:
            return copies


def _path(copy: object) -> str:
    return copy.path if isinstance(copy, ObservedVolume) else ""


def _key_fields(op: ops.Op, copy: object) -> object:
    match copy:
        case ObservedVm():
            return _vm_fields(op, copy)
        case ObservedStorage():
            return copy.host, copy.uuid, copy.path, copy.active
        case ObservedVolume():
            return copy.host, copy.file, copy.capacity_bytes if isinstance(op, ops.ResizeVolume) else None
        case ObservedNetwork():
            return copy.host, copy.uuid, copy.name, copy.active, copy.stamp
        case _:
            return copy


def _vm_fields(op: ops.Op, vm: ObservedVm) -> object:
    identity = (vm.host, vm.uuid, vm.stamp)
    match op:
        case ops.ReconfigureVm():
            return identity, vm.stored, vm.power
        case ops.SetMemoryRange():
            return identity, vm.power, vm.stored.memory_size
        case ops.SetMemoryTarget():
            return identity, vm.power, vm.live.memory_size if vm.live is not None else None
        case ops.SetCores():
            return identity, vm.power, vm.stored.max_cores, vm.stored.cores
        case ops.StampVm() | ops.DefineVm() | ops.UndefineVm():
            return identity, vm.power
        case ops.StartVm() | ops.ResumeVm() | ops.ShutDownVm() | ops.PowerOffVm() | ops.MigrateVm():
            return identity, vm.power
        case (
            ops.DefineStorage()
            | ops.StartStorage()
            | ops.UndefineStorage()
            | ops.CreateVolume()
            | ops.ResizeVolume()
            | ops.DeleteVolume()
            | ops.DefineNetwork()
            | ops.StartNetwork()
            | ops.UndefineNetwork()
        ):
            return identity
        case _:
            assert_never(op)


def circumstances(ref: Ref, world: World) -> str:
    """A digest of an object's declaration and of what is seen of it, for 'nothing has changed since it was refused'."""
    desired = world.declared.desired.get(ref)
    pool = world.pool(ref)
    sight = world.sights.get(pool) if pool is not None else None
    seen: object = None
    if sight is not None and desired is not None:
        match desired.spec:
            case VmSpec():
                uuid = backend_uuid(desired, world, sight)
                seen = [without_noise(vm) for vm in sight.vms.get(uuid or "", ())]
            case VolumeSpec():
                place = (
                    storage_uuid(desired.spec.storage, world, sight),
                    volume_file(ref, desired, desired.spec, world),
                )
                seen = [(copy.host, copy.format, copy.capacity_bytes) for copy in sight.volumes.get(place, ())]
            case _:
                pass
    wanted = (desired.spec, desired.policies, desired.removal) if desired is not None else None
    return blake2b(repr((wanted, seen)).encode(), digest_size=12).hexdigest()
