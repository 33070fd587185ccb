"""What a new look teaches: hosts seen for the first time, where our objects are, uids that stamps kept. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xcp_reconciler.model.observed import Observed, ObservedNetwork, ObservedVm
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.ports.store import PutDesired, PutHost, PutSighting, State, Write
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.directory import Directory


@dataclass(frozen=True, slots=True)
class Lesson:
    """`writes` must be durable before any decision uses the look; `changed` are worth looking at again."""

    writes: tuple[Write, ...]
    changed: tuple[Ref, ...]
    answering: tuple[str, ...]
    silent: tuple[str, ...]


def learn(before: Sight | None, after: Sight, directory: Directory, state: State, owner: str) -> Lesson:
    """Compare two looks at a pool. One pass over the objects of the pool."""
    was, seen = directory.copies(before), directory.copies(after)
    answering = tuple(name for name in after.hosts if after.answers(name))
    silent = tuple(name for name in after.hosts if not after.answers(name))
    answered = {name for name in before.hosts if before.answers(name)} if before is not None else set[str]()
    writes: list[Write] = [
        PutHost(name, replace(state.hosts.get(name, HostRecord()), seen=after.at))
        for name in answering
        if (record := state.hosts.get(name)) is None or record.seen is None
    ]
    changed: list[Ref] = []
    turned = answered != set(answering)
    for ref in directory.declared.members.get(after.pool, ()):
        now = seen.get(ref, ())
        if turned or now != was.get(ref, ()):
            changed.append(ref)
        known = state.sightings.get(ref, ())
        hosts = _sighting(now, known, after)
        if hosts != known and ref in state.desired:
            writes.append(PutSighting(ref, hosts))
        if now:
            writes.extend(_uid(ref, now, state, owner))
    if before is not None and (before.jobs or after.jobs):
        changed.extend(_job_changes(before, after, directory))
    return Lesson(tuple(writes), tuple(dict.fromkeys(changed)), answering, silent)


def _sighting(copies: Sequence[Observed], known: tuple[str, ...], sight: Sight) -> tuple[str, ...]:
    """Where it is seen, and where it was seen by hosts that do not answer now."""
    hosts = {copy.host for copy in copies}
    hosts.update(host for host in known if not sight.answers(host))
    return tuple(sorted(hosts))


def _uid(ref: Ref, copies: Sequence[Observed], state: State, owner: str) -> list[Write]:
    """An emptied store gave the object a new uid; the stamp in the backend remembers the old one."""
    desired = state.desired.get(ref)
    if desired is None:
        return []
    stamped = {
        copy.stamp.uid
        for copy in copies
        if isinstance(copy, ObservedVm | ObservedNetwork)
        and copy.stamp is not None
        and (copy.stamp.owner, copy.stamp.ref, copy.stamp.self_uuid) == (owner, ref, copy.uuid)
        and copy.stamp.uid
    }
    if not stamped or desired.uid in stamped:
        return []
    return [PutDesired(replace(desired, uid=min(stamped)), expect=state.versions.get(ref))]


def _job_changes(before: Sight, after: Sight, directory: Directory) -> list[Ref]:
    return [
        ref
        for uuid in {**before.jobs, **after.jobs}
        if before.jobs.get(uuid) != after.jobs.get(uuid) and (ref := directory.vms.get(uuid)) is not None
    ]
