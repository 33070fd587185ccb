"""Intents: what must be durable before a call, and how it ends."""

from dataclasses import replace
from typing import Final

from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import VolumeSpec
from xcp_reconciler.model.history import History, Intent
from xcp_reconciler.model.observed import Fresh, ObservedVm
from xcp_reconciler.plan.presence import backend_uuid, storage_uuid, volume_file
from xcp_reconciler.plan.recall import never_ahead, tidy
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref

_DEFINE_S: Final = 10.0
_POWER_S: Final = 15.0
_MIGRATE_S: Final = 600.0
_IMAGE_S: Final = 1800.0
# Long work is a job of its host from soon after its call until its end.
_BEGUN_S: Final = 10.0


def call_seconds(op: ops.Op) -> float:
    """How long the call of an op may take, in seconds."""
    match op:
        case ops.MigrateVm():
            return _MIGRATE_S
        case ops.CreateVolume() if op.source is not None:
            return _IMAGE_S
        case ops.StartVm() | ops.PowerOffVm() | ops.ShutDownVm() | ops.ResumeVm() | ops.CreateVolume():
            return _POWER_S
        case _:
            return _DEFINE_S


def intent_for(op: ops.Op, now: float) -> Intent | None:
    """What to make durable before the call, None for calls that leave no doubt behind (they can just be repeated)."""
    name = type(op).__name__
    match op:
        case ops.MigrateVm():
            return Intent(name, (op.host, op.target), now, now + call_seconds(op))
        case (
            ops.DefineVm()
            | ops.UndefineVm()
            | ops.StartVm()
            | ops.ResumeVm()
            | ops.PowerOffVm()
            | ops.CreateVolume()
            | ops.DeleteVolume()
            | ops.DefineNetwork()
            | ops.UndefineNetwork()
            | ops.DefineStorage()
            | ops.UndefineStorage()
        ):
            return Intent(name, (op.host,), now, now + call_seconds(op))
        case _:
            return None


def settle(ref: Ref, history: History, world: World) -> History:
    """The history without the intents and requests that have ended.

    An intent ends when a fresh look made after it shows what it was for, when every host of it proves that nothing of
    ours is in flight, or at its deadline. That of long work ends, too, once no host shows a job of it any more: it has
    failed, or its call never arrived.
    """
    history = tidy(ref, never_ahead(history, world.now), world)
    if not history.intents:
        return history
    pool = world.pool(ref)
    sight = world.sights.get(pool) if pool is not None else None
    left = tuple(intent for intent in history.intents if not _ended(ref, intent, world, sight))
    return history if left == history.intents else replace(history, intents=left)


def _ended(ref: Ref, intent: Intent, world: World, sight: Sight | None) -> bool:
    if sight is None:
        return False
    looked = all(_looked_since(host, intent.at, sight, world) for host in intent.hosts)
    if not looked:
        return False
    if world.now >= intent.deadline:
        return True
    if all(host not in sight.hosts or sight.hosts[host].idle for host in intent.hosts):
        return True
    return _shown(ref, intent, world, sight) or _never_began(ref, intent, world, sight)


def _never_began(ref: Ref, intent: Intent, world: World, sight: Sight) -> bool:
    """Whether long work is not under way although it has had the time to begin, by looks made after that time."""
    begun = intent.at + _BEGUN_S
    long = intent.deadline - intent.at > _POWER_S
    if not long or not all(_looked_since(host, begun, sight, world) for host in intent.hosts):
        return False
    return not any(job.host in intent.hosts for job in sight.jobs.get(_job_name(ref, world, sight), ()))


def _job_name(ref: Ref, world: World, sight: Sight) -> str:
    place = _place(ref, world, sight)
    return "/".join(place) if place is not None else _uuid(ref, world, sight)


def _place(ref: Ref, world: World, sight: Sight) -> tuple[str, str] | None:
    """The storage and the file of a volume; None for everything else."""
    desired = world.declared.desired.get(ref)
    if desired is None or not isinstance(desired.spec, VolumeSpec):
        return None
    return storage_uuid(desired.spec.storage, world, sight), volume_file(ref, desired, desired.spec, world)


def _uuid(ref: Ref, world: World, sight: Sight) -> str:
    desired = world.declared.desired.get(ref)
    return (backend_uuid(desired, world, sight) if desired is not None else None) or world.identities.uuid(ref)


def _looked_since(host: str, at: float, sight: Sight, world: World) -> bool:
    if world.fenced(host) or host not in sight.hosts:
        return True
    freshness = sight.hosts[host].freshness
    return isinstance(freshness, Fresh) and freshness.at >= at


def _shown(ref: Ref, intent: Intent, world: World, sight: Sight) -> bool:
    uuid = _uuid(ref, world, sight)
    copies = [vm for vm in sight.vms.get(uuid, ()) if vm.host in intent.hosts]
    match intent.op:
        case "DefineVm" | "UndefineVm":
            return bool(copies) is (intent.op == "DefineVm")
        case "StartVm" | "ResumeVm" | "PowerOffVm":
            return any(is_active(vm) for vm in copies) is (intent.op != "PowerOffVm")
        case "MigrateVm":
            return _arrived(copies, intent.hosts[-1]) and uuid not in sight.jobs
        case "DefineNetwork" | "UndefineNetwork":
            there = any(network.host in intent.hosts for network in sight.networks.get(uuid, ()))
            return there is (intent.op == "DefineNetwork")
        case "DefineStorage" | "UndefineStorage":
            there = any(storage.host in intent.hosts for storage in sight.storages.get(uuid, ()))
            return there is (intent.op == "DefineStorage")
        case "CreateVolume" | "DeleteVolume":
            place = _place(ref, world, sight)
            there = any(volume.host in intent.hosts for volume in sight.volumes.get(place or ("", ""), ()))
            return there is (intent.op == "CreateVolume")
        case _:
            return False


def _arrived(copies: list[ObservedVm], target: str) -> bool:
    return len(copies) == 1 and copies[0].host == target
