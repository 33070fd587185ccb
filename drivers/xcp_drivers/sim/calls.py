"""What an op is on the wire: one call for each, with everything that the hypervisor is given."""

from typing import assert_never

from xcp_reconciler.model import ops
from xcp_reconciler.model.observed import DiskConfig, VmConfig
from xcp_reconciler.units import format_bytes, format_kib


def call_of(op: ops.Op) -> ops.Call:
    """The call of an op."""
    match op:
        case ops.DefineStorage() | ops.StartStorage() | ops.UndefineStorage():
            method, arguments = _storage(op)
        case ops.CreateVolume() | ops.ResizeVolume() | ops.DeleteVolume():
            method, arguments = _volume(op)
        case ops.DefineNetwork() | ops.StartNetwork() | ops.UndefineNetwork():
            method, arguments = _network(op)
        case _:
            method, arguments = _vm(op)
    return ops.Call(method, arguments, op.host)


def _vm(op: ops.VmOp) -> tuple[str, tuple[str, ...]]:  # noqa: PLR0911 - one return for each op is the clearest form
    match op:
        case ops.DefineVm():
            # The uid in the stamp is the store's, and not known when a plan is shown.
            return "vm.define", (op.uuid, f"name={op.name}", *_config(op.config), "uid=<uid>")
        case ops.UndefineVm():
            return "vm.undefine", (op.uuid,)
        case ops.ReconfigureVm():
            return "vm.reconfigure", (op.uuid, *(word for setting in op.settings for word in _setting(setting)))
        case ops.StampVm():
            return "vm.stamp", (op.uuid, f"owner={op.stamp.owner}", f"ref={op.stamp.ref.path}", "uid=<uid>")
        case ops.StartVm():
            return "vm.start", (op.uuid,)
        case ops.ResumeVm():
            return "vm.resume", (op.uuid,)
        case ops.ShutDownVm():
            return "vm.shutdown", (op.uuid,)
        case ops.PowerOffVm():
            return "vm.destroy", (op.uuid,)
        case ops.SetMemoryRange() | ops.SetMemoryTarget() | ops.SetCores():
            return _tuning(op)
        case ops.MigrateVm():
            return "vm.migrate", (op.uuid, f"to={op.target}", f"mode={op.mode}", f"disks={op.disks}")
        case _:
            assert_never(op)


def _tuning(op: ops.SetMemoryRange | ops.SetMemoryTarget | ops.SetCores) -> tuple[str, tuple[str, ...]]:
    match op:
        case ops.SetMemoryRange():
            return "vm.setMemory", (op.uuid, format_kib(op.maximum))
        case ops.SetMemoryTarget():
            return "vm.setMemoryTarget", (op.uuid, format_kib(op.target))
        case ops.SetCores():
            return "vm.setCores", (op.uuid, str(op.cores))
        case _:
            assert_never(op)


def _storage(op: ops.StorageOp) -> tuple[str, tuple[str, ...]]:
    match op:
        case ops.DefineStorage():
            return "storage.define", (op.uuid, f"name={op.name}", f"path={op.path}")
        case ops.StartStorage():
            return "storage.start", (op.uuid,)
        case ops.UndefineStorage():
            return "storage.undefine", (op.uuid,)
        case _:
            assert_never(op)


def _volume(op: ops.VolumeOp) -> tuple[str, tuple[str, ...]]:
    match op:
        case ops.CreateVolume():
            words = [op.storage, op.file, f"format={op.format.extension}"]
            if op.size_bytes is not None:
                words.append(f"size={format_bytes(op.size_bytes)}")
            if op.backing_path is not None:
                words.append(f"backing={op.backing_path}")
            if op.source is not None:
                words.append(f"sha256={op.source.sha256}")
            return "volume.create", tuple(words)
        case ops.ResizeVolume():
            through = (f"through={op.vm_uuid}",) if op.vm_uuid is not None else ()
            return "volume.resize", (op.storage, op.file, format_bytes(op.size_bytes), *through)
        case ops.DeleteVolume():
            return "volume.delete", (op.storage, op.file)
        case _:
            assert_never(op)


def _network(op: ops.NetworkOp) -> tuple[str, tuple[str, ...]]:
    match op:
        case ops.DefineNetwork():
            return "network.define", (op.uuid, f"name={op.name}", f"subnet={op.subnet}", "uid=<uid>")
        case ops.StartNetwork():
            return "network.start", (op.uuid,)
        case ops.UndefineNetwork():
            return "network.undefine", (op.uuid,)
        case _:
            assert_never(op)


def _config(config: VmConfig) -> tuple[str, ...]:
    settings: list[ops.Setting] = [
        ops.MaxCores(config.max_cores, config.cores),
        ops.MemorySize(config.memory_size, config.memory_target),
    ]
    if config.boot is not None:
        settings.append(ops.Boot(config.boot))
    if config.serial is not None:
        settings.append(ops.Serial(config.serial))
    if config.disks:
        settings.append(ops.Disks(config.disks))
    if config.interfaces:
        settings.append(ops.Interfaces(config.interfaces))
    if config.description:
        settings.append(ops.Description(config.description))
    return tuple(word for setting in settings for word in _setting(setting))


def _setting(setting: ops.Setting) -> tuple[str, ...]:
    match setting:
        case ops.MaxCores():
            return f"cores={setting.cores}", f"maxCores={setting.max_cores}"
        case ops.MemorySize():
            return f"memory={format_kib(setting.size)}", f"target={format_kib(setting.target)}"
        case ops.Boot():
            boot = setting.boot
            return (f"boot={' '.join(filter(None, (boot.kernel, boot.initrd, boot.cmdline))) if boot else 'disks'}",)
        case ops.Serial():
            return (f"serial={setting.path or 'none'}",)
        case ops.Disks():
            return (f"disks={', '.join(map(_disk, setting.disks)) or 'none'}",)
        case ops.Interfaces():
            cards = ", ".join(f"{card.name}:{card.network}:{card.mac}:{card.model}" for card in setting.interfaces)
            return (f"interfaces={cards or 'none'}",)
        case ops.Description():
            return (f"description={setting.text}",)
        case _:
            assert_never(setting)


def _disk(disk: DiskConfig) -> str:
    words = [
        disk.name,
        disk.path,
        disk.format.extension,
        disk.bus,
        disk.mode,
        *(("bootable",) if disk.bootable else ()),
    ]
    return ":".join(words)
