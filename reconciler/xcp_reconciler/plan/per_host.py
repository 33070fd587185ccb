"""Storage repositories and networks: the same thing on every host of a pool, made where it is missing."""

from collections.abc import Callable, Iterable

from xcp_reconciler.api.enums import DeletionPolicy
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import (
    EXISTS,
    STATE,
    Blocked,
    BlockReason,
    Change,
    Decision,
    Gone,
    Wait,
    WaitReason,
)
from xcp_reconciler.model.desired import Desired, NetworkSpec, Removal, StorageSpec
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.impact import Direction, Impact, Power, Unsupported
from xcp_reconciler.model.observed import ObservedNetwork, ObservedStorage
from xcp_reconciler.plan.limits import Admitted, Proposal, limit
from xcp_reconciler.plan.names import backend_name
from xcp_reconciler.plan.presence import backend_uuid, network_copies, storage_copies
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.steps import steps
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref

Thing = ObservedStorage | ObservedNetwork
Make = Callable[[str], ops.Op]


def decide_storage(ref: Ref, desired: Desired, spec: StorageSpec, world: World, sight: Sight) -> Decision:
    """What to do about a repository that every host of its pool shall know."""
    copies = storage_copies(desired, world, sight)
    moved = next((copy for copy in copies if copy.path.rstrip("/") != spec.path.rstrip("/")), None)
    if moved is not None:
        words = f"path: on {moved.host} it is {moved.path} and cannot become {spec.path}; declare another repository"
        return Blocked(BlockReason.UNSUPPORTED, words)
    uuid = backend_uuid(desired, world, sight) or world.identities.uuid(ref)
    name = backend_name(ref)

    def define(host: str) -> ops.Op:
        return ops.DefineStorage(ref, host, uuid, name, spec.path, spec.shared)

    unfinished = world.history(ref).synced is None and desired.policies.adopt is None

    def start(host: str) -> ops.Op:
        return ops.StartStorage(ref, host, uuid, makes=unfinished)

    return _everywhere(desired, world, sight, copies, define, start)


def attach_once_more(ref: Ref, desired: Desired, spec: StorageSpec, world: World, sight: Sight) -> Decision | None:
    """Attach a repository that is to go, where what is to be deleted from it could not be found otherwise; else None.

    Its removal has begun, or somebody has detached it, and no host shows what is in it any more. One host is enough.
    """
    if not spec.shared or not any(_is_deleted_from_it(child, world) for child in world.declared.children.get(ref, ())):
        return None
    copies = storage_copies(desired, world, sight)
    hosts = [host for host in world.declared.hosts.get(spec.pool, ()) if sight.answers(host)]
    if any(copy.active for copy in copies) or not hosts:
        return None
    uuid = backend_uuid(desired, world, sight) or world.identities.uuid(ref)
    host = copies[0].host if copies else hosts[0]
    if copies:
        op: ops.Op = ops.StartStorage(ref, host, uuid, makes=False)
    elif desired.policies.adopt is None:
        op = ops.DefineStorage(ref, host, uuid, backend_name(ref), spec.path, spec.shared)
    else:
        return None
    row = sight.impacts(host).row(ref.kind, STATE if copies else EXISTS, Power.ANY, Direction.GROW)
    if isinstance(row.impact, Unsupported):
        return Blocked(BlockReason.UNSUPPORTED, row.impact.reason)
    # A path of its own: the plan shows that it exists there no more in the end.
    reason = "what is to be deleted from it cannot be found otherwise"
    change = Change(f"attached to {host} once more", current=False, desired=True, impact=row.impact, reason=reason)
    return steps(Admitted((Proposal(change, op, consented=True),), ()), [op], sight, reason)


def _is_deleted_from_it(child: Ref, world: World) -> bool:
    desired = world.declared.desired[child]
    return desired.removal is Removal.DELETE and desired.policies.deletion is DeletionPolicy.DELETE


def decide_network(ref: Ref, desired: Desired, spec: NetworkSpec, world: World, sight: Sight) -> Decision:
    """What to do about a network that every host of its pool shall have."""
    copies = network_copies(desired, world, sight)
    owner = world.identities.owner
    foreign = next((copy for copy in copies if copy.stamp is not None and copy.stamp.owner != owner), None)
    if foreign is not None and foreign.stamp is not None:
        words = f"on {foreign.host} it carries the stamp of owner {foreign.stamp.owner}"
        return Blocked(BlockReason.FOREIGN_OWNER, words)
    other = next((copy for copy in copies if copy.subnet != spec.subnet), None)
    if other is not None:
        words = f"subnet: on {other.host} it is {other.subnet} and cannot become {spec.subnet}; declare another network"
        return Blocked(BlockReason.UNSUPPORTED, words)
    uuid = backend_uuid(desired, world, sight) or world.identities.uuid(ref)
    name = backend_name(ref)

    def define(host: str) -> ops.Op:
        return ops.DefineNetwork(ref, host, uuid, name, spec.subnet, Stamp(owner, ref, desired.uid, uuid))

    def start(host: str) -> ops.Op:
        return ops.StartNetwork(ref, host, uuid)

    taken = _name_taken(copies, name, world, sight, spec.pool)
    if taken is not None:
        return taken
    return _everywhere(desired, world, sight, copies, define, start)


