"""The word for what an op does, and for what it is doing."""

from typing import assert_never

from xcp_reconciler.model import ops


def verb(op: ops.Op) -> str:  # noqa: C901, PLR0911, PLR0912 - one line an op
    """One or two words, such as `migrate`."""
    match op:
        case ops.DefineVm() | ops.CreateVolume() | ops.DefineNetwork():
            return "create"
        case ops.UndefineVm() | ops.DeleteVolume() | ops.UndefineNetwork():
            return "delete"
        case ops.DefineStorage():
            return "define"
        case ops.StartStorage():
            return "attach"
        case ops.UndefineStorage():
            return "detach"
        case ops.ReconfigureVm():
            return "reconfigure"
        case ops.StampVm():
            return "stamp"
        case ops.StartVm() | ops.StartNetwork():
            return "start"
        case ops.ResumeVm():
            return "resume"
        case ops.ShutDownVm():
            return "shut down"
        case ops.PowerOffVm():
            return "power off"
        case ops.SetMemoryRange() | ops.SetMemoryTarget():
            return "set memory"
        case ops.SetCores():
            return "set CPUs"
        case ops.MigrateVm():
            return "migrate"
        case ops.ResizeVolume():
            return "grow"
        case _:
            assert_never(op)


def doing(op: ops.Op) -> str:
    """What long work is at."""
    match op:
        case ops.MigrateVm():
            return "copying"
        case ops.CreateVolume() if op.source is not None:
            return "copying"
        case ops.ShutDownVm():
            return "asked the guest"
        case _:
            return "running"
