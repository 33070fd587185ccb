"""Which steps are decided again on a look that began after the decision to take them. Pure."""

from typing import assert_never

from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Act


def needs_second_look(act: Act) -> bool:
    """Whether an Act starts, stops, moves or destroys anything: a look that is a second old is not enough for that."""
    return any(is_risky(step.op) for step in act.steps)


def is_risky(op: ops.Op) -> bool:
    """Whether an op does what another op could not simply undo.

    A start is one: somebody may have moved the machine a moment ago, and two that write to one disk are worse than
    none.
    """
    match op:
        case (
            ops.DeleteVolume()
            | ops.UndefineVm()
            | ops.UndefineStorage()
            | ops.UndefineNetwork()
            | ops.PowerOffVm()
            | ops.ShutDownVm()
            | ops.MigrateVm()
            | ops.StartVm()
            | ops.ResumeVm()
        ):
            return True
        case (
            ops.DefineVm()
            | ops.ReconfigureVm()
            | ops.StampVm()
            | ops.SetMemoryRange()
            | ops.SetCores()
            | ops.DefineStorage()
            | ops.StartStorage()
            | ops.CreateVolume()
            | ops.ResizeVolume()
            | ops.DefineNetwork()
            | ops.StartNetwork()
        ):
            return False
        case _:
            assert_never(op)
