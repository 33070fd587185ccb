"""The XAPI messages that each op sends, predicted. References made by the server appear as `<ref of VM/x>`."""

from typing import assert_never

from xcp_reconciler.model import ops
from xcp_reconciler.model.observed import Observed, ObservedStorage, ObservedVm, ObservedVolume, PowerState
from xcp_reconciler.refs import Ref

_Calls = list[tuple[str, ...]]


def calls(op: ops.Op, copies: tuple[Observed, ...]) -> tuple[ops.Call, ...]:
    """What `op` will send for an object that looks like `copies`."""
    made: _Calls
    match op:
        case ops.DefineStorage() | ops.StartStorage() | ops.UndefineStorage():
            made = _storage(op, copies)
        case ops.CreateVolume() | ops.ResizeVolume() | ops.DeleteVolume():
            made = _volume(op, copies)
        case ops.DefineNetwork() | ops.StartNetwork() | ops.UndefineNetwork():
            # Refused at plan time: XAPI has no NAT networks.
            made = []
        case _:
            made = _vm(op, next((copy for copy in copies if isinstance(copy, ObservedVm)), None))
    return tuple(ops.Call(method, tuple(arguments), op.host) for method, *arguments in made)


def reference(ref: Ref) -> str:
    """A handle that only the server knows, as plans show it."""
    short = {"VirtualMachine": "VM", "Volume": "VDI", "StorageRepository": "SR"}.get(ref.kind, ref.kind)
    return f"<ref of {short}/{ref.name}>"


def _vm(op: ops.VmOp, vm: ObservedVm | None) -> _Calls:  # noqa: C901, PLR0911, PLR0912 - one line for each op
    self = reference(op.ref)
    match op:
        case ops.DefineVm():
            return _define(op) if vm is None else []
        case ops.UndefineVm():
            return [("VM.destroy", self)] if vm is not None else []
        case ops.ReconfigureVm():
            return [call for setting in op.settings for call in _setting(self, setting, vm)]
        case ops.StampVm():
            keys = ("owner", "ref", "uid", "self")
            # XAPI refuses to add a key that is there, and removing one that is not is no error.
            changes = [("remove", "add")] * len(keys)
            return [
                (f"VM.{verb}_{'to' if verb == 'add' else 'from'}_other_config", self, f"xcp.dev/{key}")
                for key, verbs in zip(keys, changes, strict=True)
                for verb in verbs
            ]
        case ops.StartVm():
            return _start(op, vm)
        case ops.ResumeVm():
            return [("VM.unpause", self)] if vm is None or vm.power is PowerState.PAUSED else []
        case ops.ShutDownVm():
            return [("Async.VM.clean_shutdown", self)] if _active(vm) else []
        case ops.PowerOffVm():
            halted = vm is None or vm.power is PowerState.HALTED
            return [] if halted else [("Async.VM.hard_shutdown", self)]
        case ops.SetMemoryRange():
            return [("VM.set_memory_dynamic_range", self, f"{op.minimum * 1024}", f"{op.maximum * 1024}")]
        case ops.SetMemoryTarget():
            # Within a range squeezed would move it again: a range of one value is the only target that stays.
            return [("VM.set_memory_dynamic_range", self, f"{op.target * 1024}", f"{op.target * 1024}")]
        case ops.SetCores():
            return [("VM.set_VCPUs_at_startup", self, str(op.cores))]
        case ops.MigrateVm():
            if not _active(vm):
                return []
            return [("Async.VM.pool_migrate", self, f"<ref of Host/{op.target}>", "live=true")]
        case _:
            assert_never(op)


def _define(op: ops.DefineVm) -> _Calls:
    self = reference(op.ref)
    disks: _Calls = [("VBD.create", self, f"<ref of VDI/{disk.path.rsplit('/', 1)[-1]}>") for disk in op.config.disks]
    cards: _Calls = [
        ("VIF.create", self, f"<ref of Network/{card.network}>", card.mac) for card in op.config.interfaces
    ]
    # The stamp is in the record: creation and ownership are one call. What follows is repeated until it is there.
    return [("VM.create", op.name, f"xcp.dev/owner={op.stamp.owner}", "xcp.dev/uid=<uid>"), *disks, *cards]


def _start(op: ops.StartVm, vm: ObservedVm | None) -> _Calls:
    if _active(vm):
        return []
    suspended = vm is not None and vm.power is PowerState.SUSPENDED
    # Never VM.start: its placement draws lots.
    return [(f"Async.VM.{'resume_on' if suspended else 'start_on'}", reference(op.ref), f"<ref of Host/{op.host}>")]


