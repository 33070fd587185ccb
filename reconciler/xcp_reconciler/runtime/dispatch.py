"""Which method of which control an op is."""

from typing import Final, TypeVar, assert_never

from xcp_reconciler.model import ops
from xcp_reconciler.model.errors import UnsupportedError
from xcp_reconciler.model.outcome import Outcome
from xcp_reconciler.ports.driver import Session

_Control = TypeVar("_Control")

# One control lacks one word.
_WORDS: Final = {
    "vm": "define machines",
    "power": "start and stop machines",
    "memory": "set memory",
    "vcpu": "set CPUs",
    "volume": "keep volumes",
    "storage": "keep storage repositories",
    "network": "keep networks",
    "migration": "move machines",
}


async def send(session: Session, op: ops.Op, deadline: float) -> Outcome:
    """Make the call of an op.

    Raises:
        DriverError: as the driver says; UnsupportedError where the session has no control for it.
    """
    match op:
        case ops.DefineVm() | ops.UndefineVm() | ops.ReconfigureVm() | ops.StampVm():
            return await _send_vm(session, op, deadline)
        case ops.StartVm() | ops.ResumeVm() | ops.ShutDownVm() | ops.PowerOffVm():
            return await _send_power(session, op, deadline)
        case ops.SetMemoryRange():
            return await _there(session.memory, "memory").set_range(op, deadline)
        case ops.SetMemoryTarget():
            return await _there(session.memory, "memory").set_target(op, deadline)
        case ops.SetCores():
            return await _there(session.vcpu, "vcpu").set_cores(op, deadline)
        case ops.MigrateVm():
            return await _there(session.migration, "migration").migrate(op, deadline)
        case ops.CreateVolume() | ops.ResizeVolume() | ops.DeleteVolume():
            return await _send_volume(session, op, deadline)
        case ops.DefineStorage() | ops.StartStorage() | ops.UndefineStorage():
            return await _send_storage(session, op, deadline)
        case ops.DefineNetwork() | ops.StartNetwork() | ops.UndefineNetwork():
            return await _send_network(session, op, deadline)
        case _:
            assert_never(op)


async def _send_vm(
    session: Session, op: ops.DefineVm | ops.UndefineVm | ops.ReconfigureVm | ops.StampVm, deadline: float
) -> Outcome:
    control = _there(session.vm, "vm")
    match op:
        case ops.DefineVm():
            return await control.define(op, deadline)
        case ops.UndefineVm():
            return await control.undefine(op, deadline)
        case ops.ReconfigureVm():
            return await control.reconfigure(op, deadline)
        case ops.StampVm():
            return await control.stamp(op, deadline)
        case _:
            assert_never(op)


async def _send_power(
    session: Session, op: ops.StartVm | ops.ResumeVm | ops.ShutDownVm | ops.PowerOffVm, deadline: float
) -> Outcome:
    control = _there(session.power, "power")
    match op:
        case ops.StartVm():
            return await control.start(op, deadline)
        case ops.ResumeVm():
            return await control.resume(op, deadline)
        case ops.ShutDownVm():
            return await control.shut_down(op, deadline)
        case ops.PowerOffVm():
            return await control.power_off(op, deadline)
        case _:
            assert_never(op)


async def _send_volume(session: Session, op: ops.VolumeOp, deadline: float) -> Outcome:
    control = _there(session.volume, "volume")
    match op:
        case ops.CreateVolume():
            return await control.create(op, deadline)
        case ops.ResizeVolume():
            return await control.resize(op, deadline)
        case ops.DeleteVolume():
            return await control.delete(op, deadline)
        case _:
            assert_never(op)


async def _send_storage(session: Session, op: ops.StorageOp, deadline: float) -> Outcome:
    control = _there(session.storage, "storage")
    match op:
        case ops.DefineStorage():
            return await control.define(op, deadline)
        case ops.StartStorage():
            return await control.start(op, deadline)
        case ops.UndefineStorage():
            return await control.undefine(op, deadline)
        case _:
            assert_never(op)


async def _send_network(session: Session, op: ops.NetworkOp, deadline: float) -> Outcome:
    control = _there(session.network, "network")
    match op:
        case ops.DefineNetwork():
            return await control.define(op, deadline)
        case ops.StartNetwork():
            return await control.start(op, deadline)
        case ops.UndefineNetwork():
            return await control.undefine(op, deadline)
        case _:
            assert_never(op)


def _there(control: _Control | None, name: str) -> _Control:
    if control is None:
        message = f"this hypervisor cannot {_WORDS[name]}"
        raise UnsupportedError(message)
    return control
