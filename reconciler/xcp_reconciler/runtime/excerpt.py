"""The part of a look that some ops read and write, to play them through without copying all of it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from xcp_reconciler.model import ops
from xcp_reconciler.plan.sight import Sight, disk_paths


def excerpt(sight: Sight, wanted: Iterable[ops.Op]) -> Sight:
    """A sight of its own that shows what these ops touch, the hosts, and nothing else."""
    part = replace(sight, vms={}, names={}, users={}, storages={}, volumes={}, networks={}, jobs={})
    for op in wanted:
        _take(op, sight, part)
    return part


def _take(op: ops.Op, sight: Sight, part: Sight) -> None:
    match op:
        case ops.DefineStorage() | ops.StartStorage() | ops.UndefineStorage():
            if storages := sight.storages.get(op.uuid):
                part.storages[op.uuid] = storages
        case ops.DefineNetwork() | ops.StartNetwork() | ops.UndefineNetwork():
            if networks := sight.networks.get(op.uuid):
                part.networks[op.uuid] = networks
        case ops.CreateVolume() | ops.ResizeVolume() | ops.DeleteVolume():
            if volumes := sight.volumes.get((op.storage, op.file)):
                part.volumes[op.storage, op.file] = volumes
                _take_users({volume.path: None for volume in volumes}, sight, part)
        case (
            ops.DefineVm()
            | ops.UndefineVm()
            | ops.ReconfigureVm()
            | ops.StampVm()
            | ops.StartVm()
            | ops.ResumeVm()
            | ops.ShutDownVm()
            | ops.PowerOffVm()
            | ops.SetMemoryRange()
            | ops.SetMemoryTarget()
            | ops.SetCores()
            | ops.MigrateVm()
        ):
            _take_vm(op, sight, part)
        case _:
            assert_never(op)


def _take_vm(op: ops.VmOp, sight: Sight, part: Sight) -> None:
    vms = sight.vms.get(op.uuid, ())
    if vms:
        part.vms[op.uuid] = vms
    if jobs := sight.jobs.get(op.uuid):
        part.jobs[op.uuid] = jobs
    names = {(vm.host, vm.name): None for vm in vms}
    if isinstance(op, ops.DefineVm):
        names[op.host, op.name] = None
    for name in names:
        if named := sight.names.get(name):
            part.names[name] = named
    for vm in vms:
        _take_users(dict.fromkeys(disk_paths(vm)), sight, part)


def _take_users(paths: Iterable[str], sight: Sight, part: Sight) -> None:
    for path in paths:
        if users := sight.users.get(path):
            part.users[path] = users