def _active(vm: ObservedVm | None) -> bool:
    return vm is not None and vm.power in {PowerState.RUNNING, PowerState.PAUSED}


def _setting(self: str, setting: ops.Setting, vm: ObservedVm | None) -> _Calls:
    match setting:
        case ops.MaxCores():
            most = ("VM.set_VCPUs_max", self, str(setting.max_cores))
            startup = ("VM.set_VCPUs_at_startup", self, str(setting.cores))
            # 0 < startup <= max holds at every moment: the maximum goes up first and down last.
            raised = vm is None or setting.max_cores >= vm.stored.max_cores
            return [most, startup] if raised else [startup, most]
        case ops.MemorySize():
            size, target = str(setting.size * 1024), str(setting.target * 1024)
            return [("VM.set_memory_limits", self, "<static_min>", size, target, target)]
        case ops.Boot():
            boot = setting.boot
            values = ("", "", "") if boot is None else (boot.kernel, boot.initrd or "", boot.cmdline)
            return [
                (f"VM.set_PV_{name}", self, value)
                for name, value in zip(("kernel", "ramdisk", "args"), values, strict=True)
            ]
        case ops.Serial():
            return []
        case ops.Disks():
            return [("VBD.create", self, f"<ref of VDI/{disk.path.rsplit('/', 1)[-1]}>") for disk in setting.disks]
        case ops.Interfaces():
            return [("VIF.create", self, f"<ref of Network/{card.network}>", card.mac) for card in setting.interfaces]
        case ops.Description():
            return [("VM.set_name_description", self, setting.text)]
        case _:
            assert_never(setting)


def _storage(op: ops.StorageOp, copies: tuple[Observed, ...]) -> _Calls:
    self, host = reference(op.ref), f"<ref of Host/{op.host}>"
    known = [copy for copy in copies if isinstance(copy, ObservedStorage)]
    here = next((copy for copy in known if copy.host == op.host), None)
    match op:
        case ops.DefineStorage():
            introduce: _Calls = [] if known else [("SR.introduce", op.uuid, op.name, "type=file")]
            return [] if here is not None else [*introduce, ("PBD.create", self, host, f"location={op.path}")]
        case ops.StartStorage():
            return [] if here is not None and here.active else [("PBD.plug", f"<ref of PBD/{op.ref.name}>", host)]
        case ops.UndefineStorage():
            if here is None:
                return []
            unplug: _Calls = [("PBD.unplug", f"<ref of PBD/{op.ref.name}>", host)] if here.active else []
            last: _Calls = [("SR.forget", self)] if len(known) == 1 else []
            return [*unplug, ("PBD.destroy", f"<ref of PBD/{op.ref.name}>", host), *last]
        case _:
            assert_never(op)


def _volume(op: ops.VolumeOp, copies: tuple[Observed, ...]) -> _Calls:
    self = reference(op.ref)
    known = next((copy for copy in copies if isinstance(copy, ObservedVolume)), None)
    match op:
        case ops.CreateVolume():
            return _create(op) if known is None else []
        case ops.ResizeVolume():
            grown = known is not None and known.capacity_bytes >= op.size_bytes
            return [] if grown else [("Async.VDI.resize", self, str(op.size_bytes))]
        case ops.DeleteVolume():
            return [("Async.VDI.destroy", self)] if known is not None else []
        case _:
            assert_never(op)


def _create(op: ops.CreateVolume) -> _Calls:
    self = reference(op.ref)
    if op.backing_path is not None:
        # A clone takes no other_config: it gets the derived name first, the stamp then, and what was cloned is asked.
        original = f"<ref of VDI/{op.backing_path.rsplit('/', 1)[-1]}>"
        grow: _Calls = [("Async.VDI.resize", self, str(op.size_bytes))] if op.size_bytes is not None else []
        return [
            ("Async.VDI.clone", original),
            ("VDI.set_name_label", self, op.file),
            ("VDI.add_to_other_config", self, "xcp.dev/owner"),
            *grow,
        ]
    create = ("VDI.create", op.file, f"<ref of SR/{op.storage}>", str(op.size_bytes or "<size of the image>"))
    if op.source is None:
        return [create]
    return [create, ("PUT /import_raw_vdi", self, f"sha256:{op.source.sha256}")]
