"""What the world shows after an op: once its call is accepted (`issued`), and once it has taken effect (`completed`).

Both are pure and work on the copies of the one object that the op names. Guests and backends have the last word on
some fields (the memory that a guest holds, sizes on disk): those are masked wherever a prediction is compared.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from xcp_reconciler.model import ops
from xcp_reconciler.model.observed import (
    HaltReason,
    Observed,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
    PowerState,
    VmConfig,
)

Copies = tuple[Observed, ...]


def issued(op: ops.Op, copies: Copies) -> Copies:
    """What is seen as soon as the backend has accepted the call."""
    match op:
        case ops.ShutDownVm():
            return copies
        case ops.SetMemoryRange():
            return _on(copies, op, lambda vm: _with_target(vm, op.maximum))
        case ops.SetMemoryTarget():
            return _on(copies, op, lambda vm: _with_live_target(vm, op.target))
        case _:
            return completed(op, copies)


def completed(op: ops.Op, copies: Copies) -> Copies:
    """What is seen when the op has taken effect and the guest has played along."""
    match op:
        case ops.DefineStorage() | ops.StartStorage() | ops.UndefineStorage():
            return _storage(op, copies)
        case ops.CreateVolume() | ops.ResizeVolume() | ops.DeleteVolume():
            return _volume(op, copies)
        case ops.DefineNetwork() | ops.StartNetwork() | ops.UndefineNetwork():
            return _network(op, copies)
        case _:
            return _vm(op, copies)


def _vm(op: ops.VmOp, copies: Copies) -> Copies:  # noqa: PLR0911 - one return for each op is the clearest form
    match op:
        case ops.DefineVm():
            vm = ObservedVm(op.host, op.uuid, op.name, PowerState.HALTED, op.config, stamp=op.stamp)
            return (*_others(copies, op.host), vm)
        case ops.UndefineVm():
            return _others(copies, op.host)
        case ops.ReconfigureVm():
            return _on(copies, op, lambda vm: replace(vm, stored=configured(vm.stored, op.settings)))
        case ops.StampVm():
            return _on(copies, op, lambda vm: replace(vm, stamp=op.stamp))
        case ops.StartVm():
            return _on(copies, op, _started)
        case ops.ResumeVm():
            return _on(copies, op, lambda vm: replace(vm, power=PowerState.RUNNING))
        case ops.ShutDownVm():
            return _on(copies, op, lambda vm: _halted(vm, HaltReason.SHUT_DOWN))
        case ops.PowerOffVm():
            return _on(copies, op, lambda vm: _halted(vm, HaltReason.DESTROYED))
        case ops.SetMemoryRange() | ops.SetMemoryTarget():
            target = op.maximum if isinstance(op, ops.SetMemoryRange) else op.target
            return _on(issued(op, copies), op, lambda vm: _held(vm, target))
        case ops.SetCores():
            return _on(copies, op, lambda vm: _with_cores(vm, op.cores))
        case ops.MigrateVm():
            moved = tuple(
                replace(copy, host=op.target)
                for copy in copies
                if isinstance(copy, ObservedVm) and copy.host == op.host
            )
            return (*_others(_others(copies, op.host), op.target), *moved)
        case _:
            assert_never(op)


def configured(config: VmConfig, settings: tuple[ops.Setting, ...]) -> VmConfig:
    """A configuration with settings applied."""
    for setting in settings:
        match setting:
            case ops.MaxCores():
                config = replace(config, max_cores=setting.max_cores, cores=setting.cores)
            case ops.MemorySize():
                config = replace(config, memory_size=setting.size, memory_target=setting.target)
            case ops.Boot():
                config = replace(config, boot=setting.boot)
            case ops.Serial():
                config = replace(config, serial=setting.path)
            case ops.Disks():
                config = replace(config, disks=setting.disks)
            case ops.Interfaces():
                config = replace(config, interfaces=setting.interfaces)
            case ops.Description():
                config = replace(config, description=setting.text)
            case _:
                assert_never(setting)
    return config


def _storage(op: ops.StorageOp, copies: Copies) -> Copies:
    match op:
        case ops.DefineStorage():
            return (*_others(copies, op.host), ObservedStorage(op.host, op.uuid, op.name, op.path, active=False))
        case ops.StartStorage():
            return tuple(
                replace(copy, active=True) if isinstance(copy, ObservedStorage) and copy.host == op.host else copy
                for copy in copies
            )
        case ops.UndefineStorage():
            return _others(copies, op.host)
        case _:
            assert_never(op)


def _volume(op: ops.VolumeOp, copies: Copies) -> Copies:
    match op:
        case ops.CreateVolume():
            size = op.size_bytes if op.size_bytes is not None else 0
            made = ObservedVolume(op.host, op.storage, op.file, op.path, op.format, size, backing_path=op.backing_path)
            return (*_others(copies, op.host), made)
        case ops.ResizeVolume():
            return tuple(
                replace(copy, capacity_bytes=op.size_bytes) if isinstance(copy, ObservedVolume) else copy
                for copy in copies
            )
        case ops.DeleteVolume():
            return ()
        case _:
            assert_never(op)


def _network(op: ops.NetworkOp, copies: Copies) -> Copies:
    match op:
        case ops.DefineNetwork():
            made = ObservedNetwork(op.host, op.uuid, op.name, active=False, subnet=op.subnet, stamp=op.stamp)
            return (*_others(copies, op.host), made)
        case ops.StartNetwork():
            return tuple(
                replace(copy, active=True) if isinstance(copy, ObservedNetwork) and copy.host == op.host else copy
                for copy in copies
            )
        case ops.UndefineNetwork():
            return _others(copies, op.host)
        case _:
            assert_never(op)


def _others(copies: Copies, host: str) -> Copies:
    return tuple(copy for copy in copies if copy.host != host)


def _on(copies: Copies, op: ops.VmOp, change: Callable[[ObservedVm], ObservedVm]) -> Copies:
    return tuple(change(copy) if isinstance(copy, ObservedVm) and copy.host == op.host else copy for copy in copies)


def _started(vm: ObservedVm) -> ObservedVm:
    return replace(vm, power=PowerState.RUNNING, live=vm.stored, memory_actual=vm.stored.memory_target)


def _halted(vm: ObservedVm, reason: HaltReason) -> ObservedVm:
    return replace(vm, power=PowerState.HALTED, live=None, memory_actual=None, halt_reason=reason)


def _with_target(vm: ObservedVm, target: int) -> ObservedVm:
    live = replace(vm.live, memory_target=target) if vm.live is not None else None
    return replace(vm, stored=replace(vm.stored, memory_target=target), live=live)


def _with_live_target(vm: ObservedVm, target: int) -> ObservedVm:
    return replace(vm, live=replace(vm.live, memory_target=target)) if vm.live is not None else vm


def _held(vm: ObservedVm, memory: int) -> ObservedVm:
    return replace(vm, memory_actual=memory) if vm.live is not None else vm


def _with_cores(vm: ObservedVm, cores: int) -> ObservedVm:
    live = replace(vm.live, cores=cores) if vm.live is not None else None
    return replace(vm, stored=replace(vm.stored, cores=cores), live=live)
