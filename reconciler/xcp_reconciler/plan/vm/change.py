"""The changes of a machine that is there: settings, live values, place and power, in this order."""

from xcp_reconciler.api.enums import Management
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import HOST, Blocked, BlockReason, Change, Decision, Pending, Wait, WaitReason
from xcp_reconciler.model.desired import DiskMode, StorageSpec, VolumeSpec
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.impact import Impact, Unsupported
from xcp_reconciler.model.observed import ObservedVm, PowerState
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.limits import Admitted, Proposal, Refused, limit
from xcp_reconciler.plan.sight import is_active
from xcp_reconciler.plan.steps import steps
from xcp_reconciler.plan.vm.differences import VmMove, VmProposal, differences, propose, waiting_for_power_cycle
from xcp_reconciler.plan.vm.facts import VmFacts
from xcp_reconciler.plan.vm.headroom import no_memory, shortage
from xcp_reconciler.plan.vm.memory import balloon
from xcp_reconciler.plan.vm.power import power_proposal, restart_proposal, stop_step
from xcp_reconciler.plan.vm.ready import not_ready, to_be_left, undeclared


def change_vm(facts: VmFacts, vm: ObservedVm) -> Decision:
    """What to change about the one copy of a machine."""
    invalid = undeclared(facts)
    if invalid is not None:
        return invalid
    proposals: list[VmProposal] = [*_stamp(facts, vm), *differences(facts, vm)]
    verdict = balloon(facts, vm)
    sized = any(isinstance(one, Proposal) and isinstance(one.move, ops.MemorySize) for one in proposals)
    stores = isinstance(verdict.proposal, Proposal) and isinstance(verdict.proposal.move, ops.MemorySize)
    if verdict.proposal is not None and not (sized and (stores or vm.live is None)):
        proposals.append(verdict.proposal)
    pending = (*waiting_for_power_cycle(vm), *verdict.pending)
    later = _later(facts, vm)
    refused = next((one for one in (*proposals, *later) if isinstance(one, Refused)), None)
    if refused is not None:
        return Blocked(BlockReason.UNSUPPORTED, f"{refused.path}: {refused.reason}")
    wanted = [one for one in (*proposals, *later) if isinstance(one, Proposal)]
    admitted = limit(wanted, facts.desired, facts.history, facts.world.approvals.get(facts.ref))
    decision = _perform(facts, vm, admitted, pending)
    if decision is not None:
        return decision
    if verdict.wait is not None:
        return verdict.wait
    return _settled(facts, vm, admitted, pending)


def _stamp(facts: VmFacts, vm: ObservedVm) -> list[VmProposal]:
    stamp = vm.stamp
    owner = facts.world.identities.owner
    ours = stamp is not None and stamp.owner == owner and stamp.ref == facts.ref and stamp.self_uuid == vm.uuid
    if ours or facts.desired.policies.management is Management.OBSERVE:
        return []
    made = Stamp(owner, facts.ref, facts.desired.uid, vm.uuid)
    current = str(stamp.ref) if stamp is not None else None
    return [propose(facts, vm, "adopt", current, str(facts.ref), ops.StampVm(facts.ref, vm.host, vm.uuid, made))]


def _later(facts: VmFacts, vm: ObservedVm) -> list[VmProposal]:
    """Place and power: done only once settings are as declared, and one at a time."""
    home = facts.world.home(facts.ref)
    move = _move(facts, vm, home) if home is not None and home != vm.host else None
    power = power_proposal(facts, vm)
    if vm.power in {PowerState.PAUSED, PowerState.SUSPENDED}:
        # Its power first: no backend moves what is suspended, and XAPI nothing that is paused.
        stays = move is not None and power is None and vm.power is PowerState.PAUSED
        move = Refused("placement.host", "it is paused: resume it or shut it down, and it moves") if stays else None
    return [one for one in (move, restart_proposal(facts, vm), power) if one is not None]


def _move(facts: VmFacts, vm: ObservedVm, home: str) -> VmProposal:
    local = [disk.name for disk in facts.spec.disks if not _is_shared(facts, disk.name)]
    if local:
        words = (
            f"disk {', '.join(local)} is on local storage of {vm.host}, and xcp does not copy disks between hosts yet"
        )
        return Refused("placement.host", words)
    row = facts.cost(HOST, vm)
    if isinstance(row.impact, Unsupported):
        return Refused("placement.host", row.impact.reason)
    mode = ops.MigrationMode.LIVE if is_active(vm) else ops.MigrationMode.OFFLINE
    op = ops.MigrateVm(facts.ref, vm.host, home, vm.uuid, mode, ops.DiskTransfer.SHARED)
    path = "placement.host" if facts.spec.host is not None else HOST
    return Proposal(Change(path, vm.host, home, row.impact, row.reason), op)


def _is_shared(facts: VmFacts, disk: str) -> bool:
    volume = next(one.volume for one in facts.spec.disks if one.name == disk)
    desired = facts.world.declared.desired.get(volume)
    if desired is None or not isinstance(desired.spec, VolumeSpec):
        return True
    storage = facts.world.declared.desired.get(desired.spec.storage)
    return storage is None or not isinstance(storage.spec, StorageSpec) or storage.spec.shared


