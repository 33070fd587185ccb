"""`xcp get` as tables, one form for each kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from xcp_reconciler.model.desired import (
    HostSpec,
    MemoryPolicySpec,
    NetworkSpec,
    PlacementPolicySpec,
    PoolSpec,
    RebalanceSpec,
    StorageSpec,
    VmSpec,
    VolumeSpec,
)
from xcp_reconciler.model.observed import Fresh
from xcp_reconciler.model.status import Truth
from xcp_reconciler.plan.presence import backend_uuid
from xcp_reconciler.plan.sight import is_active
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import DEFAULT_NAMESPACE, Kind
from xcp_reconciler.report.columns import columns
from xcp_reconciler.report.paint import PLAIN, Paint
from xcp_reconciler.report.standing import Standing
from xcp_reconciler.report.strangers import Stranger
from xcp_reconciler.report.words import age, rough
from xcp_reconciler.units import format_bytes, format_duration, format_kib

Cells = Sequence[str]
_UNSEEN: Final = "unknown"


def object_table(found: Sequence[Standing], world: World, *, wide: bool = False, paint: Paint = PLAIN) -> str:
    """One table for each kind among the objects, with an empty line between them."""
    parts: list[str] = []
    for kind in Kind:
        these = [one for one in found if one.ref.kind is kind]
        if these:
            head, cells = _TABLES[kind]
            spaces = any(one.ref.namespace != DEFAULT_NAMESPACE for one in these)
            rows = [_row(one, world, cells(one, world, wide), spaces=spaces) for one in these]
            lead = ("NAMESPACE", "NAME") if spaces else ("NAME",)
            parts.append(columns((*lead, *head(wide), "AGE"), rows, paint))
    return "\n\n".join(parts)


def stranger_table(found: Sequence[Stranger], paint: Paint = PLAIN) -> str:
    """What is not ours."""
    rows = [(one.kind.value, one.name, one.host, one.state, one.uuid, one.note) for one in found]
    return columns(("KIND", "NAME", "HOST", "STATE", "UUID", "NOTE"), rows, paint)


def _row(one: Standing, world: World, cells: Cells, *, spaces: bool) -> Cells:
    since = one.status.since if one.status is not None else None
    lead = (one.ref.namespace, one.ref.name) if spaces else (one.ref.name,)
    return (*lead, *cells, age(world.now - since) if since is not None else "")


def ready_word(one: Standing) -> str:
    """Ready in one word: True, False with its reason, or Unknown."""
    condition = one.ready
    if condition is None:
        return "Unknown"
    return "True" if condition.status is Truth.TRUE else f"{condition.status.value}:{condition.reason}"


def state_word(one: Standing) -> str:
    """The power state that was seen, or why there is none."""
    status = one.status
    if status is None:
        return _UNSEEN
    if status.state is not None:
        return status.state
    ready = one.ready
    return _UNSEEN if ready is not None and ready.reason == "Unknown" else "absent"


def pending_word(one: Standing) -> str:
    """The fields that wait, in one cell."""
    pending = one.status.pending if one.status is not None else ()
    return ",".join(dict.fromkeys(item.change.path for item in pending))


def _machine(one: Standing, world: World, wide: bool) -> Cells:  # noqa: FBT001 - one signature for all kinds
    status, spec = one.status, one.desired.spec
    assert isinstance(spec, VmSpec)  # noqa: S101 - for the type checker; the table is chosen by kind
    memory = status.memory_actual or status.memory if status is not None else None
    cores = status.cores if status is not None else None
    cells = (
        (status.host or "") if status is not None else "",
        state_word(one),
        ready_word(one),
        format_kib(memory) if memory is not None else "",
        str(cores) if cores is not None else "",
    )
    if not wide:
        return cells
    return (*cells, pending_word(one), _macs(one, world), (status.uuid or "") if status is not None else "")


def _macs(one: Standing, world: World) -> str:
    """The addresses that are known without asking the guest: those of its network cards."""
    sight = world.sights.get(world.pool(one.ref) or "")
    if sight is None:
        return ""
    copies = sight.vms.get(backend_uuid(one.desired, world, sight) or "", ())
    return ",".join(dict.fromkeys(card.mac for copy in copies for card in (copy.live or copy.stored).interfaces))


def _volume(one: Standing, world: World, wide: bool) -> Cells:  # noqa: FBT001 - the same
    del world
    status, spec = one.status, one.desired.spec
    assert isinstance(spec, VolumeSpec)  # noqa: S101 - the same
    size = status.size if status is not None and status.size is not None else None
    cells = (
        (status.file or "") if status is not None else "",
        format_bytes(size) if size is not None else "",
        spec.format.value,
        spec.storage.name,
        (status.host or "") if status is not None else "",
        ready_word(one),
    )
    return (*cells, spec.backing.name if spec.backing is not None else "") if wide else cells


def _storage(one: Standing, world: World, wide: bool) -> Cells:  # noqa: FBT001 - the same
    spec = one.desired.spec
    assert isinstance(spec, StorageSpec)  # noqa: S101 - the same
    sight = world.sights.get(spec.pool)
    uuid = backend_uuid(one.desired, world, sight) or "" if sight is not None else ""
    copies = sight.storages.get(uuid, ()) if sight is not None else ()
    free = rough(min(copy.available_bytes for copy in copies)) if copies else ""
    attached = f"{sum(copy.active for copy in copies)}/{len(world.declared.hosts.get(spec.pool, ()))}"
    cells = (spec.path, "yes" if spec.shared else "no", attached if sight is not None else "", free, ready_word(one))
    return (*cells, uuid) if wide else cells


def _network(one: Standing, world: World, wide: bool) -> Cells:  # noqa: FBT001 - the same
    spec = one.desired.spec
    assert isinstance(spec, NetworkSpec)  # noqa: S101 - the same
    sight = world.sights.get(spec.pool)
    uuid = backend_uuid(one.desired, world, sight) or "" if sight is not None else ""
    copies = sight.networks.get(uuid, ()) if sight is not None else ()
    active = f"{sum(copy.active for copy in copies)}/{len(world.declared.hosts.get(spec.pool, ()))}"
    cells = (spec.subnet, active if sight is not None else "", ready_word(one))
    return (*cells, uuid) if wide else cells


def _memory_policy(one: Standing, world: World, wide: bool) -> Cells:  # noqa: FBT001 - the same
    del world
    status, spec = one.status, one.desired.spec
    assert isinstance(spec, MemoryPolicySpec)  # noqa: S101 - the same
    balance = status.balance if status is not None else ()
    guests = str(sum(host.guests for host in balance)) if balance else ""
    least = min((host.satisfaction for host in balance if host.satisfaction is not None), default=None)
    satisfied = f"{least} %" if least is not None else ""
    cells = (spec.pool, spec.mode.value, spec.algorithm.value, guests, satisfied, ready_word(one))
    return (*cells, ",".join(f"{label.key}={label.value}" for label in spec.labels)) if wide else cells


def _placement_policy(one: Standing, world: World, wide: bool) -> Cells:  # noqa: FBT001 - the same
    del world
    spec = one.desired.spec
    assert isinstance(spec, PlacementPolicySpec)  # noqa: S101 - the same
    cells = (spec.pool, spec.strategy.value, str(spec.failures), str(len(spec.rules)), ready_word(one))
    if not wide:
        return cells
    ratio = f"{spec.cpu_ratio:g}" if spec.cpu_ratio is not None else ""
    return (*cells, ratio, spec.domain_label or "", ",".join(rule.name for rule in spec.rules))


def _rebalance(one: Standing, world: World, wide: bool) -> Cells:  # noqa: FBT001 - the same
    del world
    status, spec = one.status, one.desired.spec
    assert isinstance(spec, RebalanceSpec)  # noqa: S101 - the same
    moves = str(len(status.moves)) if status is not None else ""
    cells = (spec.pool, spec.mode.value, moves, ready_word(one))
    if not wide:
        return cells
    most = f"{spec.max_moves} in {format_duration(int(spec.window_s))}"
    return (*cells, "constraints" if spec.constraints_only else "load", f"{spec.threshold_percent} %", most)


def _host(one: Standing, world: World, wide: bool) -> Cells:  # noqa: FBT001 - the same
    spec = one.desired.spec
    assert isinstance(spec, HostSpec)  # noqa: S101 - the same
    sight = world.sights.get(spec.pool)
    view = sight.hosts.get(one.ref.name) if sight is not None else None
    total = spec.memory_kib or (view.memory if view is not None else 0)
    used = sum(copy.memory_actual or copy.stored.memory_target for copy in view.vms if is_active(copy)) if view else 0
    cpus = spec.cpus or (view.cpus if view is not None else 0)
    cells = (
        spec.pool,
        host_state(one, world),
        str(cpus) if cpus else "",
        format_kib(total) if total else "",
        format_kib(used) if view is not None and isinstance(view.freshness, Fresh) else "",
        str(sum(1 for copy in view.vms if is_active(copy))) if view is not None else "",
    )
    if not wide:
        return cells
    return (*cells, f"{view.hypervisor} {view.version}".strip() if view is not None else "", spec.uri or "")


def host_state(one: Standing, world: World) -> str:
    """Whether a host answers, is fenced, is left by its machines, or takes no new ones."""
    spec = one.desired.spec
    assert isinstance(spec, HostSpec)  # noqa: S101 - the same
    sight = world.sights.get(spec.pool)
    if world.fenced(one.ref.name):
        return "fenced"
    if sight is None:
        return _UNSEEN
    answers = sight.answers(one.ref.name)
    state = "answers" if answers else "unreachable"
    if world.leaves(one.ref.name):
        return f"{state},{'maintenance' if spec.maintenance else 'evacuating'}"
    return f"{state},unschedulable" if answers and not spec.schedulable else state


def _pool(one: Standing, world: World, wide: bool) -> Cells:  # noqa: FBT001 - the same
    spec = one.desired.spec
    assert isinstance(spec, PoolSpec)  # noqa: S101 - the same
    hosts = world.declared.hosts.get(one.ref.name, ())
    sight = world.sights.get(one.ref.name)
    answering = f"{sum(sight.answers(host) for host in hosts)}/{len(hosts)}" if sight is not None else ""
    cells = (spec.driver, answering or f"?/{len(hosts)}", ready_word(one))
    return (*cells, spec.endpoint or "") if wide else cells


def _head(narrow: Cells, more: Cells) -> Callable[[bool], Cells]:
    return lambda wide: (*narrow, *more) if wide else narrow


_TABLES: Final[Mapping[Kind, tuple[Callable[[bool], Cells], Callable[[Standing, World, bool], Cells]]]] = {
    Kind.POOL: (_head(("DRIVER", "HOSTS", "READY"), ("ENDPOINT",)), _pool),
    Kind.HOST: (_head(("POOL", "STATE", "CPU", "MEMORY", "USED", "RUNNING"), ("HYPERVISOR", "URI")), _host),
    Kind.STORAGE_REPOSITORY: (_head(("PATH", "SHARED", "HOSTS", "FREE", "READY"), ("UUID",)), _storage),
    Kind.NETWORK: (_head(("SUBNET", "HOSTS", "READY"), ("UUID",)), _network),
    Kind.VOLUME: (_head(("FILE", "SIZE", "FORMAT", "STORAGE", "HOST", "READY"), ("BACKING",)), _volume),
    Kind.MEMORY_POLICY: (
        _head(("POOL", "MODE", "ALGORITHM", "GUESTS", "SATISFIED", "READY"), ("SELECTOR",)),
        _memory_policy,
    ),
    Kind.PLACEMENT_POLICY: (
        _head(("POOL", "STRATEGY", "FAILURES", "RULES", "READY"), ("OVERCOMMIT", "TOPOLOGY", "NAMES")),
        _placement_policy,
    ),
    Kind.REBALANCE: (
        _head(("POOL", "MODE", "MOVES", "READY"), ("FOR", "THRESHOLD", "WINDOW")),
        _rebalance,
    ),
    Kind.VIRTUAL_MACHINE: (
        _head(("HOST", "STATE", "READY", "MEMORY", "CPU"), ("PENDING", "ADDRESSES", "UUID")),
        _machine,
    ),
}
