"""The libvirt functions that each op calls, predicted without libvirt. Law: what goes over the wire is what this says.

Objects appear by derived uuid or name; the store's uid as `<uid>`.
"""

from typing import TypeVar, assert_never

from xcp_reconciler.model import ops
from xcp_reconciler.model.observed import (
    Observed,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
    PowerState,
)

O = TypeVar("O", bound=Observed)  # noqa: E741 - an observed object


def calls(op: ops.Op, copies: tuple[Observed, ...]) -> tuple[ops.Call, ...]:
    """What `op` will call on an object that looks like `copies`."""
    made: list[tuple[str, ...]]
    match op:
        case ops.DefineStorage() | ops.StartStorage() | ops.UndefineStorage():
            made = _storage(op, _on(copies, op.host, ObservedStorage))
        case ops.DefineNetwork() | ops.StartNetwork() | ops.UndefineNetwork():
            made = _network(op, _on(copies, op.host, ObservedNetwork))
        case ops.CreateVolume() | ops.ResizeVolume() | ops.DeleteVolume():
            made = _volume(op, _on(copies, op.host, ObservedVolume))
        case _:
            made = _vm(op, _on(copies, op.host, ObservedVm))
    return tuple(ops.Call(method, tuple(arguments), op.host) for method, *arguments in made)


def _on(copies: tuple[Observed, ...], host: str, kind: type[O]) -> O | None:
    return next((copy for copy in copies if isinstance(copy, kind) and copy.host == host), None)


def _vm(op: ops.VmOp, vm: ObservedVm | None) -> list[tuple[str, ...]]:  # noqa: PLR0911 - one line for each op
    active = vm is not None and vm.power in {PowerState.RUNNING, PowerState.PAUSED}
    match op:
        case ops.DefineVm():
            return [("virDomainDefineXMLFlags", op.uuid, op.name)] if vm is None else []
        case ops.UndefineVm():
            return [("virDomainUndefineFlags", op.uuid)] if vm is not None else []
        case ops.ReconfigureVm():
            return [("virDomainDefineXMLFlags", op.uuid, *(describe(setting) for setting in op.settings))]
        case ops.StampVm():
            return [("virDomainSetMetadata", op.uuid, f"owner={op.stamp.owner}", f"ref={op.stamp.ref}", "uid=<uid>")]
        case ops.StartVm():
            return [] if active else [("virDomainCreateWithFlags", op.uuid)]
        case ops.ResumeVm():
            return [] if vm is not None and vm.power is PowerState.RUNNING else [("virDomainResume", op.uuid)]
        case ops.ShutDownVm():
            return [("virDomainShutdownFlags", op.uuid)] if active else []
        case ops.PowerOffVm():
            return _power_off(op, vm)
        case ops.SetMemoryRange() | ops.SetMemoryTarget() | ops.SetCores():
            return _tuning(op, vm)
        case ops.MigrateVm():
            return [("virDomainMigrateToURI3", op.uuid, op.target, migration_words(op))] if vm is not None else []
        case _:
            assert_never(op)


def _power_off(op: ops.PowerOffVm, vm: ObservedVm | None) -> list[tuple[str, ...]]:
    if vm is None or vm.power is PowerState.HALTED:
        return []
    suspended = vm.power is PowerState.SUSPENDED
    return [("virDomainManagedSaveRemove" if suspended else "virDomainDestroyFlags", op.uuid)]


def _tuning(
    op: ops.SetMemoryRange | ops.SetMemoryTarget | ops.SetCores, vm: ObservedVm | None
) -> list[tuple[str, ...]]:
    match op:
        case ops.SetMemoryRange():
            return _set_range(op, vm)
        case ops.SetMemoryTarget():
            return [("virDomainSetMemoryFlags", op.uuid, f"{whole_pages(op.target)}KiB", "live")]
        case ops.SetCores():
            stored = ("virDomainSetVcpusFlags", op.uuid, str(op.cores), "config")
            grows = vm is not None and vm.live is not None and vm.live.cores < op.cores
            return [stored, ("virDomainSetVcpusFlags", op.uuid, str(op.cores), "live")] if grows else [stored]
        case _:
            assert_never(op)


def whole_pages(kib: int) -> int:
    """A balloon's target as it is set: QEMU moves pages of 4 KiB, and would leave the guest the one that is begun."""
    return kib - kib % 4