def _perform(
    facts: VmFacts, vm: ObservedVm, admitted: Admitted[VmMove], pending: tuple[Pending, ...]
) -> Decision | None:
    """The steps of what may be done now; None when that is nothing."""
    moves = [proposal.move for proposal in admitted.proposals]
    if not moves:
        return None
    if any(isinstance(move, ops.Disks | ops.Interfaces) for move in moves):
        # Not even for the next boot is a machine given what is not there: it could not come up any more.
        missing = not_ready(facts, vm.host)
        if missing is not None:
            return missing
    costly = any(
        proposal.change.impact is Impact.POWER_CYCLE and not isinstance(proposal.move, ops.ShutDownVm)
        for proposal in admitted.proposals
    )
    if costly and is_active(vm):
        return _stop(facts, vm, admitted, pending)
    now: list[ops.VmOp] = [move for move in moves if isinstance(move, ops.StampVm)]
    settings = tuple(move for move in moves if isinstance(move, ops.Setting))
    if settings:
        now.append(ops.ReconfigureVm(facts.ref, vm.host, vm.uuid, settings))
    now.extend(move for move in moves if isinstance(move, ops.SetCores | ops.SetMemoryRange))
    if now:
        return steps(_only(admitted, now, settings), now, facts.sight, "it is not as declared", pending)
    return _last(facts, vm, admitted, pending)


def _only(admitted: Admitted[VmMove], now: list[ops.VmOp], settings: tuple[ops.Setting, ...]) -> Admitted[VmMove]:
    done = tuple(one for one in admitted.proposals if one.move in now or one.move in settings)
    return Admitted(done, admitted.pending)


def _last(facts: VmFacts, vm: ObservedVm, admitted: Admitted[VmMove], pending: tuple[Pending, ...]) -> Decision | None:
    for proposal in admitted.proposals:
        move = proposal.move
        one = Admitted((proposal,), admitted.pending)
        match move:
            case ops.MigrateVm():
                missing = not_ready(facts, move.target) or _unwelcome(facts, vm, move)
                if missing is not None:
                    return missing
                return steps(one, [move], facts.sight, f"its place is {move.target}", pending)
            case ops.ShutDownVm():
                return _stop(facts, vm, one, pending)
            case ops.StartVm() | ops.ResumeVm():
                missing = not_ready(facts, vm.host)
                if missing is not None:
                    return missing
                refused = _no_room(facts, vm) or _open_elsewhere(facts, vm)
                if refused is not None:
                    return refused
                return steps(one, [move], facts.sight, f"runStrategy is {facts.spec.run_strategy.value}", pending)
            case _:
                continue
    return None


def _no_room(facts: VmFacts, vm: ObservedVm) -> Decision | None:
    if facts.assignment is not None and not isinstance(facts.assignment, Assigned):
        return Blocked(BlockReason.UNPLACED, "no host takes it: " + "; ".join(facts.assignment.reasons))
    # What is paused holds its memory already.
    if is_active(vm):
        return None
    return to_be_left(facts, vm.host) or no_memory(facts, vm.host, vm.stored.memory_target)


def _unwelcome(facts: VmFacts, vm: ObservedVm, move: ops.MigrateVm) -> Wait | None:
    """Why a machine that runs does not move now: its new host is to be left, or not seen to have what it holds free."""
    if vm.live is None:
        return None
    left = to_be_left(facts, move.target)
    if left is not None:
        return left
    held = max(vm.memory_actual or 0, vm.live.memory_target)
    short = shortage(facts, move.target, held)
    if short is None:
        return None
    words = short.words(move.target, 0, held)
    if held <= short.soon and short.givers:
        return short.waiting(words)
    # The pool gave it the place, maybe on a look that did not show everybody there: it is asked again.
    return Wait(WaitReason.ASSIGNMENT, f"{move.target} does not take it yet: {words}")


def _open_elsewhere(facts: VmFacts, vm: ObservedVm) -> Wait | Blocked | None:
    """Another machine that has a disk open and will not share it: a start would be refused, or spoil both."""
    for disk in vm.stored.disks:
        for user in facts.sight.users.get(disk.path, ()):
            if user.uuid == vm.uuid or user.live is None or not _same_file(facts, disk.name, user.host, vm.host):
                continue
            held = next((one for one in user.live.disks if one.path == disk.path), None)
            if held is None or DiskMode.RW not in {held.mode, disk.mode}:
                continue
            words = f"{disk.name}: {user.name} on {user.host} has {disk.path} open"
            if user.stamp is not None and user.stamp.owner == facts.world.identities.owner:
                return Wait(WaitReason.DEPENDENCY, words, on=(user.stamp.ref,))
            return Blocked(BlockReason.IN_USE, words)
    return None


def _same_file(facts: VmFacts, disk: str, one: str, other: str) -> bool:
    return one == other or (any(own.name == disk for own in facts.spec.disks) and _is_shared(facts, disk))


def _stop(facts: VmFacts, vm: ObservedVm, admitted: Admitted[VmMove], pending: tuple[Pending, ...]) -> Decision:
    step = stop_step(facts, vm)
    if isinstance(step, Wait | Blocked):
        return step
    return steps(admitted, [step], facts.sight, "it has to be halted for this", pending)


def _settled(facts: VmFacts, vm: ObservedVm, admitted: Admitted[VmMove], pending: tuple[Pending, ...]) -> Decision:
    assignment, asked = facts.assignment, facts.spec.host
    if asked not in {None, vm.host}:
        reasons = assignment.waiting if isinstance(assignment, Assigned) else ()
        # A lost database leaves no assignment; one that names another host has been dealt with as a move.
        if assignment is None or (isinstance(assignment, Assigned) and assignment.host == vm.host):
            why = "; ".join(reasons) or "the pool has not looked at the new place yet"
            return Wait(WaitReason.ASSIGNMENT, f"{asked} does not take it yet: {why}")
    return steps(admitted, [], facts.sight, "", pending)
