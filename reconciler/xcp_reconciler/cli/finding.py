"""Something on a host by the name or uuid that the hypervisor has for it, as long as it is nobody's."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from xcp_reconciler.api.wording import nearest
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.survey import Survey
from xcp_reconciler.model.desired import Adopt
from xcp_reconciler.model.observed import Observed, ObservedNetwork, ObservedStorage, ObservedVm, ObservedVolume
from xcp_reconciler.plan.presence import backend_uuid, storage_uuid
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.refs import Kind, Ref
from xcp_reconciler.report.adoption import called
from xcp_reconciler.report.words import listed


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, in which pool; for a volume the declared repository that it lies in.

    `adopted` is the declaration that has adopted it already.
    """

    seen: Observed
    pool: str
    storage: Ref | None = None
    adopted: Ref | None = None


def find(survey: Survey, kind: Kind, text: str, pool: str | None) -> Found:
    """The one object of that kind and name, nobody's or adopted by us.

    Raises:
        CommandError: there is none, more than one, or it belongs to somebody.
    """
    _refuse_silence(survey, pool)
    everything = [one for sight in _sights(survey, pool) for one in _all(survey, sight, kind)]
    matching = [one for one in everything if text in _names(one.seen)]
    by_identity = {_identity(one.seen): one for one in reversed(matching)}
    if not by_identity:
        near = nearest(text, [name for one in everything for name in _names(one.seen)])
        notes = [f"did you mean {near}?"] if near else []
        raise CommandError(f"no {kind} {text} is seen on any host", *notes, "xcp get strangers lists what there is")
    if len(by_identity) > 1:
        raise CommandError(
            f"there are {len(by_identity)} of the name {text}; name one by its uuid",
            *(f"{one.seen.host}: {identity}" for identity, one in by_identity.items()),
        )
    found = next(iter(by_identity.values()))
    _refuse_owned(survey, found)
    adopted = _adopted(survey, found)
    # A machine with two definitions is the one that runs.
    running = [one for one in matching if isinstance(one.seen, ObservedVm) and is_active(one.seen)]
    return replace(running[0] if running else found, adopted=adopted)


def _refuse_silence(survey: Survey, pool: str | None) -> None:
    if not survey.world.declared.desired:
        raise CommandError("no pool is known", "name manifests of pools and hosts with -f")
    for name, why in survey.refusals.items():
        if pool in {None, name}:
            raise CommandError(f"Pool/{name} cannot be looked at: {why}")


def _sights(survey: Survey, pool: str | None) -> list[Sight]:
    sights = survey.world.sights
    if pool is not None and pool not in sights:
        raise CommandError(f"there is no pool {pool}; there is {listed(sights)}")
    return [sight for name, sight in sights.items() if pool in {None, name}]


def _all(survey: Survey, sight: Sight, kind: Kind) -> Iterator[Found]:
    match kind:
        case Kind.VIRTUAL_MACHINE:
            yield from (Found(vm, sight.pool) for copies in sight.vms.values() for vm in copies)
        case Kind.NETWORK:
            yield from (Found(one, sight.pool) for copies in sight.networks.values() for one in copies)
        case Kind.STORAGE_REPOSITORY:
            yield from (Found(one, sight.pool) for copies in sight.storages.values() for one in copies)
        case Kind.VOLUME:
            for copies in sight.volumes.values():
                for volume in copies:
                    yield Found(volume, sight.pool, _repository(survey, sight, volume))
        case Kind.POOL | Kind.HOST | Kind.MEMORY_POLICY | Kind.PLACEMENT_POLICY | Kind.REBALANCE:
            raise CommandError(f"a {kind} is declared, not adopted", f"xcp explain {kind} shows how")
        case _:
            assert_never(kind)


def _repository(survey: Survey, sight: Sight, volume: ObservedVolume) -> Ref | None:
    declared = survey.world.declared
    for ref in declared.members.get(sight.pool, ()):
        if ref.kind is Kind.STORAGE_REPOSITORY and storage_uuid(ref, survey.world, sight) == volume.storage:
            return ref
    return None


def _names(seen: Observed) -> set[str]:
    match seen:
        case ObservedVm() | ObservedNetwork() | ObservedStorage():
            return {seen.uuid, seen.name}
        case ObservedVolume():
            return {seen.file, seen.path, called(seen)}
        case _:
            assert_never(seen)


def _identity(seen: Observed) -> str:
    return seen.path if isinstance(seen, ObservedVolume) else seen.uuid


def _refuse_owned(survey: Survey, found: Found) -> None:
    seen = found.seen
    if isinstance(seen, ObservedVm | ObservedNetwork):
        stamp = seen.stamp
        if stamp is not None and stamp.self_uuid == seen.uuid and stamp.owner != survey.owner:
            raise CommandError(f"{called(seen)} belongs to owner {stamp.owner}: it carries the stamp of {stamp.ref}")


def _adopted(survey: Survey, found: Found) -> Ref | None:
    """The declaration that has adopted it, if there is one.

    Raises:
        CommandError: a declaration made it, or has it by its name.
    """
    seen, world = found.seen, survey.world
    if isinstance(seen, ObservedVolume):
        return None
    for ref in world.declared.members.get(found.pool, ()):
        desired = world.declared.desired[ref]
        if backend_uuid(desired, world, world.sights[found.pool]) == seen.uuid:
            if desired.policies.adopt != Adopt(uuid=seen.uuid):
                raise CommandError(f"{called(seen)} is {ref}, which is declared already")
            return ref
    return None