def _set_range(op: ops.SetMemoryRange, vm: ObservedVm | None) -> list[tuple[str, ...]]:
    call = ("virDomainSetMemoryFlags", op.uuid, f"{op.maximum}KiB")
    stored: list[tuple[str, ...]] = [(*call, "config")] if vm is None or vm.persistent else []
    return [*stored, (*call, "live")] if vm is not None and vm.live is not None else stored


def _storage(op: ops.StorageOp, storage: ObservedStorage | None) -> list[tuple[str, ...]]:
    match op:
        case ops.DefineStorage():
            define = [("virStoragePoolDefineXML", op.uuid, op.name, op.path)] if storage is None else []
            return [*define, ("virStoragePoolBuild", op.uuid)] if storage is None or not storage.active else []
        case ops.StartStorage():
            autostart = ("virStoragePoolSetAutostart", op.uuid, "1")
            if storage is not None and storage.active:
                return [autostart]
            build = [("virStoragePoolBuild", op.uuid)] if op.makes else []
            return [*build, ("virStoragePoolCreate", op.uuid), autostart]
        case ops.UndefineStorage():
            if storage is None:
                return []
            stop = [("virStoragePoolDestroy", op.uuid)] if storage.active else []
            return [*stop, ("virStoragePoolUndefine", op.uuid)]
        case _:
            assert_never(op)


def _volume(op: ops.VolumeOp, volume: ObservedVolume | None) -> list[tuple[str, ...]]:
    match op:
        case ops.CreateVolume():
            return _create_volume(op) if volume is None else []
        case ops.ResizeVolume():
            if volume is not None and volume.capacity_bytes >= op.size_bytes:
                return []
            if op.vm_uuid is not None:
                return [("virDomainBlockResize", op.vm_uuid, op.path, f"{op.size_bytes}B")]
            return [("virStorageVolResize", op.file, f"{op.size_bytes}B")]
        case ops.DeleteVolume():
            return [("virStorageVolDelete", op.file)] if volume is not None else []
        case _:
            assert_never(op)


def part_of(file: str) -> str:
    """The name under which an image arrives; while it exists, the volume is not whole."""
    return f"{file}.part"


def _create_volume(op: ops.CreateVolume) -> list[tuple[str, ...]]:
    if op.source is None:
        return [("virStorageVolCreateXML", op.file)]
    part = part_of(op.file)
    grow = [("virStorageVolResize", op.file, f"{op.size_bytes}B")] if op.size_bytes is not None else []
    return [
        ("virStorageVolCreateXML", part),
        ("virStorageVolUpload", part, f"sha256:{op.source.sha256}"),
        ("virStorageVolCreateXMLFrom", op.file, part),
        *grow,
        ("virStorageVolDelete", part),
    ]


def _network(op: ops.NetworkOp, network: ObservedNetwork | None) -> list[tuple[str, ...]]:
    match op:
        case ops.DefineNetwork():
            return [("virNetworkDefineXML", op.uuid, op.name, op.subnet)] if network is None else []
        case ops.StartNetwork():
            create = [] if network is not None and network.active else [("virNetworkCreate", op.uuid)]
            return [*create, ("virNetworkSetAutostart", op.uuid, "1")]
        case ops.UndefineNetwork():
            if network is None:
                return []
            stop = [("virNetworkDestroy", op.uuid)] if network.active else []
            return [*stop, ("virNetworkUndefine", op.uuid)]
        case _:
            assert_never(op)


def migration_words(op: ops.MigrateVm) -> str:
    """How a machine moves, for people."""
    if op.mode is ops.MigrationMode.OFFLINE:
        return "offline"
    return f"live, {op.disks} disks"


def describe(setting: ops.Setting) -> str:
    """A setting in a few words."""
    match setting:
        case ops.MaxCores():
            return f"vcpu={setting.max_cores} current={setting.cores}"
        case ops.MemorySize():
            return f"memory={setting.size}KiB currentMemory={setting.target}KiB"
        case ops.Boot():
            return f"kernel={setting.boot.kernel}" if setting.boot is not None else "kernel=none"
        case ops.Serial():
            return f"serial={setting.path or 'pty'}"
        case ops.Disks():
            return f"disks={','.join(disk.name for disk in setting.disks) or 'none'}"
        case ops.Interfaces():
            return f"interfaces={','.join(interface.name for interface in setting.interfaces) or 'none'}"
        case ops.Description():
            return "description"
        case _:
            assert_never(setting)