def _name_taken(
    copies: tuple[ObservedNetwork, ...], name: str, world: World, sight: Sight, pool: str
) -> Blocked | None:
    ours = {copy.uuid for copy in copies}
    for others in sight.networks.values():
        for other in others:
            if other.name == name and other.uuid not in ours and other.host in world.declared.hosts.get(pool, ()):
                words = (
                    f"{other.host} has another network of this name ({other.uuid}): rename one of them, "
                    f"or take it over with adopt: {{uuid: {other.uuid}}}"
                )
                return Blocked(BlockReason.NAME_TAKEN, words)
    return None


def _everywhere(
    desired: Desired, world: World, sight: Sight, copies: Iterable[Thing], define: Make, start: Make
) -> Decision:
    there = {copy.host: copy for copy in copies}
    hosts = world.declared.hosts.get(world.pool(desired.ref) or "", ())
    wanted: list[Proposal[ops.Op]] = []
    silent: list[str] = []
    for host in hosts:
        if not sight.answers(host):
            if not world.fenced(host):
                silent.append(host)
            continue
        copy = there.get(host)
        if copy is None:
            if desired.policies.adopt is not None:
                return Blocked(BlockReason.ADOPT_MISSING, f"{host} has no {desired.ref.kind} to adopt")
            proposal = _proposal(sight, desired, host, EXISTS, define(host))
        elif not copy.active:
            proposal = _proposal(sight, desired, host, STATE, start(host))
        else:
            continue
        if isinstance(proposal, Blocked):
            return proposal
        wanted.append(proposal)
    admitted = limit(wanted, desired, world.history(desired.ref), world.approvals.get(desired.ref))
    if silent and not admitted.proposals:
        return Wait(WaitReason.UNKNOWN, f"{', '.join(silent)} does not answer; everywhere else it is as declared")
    return steps(admitted, [one.move for one in admitted.proposals], sight, "not every host has it")


def _proposal(sight: Sight, desired: Desired, host: str, path: str, op: ops.Op) -> Proposal[ops.Op] | Blocked:
    row = sight.impacts(host).row(desired.ref.kind, path, Power.ANY, Direction.GROW)
    if isinstance(row.impact, Unsupported):
        return Blocked(BlockReason.UNSUPPORTED, row.impact.reason)
    if path == EXISTS:
        change = Change(f"{EXISTS} on {host}", current=False, desired=True, impact=row.impact, reason=row.reason)
    else:
        change = Change(f"{STATE} on {host}", "inactive", "active", row.impact, row.reason)
    return Proposal(change, op)


def remove_everywhere(desired: Desired, world: World, sight: Sight) -> Decision:
    """Take a repository or a network away from every host: files stay, and nothing that is in use goes."""
    storage = isinstance(desired.spec, StorageSpec)
    copies: tuple[Thing, ...] = (
        storage_copies(desired, world, sight) if storage else network_copies(desired, world, sight)
    )
    pool = world.pool(desired.ref) or ""
    silent = [host for host in world.declared.hosts.get(pool, ()) if not sight.answers(host) and not world.fenced(host)]
    users = _users(sight, copies)
    if users:
        return Blocked(BlockReason.IN_USE, f"used by {', '.join(users)}")
    if silent:
        # Whoever uses it there is not seen: taken from the others now, it would be missing where they may go next.
        return Wait(WaitReason.UNKNOWN, f"{', '.join(silent)} does not answer, and it could be in use there")
    if not copies:
        return Gone()
    undo: list[ops.Op] = []
    for copy in copies:
        if isinstance(copy, ObservedStorage):
            undo.append(ops.UndefineStorage(desired.ref, copy.host, copy.uuid))
        else:
            undo.append(ops.UndefineNetwork(desired.ref, copy.host, copy.uuid))
    changes = tuple(
        Proposal(
            Change(f"{EXISTS} on {op.host}", current=True, desired=False, impact=Impact.LIVE, reason="files stay"),
            op,
            consented=True,
        )
        for op in undo
    )
    return steps(Admitted(changes, ()), undo, sight, "it is to be deleted")


def _users(sight: Sight, copies: tuple[Thing, ...]) -> list[str]:
    names = {copy.name for copy in copies if isinstance(copy, ObservedNetwork)}
    storages = {copy.path.rstrip("/") + "/" for copy in copies if isinstance(copy, ObservedStorage)}
    found: set[str] = set()
    for vms in sight.vms.values():
        for vm in vms:
            configs = (vm.stored, vm.live) if vm.live is not None else (vm.stored,)
            for config in configs:
                if any(card.network in names for card in config.interfaces):
                    found.add(vm.name)
                if any(disk.path.startswith(path) for disk in config.disks for path in storages):
                    found.add(vm.name)
    return sorted(found)
