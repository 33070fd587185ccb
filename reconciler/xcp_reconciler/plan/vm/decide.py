"""The decision about one machine: a chain of small checks, the first that has something to say decides."""

from typing import assert_never

from xcp_reconciler.api.enums import RunStrategy
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import (
    EXISTS,
    HOST,
    Blocked,
    BlockReason,
    Change,
    Decision,
    Wait,
    WaitReason,
)
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.impact import Direction, Impact, Unsupported
from xcp_reconciler.model.observed import Absent, ObservedVm, Present, Unknown
from xcp_reconciler.model.placement import Unplaced
from xcp_reconciler.plan.limits import Proposal, limit
from xcp_reconciler.plan.names import backend_name
from xcp_reconciler.plan.presence import vm_presence
from xcp_reconciler.plan.sight import is_active
from xcp_reconciler.plan.steps import steps
from xcp_reconciler.plan.vm.change import change_vm
from xcp_reconciler.plan.vm.facts import VmFacts
from xcp_reconciler.plan.vm.headroom import no_memory
from xcp_reconciler.plan.vm.ready import not_ready, to_be_left


def decide_vm(facts: VmFacts) -> Decision:
    """What to do about a machine that shall exist."""
    presence = vm_presence(facts.ref, facts.desired, facts.spec, facts.world, facts.sight)
    match presence:
        case Unknown():
            return unknown(presence)
        case Absent():
            return _absent(facts)
        case Present():
            return _present(facts, presence.copies)
        case _:
            assert_never(presence)


def unknown(presence: Unknown) -> Wait:
    """Nothing may be done to a machine that could be running where nobody can look."""
    where = ", ".join(presence.hosts)
    words = f"it could be on {where}, which does not answer; if that host is off: xcp fence {presence.hosts[0]}"
    return Wait(WaitReason.UNKNOWN, words)


def under_way(facts: VmFacts) -> Wait | None:
    """A job on the machine: nothing else is done to it meanwhile."""
    if not facts.jobs:
        return None
    job = facts.jobs[0]
    words = f"a {job.kind.value} is under way on {job.host}"
    return Wait(WaitReason.JOB, words, facts.world.now + 1.0)


def _absent(facts: VmFacts) -> Decision:
    if facts.adopted:
        adopt = facts.desired.policies.adopt
        name = (adopt.uuid or adopt.name) if adopt is not None else ""
        return Blocked(BlockReason.ADOPT_MISSING, f"no single machine {name} is seen in pool {facts.spec.pool}")
    assignment = facts.assignment
    if assignment is None:
        return Wait(WaitReason.ASSIGNMENT, "the pool has not placed it yet")
    if isinstance(assignment, Unplaced):
        return Blocked(BlockReason.UNPLACED, "no host takes it: " + "; ".join(assignment.reasons))
    host = assignment.host
    taken = facts.sight.names.get((host, backend_name(facts.ref)), ())
    if taken:
        words = (
            f"{host} has another machine of this name ({taken[0].uuid}): "
            f"rename one of them, or take it over with adopt: {{uuid: {taken[0].uuid}}}"
        )
        return Blocked(BlockReason.NAME_TAKEN, words)
    missing = not_ready(facts, host) or _full(facts, host)
    if missing is not None:
        return missing
    row = facts.cost(EXISTS, None, Direction.GROW)
    if isinstance(row.impact, Unsupported):
        return Blocked(BlockReason.UNSUPPORTED, row.impact.reason)
    uuid = facts.world.identities.uuid(facts.ref)
    define = ops.DefineVm(facts.ref, host, uuid, backend_name(facts.ref), facts.wanted, stamp_of(facts, uuid))
    change = Change(EXISTS, current=False, desired=True, impact=row.impact, reason=f"on {host}")
    admitted = limit([Proposal(change, define)], facts.desired, facts.history, facts.world.approvals.get(facts.ref))
    return steps(admitted, [define] if admitted.proposals else [], facts.sight, "it is not there")


def _full(facts: VmFacts, host: str) -> Wait | Blocked | None:
    """Why a machine that is to run is not made where it was placed: it would not be started there."""
    if facts.spec.run_strategy is not RunStrategy.ALWAYS:
        return None
    found = no_memory(facts, host, facts.spec.memory_max)
    return to_be_left(facts, host) or (found if isinstance(found, Blocked) else None)


def stamp_of(facts: VmFacts, uuid: str) -> Stamp:
    """The stamp that this machine shall carry."""
    return Stamp(facts.world.identities.owner, facts.ref, facts.desired.uid, uuid)


def _present(facts: VmFacts, copies: tuple[ObservedVm, ...]) -> Decision:
    foreign = next((copy for copy in copies if _foreign(facts, copy)), None)
    if foreign is not None and foreign.stamp is not None:
        words = f"on {foreign.host} it carries the stamp of owner {foreign.stamp.owner}; two owners must not share it"
        return Blocked(BlockReason.FOREIGN_OWNER, words)
    job = under_way(facts)
    if job is not None:
        return job
    kept = kept_copy(facts, copies)
    if isinstance(kept, Blocked):
        return kept
    spare = [copy for copy in copies if copy is not kept]
    if spare:
        return _undefine_spare(facts, kept, spare)
    return change_vm(facts, kept)


def _foreign(facts: VmFacts, copy: ObservedVm) -> bool:
    stamp = copy.stamp
    return stamp is not None and stamp.owner != facts.world.identities.owner and stamp.self_uuid == copy.uuid


def kept_copy(facts: VmFacts, copies: tuple[ObservedVm, ...]) -> ObservedVm | Blocked:
    """The copy that is the machine: the running one, else the one at home, else the first by host."""
    active = [copy for copy in copies if is_active(copy)]
    if len(active) > 1:
        where = ", ".join(copy.host for copy in active)
        words = f"it runs on {where} at once; stop the wrong copy by hand, xcp will not choose between two disks"
        return Blocked(BlockReason.TWO_RUNNING, words)
    if active:
        return active[0]
    home = facts.world.home(facts.ref)
    ordered = sorted(copies, key=lambda copy: (copy.host != home, copy.host))
    return ordered[0]


def _undefine_spare(facts: VmFacts, kept: ObservedVm, spare: list[ObservedVm]) -> Decision:
    silent = [copy.host for copy in spare if not facts.sight.answers(copy.host)]
    if silent:
        return Wait(WaitReason.UNKNOWN, f"{', '.join(silent)} holds a second definition and does not answer")
    every = ", ".join(sorted(copy.host for copy in (kept, *spare)))
    change = Change(HOST, every, kept.host, Impact.METADATA, "a second definition was left behind by a move")
    undo = [ops.UndefineVm(facts.ref, copy.host, copy.uuid) for copy in spare]
    admitted = limit([Proposal(change, undo[0])], facts.desired, facts.history, facts.world.approvals.get(facts.ref))
    return steps(admitted, undo if admitted.proposals else [], facts.sight, "one machine, one definition")
