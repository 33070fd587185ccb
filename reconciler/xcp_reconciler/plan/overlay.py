"""Reading and replacing the copies of one object in a sight."""

from typing import TypeVar, cast

from xcp_reconciler.model import ops
from xcp_reconciler.model.observed import (
    Observed,
    ObservedNetwork,
    ObservedStorage,
    ObservedVm,
    ObservedVolume,
)
from xcp_reconciler.plan.sight import Sight

_Key = TypeVar("_Key")
_Copy = TypeVar("_Copy")


def copies_of(op: ops.Op, sight: Sight) -> tuple[Observed, ...]:
    """Every copy of the object that an op names."""
    match op:
        case ops.DefineStorage() | ops.StartStorage() | ops.UndefineStorage():
            return sight.storages.get(op.uuid, ())
        case ops.CreateVolume() | ops.ResizeVolume() | ops.DeleteVolume():
            return sight.volumes.get((op.storage, op.file), ())
        case ops.DefineNetwork() | ops.StartNetwork() | ops.UndefineNetwork():
            return sight.networks.get(op.uuid, ())
        case _:
            return sight.vms.get(op.uuid, ())


def put_copies(op: ops.Op, sight: Sight, copies: tuple[Observed, ...]) -> None:
    """Make `sight` show these copies of the object that an op names, and no others."""
    match op:
        case ops.DefineStorage() | ops.StartStorage() | ops.UndefineStorage():
            _put(sight.storages, op.uuid, cast("tuple[ObservedStorage, ...]", copies))
        case ops.CreateVolume() | ops.ResizeVolume() | ops.DeleteVolume():
            _put(sight.volumes, (op.storage, op.file), cast("tuple[ObservedVolume, ...]", copies))
        case ops.DefineNetwork() | ops.StartNetwork() | ops.UndefineNetwork():
            _put(sight.networks, op.uuid, cast("tuple[ObservedNetwork, ...]", copies))
        case _:
            sight.put_vm(op.uuid, sight.vms.get(op.uuid, ()), cast("tuple[ObservedVm, ...]", copies))


def _put(index: dict[_Key, tuple[_Copy, ...]], key: _Key, copies: tuple[_Copy, ...]) -> None:
    if copies:
        index[key] = copies
    else:
        index.pop(key, None)
