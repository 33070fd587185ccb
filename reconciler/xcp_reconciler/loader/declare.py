"""From a valid document to what the core thinks in: defaults filled in, names made refs, equal parts shared."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from xcp_reconciler.api.enums import DeletionPolicy, TolerationOperator
from xcp_reconciler.api.host import HostSpec as HostDocument
from xcp_reconciler.api.host import Maintenance
from xcp_reconciler.api.memory_policy import MemoryPolicySpec as MemoryPolicyDocument
from xcp_reconciler.api.network import NetworkSpec as NetworkDocument
from xcp_reconciler.api.placement_policy import PlacementPolicySpec as PlacementPolicyDocument
from xcp_reconciler.api.placement_policy import Rule
from xcp_reconciler.api.pool import PoolSpec as PoolDocument
from xcp_reconciler.api.rebalance import RebalanceSpec as RebalanceDocument
from xcp_reconciler.api.storage_repository import StorageRepositorySpec as StorageDocument
from xcp_reconciler.api.virtual_machine import Disk, Interface
from xcp_reconciler.api.virtual_machine import Shutdown as ShutdownPart
from xcp_reconciler.api.virtual_machine import Toleration as TolerationPart
from xcp_reconciler.api.virtual_machine import VirtualMachineSpec as VmDocument
from xcp_reconciler.api.volume import VolumeSpec as VolumeDocument
from xcp_reconciler.api.wire import PolicySpec, UpdatePolicy
from xcp_reconciler.loader.documents import Document
from xcp_reconciler.model.desired import (
    Adopt,
    BootSpec,
    Desired,
    DiskSpec,
    DriftRule,
    HostSpec,
    ImageSource,
    InterfaceSpec,
    Label,
    MemoryPolicySpec,
    MemoryWeight,
    NetworkSpec,
    PlacementPolicySpec,
    PlacementRule,
    Policies,
    PoolSpec,
    RebalanceSpec,
    Scope,
    ShutdownSpec,
    Spec,
    StorageSpec,
    Taint,
    Toleration,
    VmSpec,
    VolumeSpec,
)
from xcp_reconciler.model.impact import IMPACT_BY_WORD
from xcp_reconciler.refs import CLUSTER_KINDS, DEFAULT_NAMESPACE, Kind, Ref, ref_of

_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})
_NO_MAINTENANCE: Final = Maintenance.model_validate({"desired": False})


def declare(document: Document, owner: str) -> Desired:
    """The object that a document declares, with every default of the model filled in."""
    model = document.model
    metadata, kind = model.metadata, document.kind
    namespace = DEFAULT_NAMESPACE if kind in CLUSTER_KINDS else metadata.namespace
    return Desired(
        Ref(kind, namespace, metadata.name),
        _SPECS[kind](model.spec, namespace),
        _policies_of(model.spec),
        owner,
        metadata.labels or _NO_LABELS,
        document.origin,
    )


def declare_all(documents: Iterable[Document], owner: str) -> dict[Ref, Desired]:
    """All objects of a run by name; the loader has refused names that are declared twice."""
    return {one.ref: one for one in (declare(document, owner) for document in documents)}


# --- policies: thousands of objects have the same few


def _policies_of(spec: PolicySpec) -> Policies:
    if spec.adopt is not None or spec.drift_rules:
        return _policies(spec)
    return _plain_policies(
        spec.management, spec.deletion_policy, spec.deletion_protection, spec.drift_policy, spec.update_policy
    )


@lru_cache(maxsize=512)
def _plain_policies(
    management: Any,  # noqa: ANN401 - the arguments are only handed on
    deletion_policy: DeletionPolicy,
    protected: bool,  # noqa: FBT001 - the same
    drift: Any,  # noqa: ANN401 - the same
    update: UpdatePolicy,
) -> Policies:
    return Policies(
        management=management,
        deletion=deletion_policy,
        protected=protected,
        drift=drift,
        max_impact=IMPACT_BY_WORD[update.max_impact],
        approval=update.approval,
    )


def _policies(spec: PolicySpec) -> Policies:
    return Policies(
        management=spec.management,
        deletion=spec.deletion_policy,
        protected=spec.deletion_protection,
        adopt=Adopt(spec.adopt.uuid, spec.adopt.name) if spec.adopt is not None else None,
        drift=spec.drift_policy,
        drift_rules=tuple(DriftRule(rule.path, rule.policy) for rule in spec.drift_rules),
        max_impact=IMPACT_BY_WORD[spec.update_policy.max_impact],
        approval=spec.update_policy.approval,
    )


# --- one function for each kind


def _pool(spec: PoolDocument, _namespace: str) -> PoolSpec:
    return PoolSpec(spec.driver.value, spec.endpoint, spec.description)


def _host(spec: HostDocument, _namespace: str) -> HostSpec:
    maintenance = spec.maintenance if spec.maintenance is not None else _NO_MAINTENANCE
    return HostSpec(
        spec.pool_ref.name,
        spec.uri,
        spec.migration_uri,
        spec.capacity.cpu,
        spec.capacity.memory,
        spec.reserve.memory,
        spec.schedulable,
        maintenance.desired,
        maintenance.batch_size,
        tuple(Taint(taint.key, taint.value, taint.effect) for taint in spec.taints),
    )


def _storage(spec: StorageDocument, _namespace: str) -> StorageSpec:
    return StorageSpec(spec.pool_ref.name, spec.path, spec.shared)


def _network(spec: NetworkDocument, _namespace: str) -> NetworkSpec:
    return NetworkSpec(spec.pool_ref.name, spec.subnet)


def _volume(spec: VolumeDocument, namespace: str) -> VolumeSpec:
    return VolumeSpec(
        ref_of(Kind.STORAGE_REPOSITORY, spec.storage_ref.name),
        spec.format,
        spec.size,
        ImageSource(spec.source.file, spec.source.sha256) if spec.source is not None else None,
        Ref(Kind.VOLUME, namespace, spec.backing.volume_ref.name) if spec.backing is not None else None,
    )


def _machine(spec: VmDocument, namespace: str) -> VmSpec:
    cpu, memory, boot, placement = spec.cpu, spec.memory, spec.boot, spec.placement
    return VmSpec(
        spec.pool_ref.name,
        cpu.cores,
        cpu.most,
        memory.size,
        memory.lowest,
        memory.highest,
        tuple([_disk(disk, namespace) for disk in spec.disks]) if spec.disks else (),
        tuple([_interface(interface, namespace) for interface in spec.interfaces]) if spec.interfaces else (),
        _boot(boot.kernel, boot.initrd, boot.cmdline) if boot is not None else None,
        spec.serial.file if spec.serial is not None else None,
        spec.run_strategy,
        spec.restarted_at,
        _shutdown(spec.shutdown),
        placement.host,
        spec.description,
        ref_of(Kind.MEMORY_POLICY, memory.policy_ref.name) if memory.policy_ref is not None else None,
        tuple([_toleration(part) for part in placement.tolerations]) if placement.tolerations else (),
        _labels(placement.node_selector) if placement.node_selector else (),
    )


def _memory_policy(spec: MemoryPolicyDocument, _namespace: str) -> MemoryPolicySpec:
    return MemoryPolicySpec(
        spec.pool_ref.name,
        _labels(spec.selector.match_labels),
        spec.mode,
        spec.algorithm,
        spec.host_reserve,
        spec.floor,
        tuple(MemoryWeight(_labels(one.match_labels), one.weight) for one in spec.weights),
        spec.hysteresis.low,
        spec.hysteresis.high,
        float(spec.hysteresis.hold),
        spec.step.max_percent,
        spec.step.min_delta,
        float(spec.uncooperative_after),
        float(spec.retry_after),
        spec.migration_guard,
        float(spec.overcommit_ratio),
    )


def _placement_policy(spec: PlacementPolicyDocument, _namespace: str) -> PlacementPolicySpec:
    return PlacementPolicySpec(
        spec.pool_ref.name,
        spec.strategy,
        float(spec.overcommit.cpu) if spec.overcommit.cpu is not None else None,
        spec.reserve_failures,
        spec.topology_key,
        tuple(_rule(rule) for rule in spec.rules),
    )


def _rule(rule: Rule) -> PlacementRule:
    weight = 1 if rule.weight is None else rule.weight
    return PlacementRule(
        rule.name,
        _labels(rule.match_labels),
        rule.keep,
        Scope.HOST if rule.scope is None else rule.scope,
        1 if rule.limit is None else rule.limit,
        None if rule.required else weight / 100,
    )


def _rebalance(spec: RebalanceDocument, _namespace: str) -> RebalanceSpec:
    return RebalanceSpec(
        spec.pool_ref.name,
        spec.mode,
        spec.threshold,
        spec.hold_rounds,
        spec.margin,
        float(spec.cooldown),
        spec.max_moves_per_window,
        float(spec.window),
        spec.max_concurrent,
        spec.constraints_only,
    )


def _labels(labels: Mapping[str, str]) -> tuple[Label, ...]:
    return tuple(sorted(Label(key, value) for key, value in labels.items()))


def _disk(disk: Disk, namespace: str) -> DiskSpec:
    return DiskSpec(disk.name, Ref(Kind.VOLUME, namespace, disk.volume_ref.name), disk.bus, disk.mode, disk.bootable)


def _interface(interface: Interface, namespace: str) -> InterfaceSpec:
    return InterfaceSpec(
        interface.name,
        Ref(Kind.NETWORK, namespace, interface.network_ref.name),
        interface.mac,
        interface.model,
    )


@lru_cache(maxsize=512)
def _toleration(part: TolerationPart) -> Toleration:
    value = None if part.operator is TolerationOperator.EXISTS else part.value
    return Toleration(part.key, value, part.effect)


@lru_cache(maxsize=512)
def _shutdown(part: ShutdownPart) -> ShutdownSpec:
    return ShutdownSpec(float(part.timeout), part.force)


@lru_cache(maxsize=512)
def _boot(kernel: str, initrd: str | None, cmdline: str) -> BootSpec:
    return BootSpec(kernel, initrd, cmdline)


_SPECS: Final[Mapping[Kind, Callable[[Any, str], Spec]]] = {
    Kind.POOL: _pool,
    Kind.HOST: _host,
    Kind.STORAGE_REPOSITORY: _storage,
    Kind.NETWORK: _network,
    Kind.VOLUME: _volume,
    Kind.MEMORY_POLICY: _memory_policy,
    Kind.PLACEMENT_POLICY: _placement_policy,
    Kind.REBALANCE: _rebalance,
    Kind.VIRTUAL_MACHINE: _machine,
}
