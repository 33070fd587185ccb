"""Which decisions are taken again on a look that began after them. Pure."""

from typing import assert_never

from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Act, Decision, Gone
from xcp_reconciler.model.history import History


def irrevocable(decision: Decision, history: History) -> tuple[ops.Op | Gone, ...]:
    """What of a decision starts, stops, moves, destroys or forgets anything: that is decided twice, on two looks.

    What is forgotten is never looked for again, and a host that has just come up may answer that it has nothing. For
    the same reason nothing that was as declared before is made anew on one look.
    """
    match decision:
        case Act():
            known = history.synced is not None
            return tuple(step.op for step in decision.steps if is_risky(step.op) or (known and _makes(step.op)))
        case Gone():
            return (decision,)
        case _:
            return ()


def _makes(op: ops.Op) -> bool:
    return isinstance(op, ops.DefineVm | ops.CreateVolume | ops.DefineNetwork | ops.DefineStorage)


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
            | ops.SetMemoryTarget()
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
