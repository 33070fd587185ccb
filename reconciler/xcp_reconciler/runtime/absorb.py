"""What a new look teaches: hosts seen for the first time, where our objects are, uids that stamps kept. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from xcp_reconciler.model.observed import Observed, ObservedNetwork, ObservedVm
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.ports.store import PutDesired, PutHost, PutSighting, State, Write
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.directory import Directory


@dataclass(frozen=True, slots=True)
class Known:
    """The last look at a pool, and what it showed of each of our objects."""

    sight: Sight
    directory: Directory
    copies: Mapping[Ref, tuple[Observed, ...]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """`writes` must be durable before any decision uses the look; `changed` are worth looking at again."""

    known: Known
    writes: tuple[Write, ...]
    changed: tuple[Ref, ...]
    answering: tuple[str, ...]
    silent: tuple[str, ...]


def learn(before: Known | None, after: Sight, directory: Directory, state: State, owner: str) -> Lesson:
    """Compare two looks at a pool. One pass over its objects, which does nothing for those that look the same."""
    seen = directory.copies(after)
    was: Mapping[Ref, tuple[Observed, ...]] = before.copies if before is not None else {}
    answering = tuple(name for name in after.hosts if after.answers(name))
    silent = tuple(name for name in after.hosts if not after.answers(name))
    turned = before is None or {name for name in before.sight.hosts if before.sight.answers(name)} != set(answering)
    every = turned or before is None or before.directory is not directory
    writes = _hosts(answering, after, state)
    changed: list[Ref] = []
    for ref in directory.declared.members.get(after.pool, ()):
        now = seen.get(ref, ())
        same = now == was.get(ref, ())
        if same and not every:
            continue
        if turned or not same:
            changed.append(ref)
        writes.extend(_sighting(ref, now, after, state))
        if now:
            writes.extend(_uid(ref, now, state, owner))
    if before is not None:
        changed.extend(_job_changes(before.sight, after, directory))
    unique = tuple(dict.fromkeys(changed))
    return Lesson(Known(after, directory, seen), tuple(writes), unique, answering, silent)


def _hosts(answering: Sequence[str], after: Sight, state: State) -> list[Write]:
    return [
        PutHost(name, replace(state.hosts.get(name, HostRecord()), seen=after.at))
        for name in answering
        if (record := state.hosts.get(name)) is None or record.seen is None
    ]


def _sighting(ref: Ref, copies: Sequence[Observed], sight: Sight, state: State) -> list[Write]:
    """Where it is seen, and where it was seen by hosts that do not answer now."""
    known = state.sightings.get(ref, ())
    hosts = {copy.host for copy in copies}
    hosts.update(host for host in known if not sight.answers(host))
    found = tuple(sorted(hosts))
    return [PutSighting(ref, found)] if found != known and ref in state.desired else []


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
