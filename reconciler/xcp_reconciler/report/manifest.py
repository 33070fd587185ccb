"""Declared objects as the manifests that would declare them: what the loader reads back to the same object."""

from typing import Any, Final, assert_never

from xcp_reconciler.api.enums import (
    DeletionPolicy,
    DiskBus,
    DiskMode,
    ForceStop,
    InterfaceModel,
    NetworkType,
    RunStrategy,
    StorageType,
)
from xcp_reconciler.model.desired import (
    Desired,
    DiskSpec,
    HostSpec,
    InterfaceSpec,
    MemoryPolicySpec,
    NetworkSpec,
    PlacementPolicySpec,
    Policies,
    PoolSpec,
    RebalanceSpec,
    ShutdownSpec,
    Spec,
    StorageSpec,
    VmSpec,
    VolumeSpec,
)
from xcp_reconciler.refs import CLUSTER_KINDS, DEFAULT_NAMESPACE, Kind, Ref
from xcp_reconciler.report.memory_manifest import memory_policy
from xcp_reconciler.report.placement_manifest import maintenance, placement, placement_policy, rebalance, taints
from xcp_reconciler.units import format_bytes, format_duration, format_kib

API_VERSION: Final = "xcp.dev/v1alpha1"

Data = dict[str, Any]
_DEFAULT_POLICIES: Final = Policies()
_DEFAULT_SHUTDOWN: Final = ShutdownSpec()


def manifest(desired: Desired) -> Data:
    """The manifest of an object; what has its default is left out, but for what people look for first."""
    return {
        "apiVersion": API_VERSION,
        "kind": desired.ref.kind.value,
        "metadata": _metadata(desired),
        "spec": spec_of(desired),
    }


def spec_of(desired: Desired) -> Data:
    """The part below `spec`."""
    return {**_spec(desired.spec), **_policies(desired.ref.kind, desired.policies)}


def _metadata(desired: Desired) -> Data:
    ref = desired.ref
    data: Data = {"name": ref.name}
    if ref.kind not in CLUSTER_KINDS and ref.namespace != DEFAULT_NAMESPACE:
        data["namespace"] = ref.namespace
    if desired.labels:
        data["labels"] = dict(desired.labels)
    return data


def _name(name: str) -> Data:
    return {"name": name}


def _spec(spec: Spec) -> Data:
    match spec:
        case PoolSpec():
            return _given(driver=spec.driver, endpoint=spec.endpoint, description=spec.description or None)
        case HostSpec():
            return _host(spec)
        case StorageSpec():
            shared = {"shared": True} if spec.shared else {}
            return {"poolRef": _name(spec.pool), "type": StorageType.DIR.value, "path": spec.path, **shared}
        case NetworkSpec():
            return {"poolRef": _name(spec.pool), "type": NetworkType.NAT.value, "subnet": spec.subnet}
        case VolumeSpec():
            return _volume(spec)
        case MemoryPolicySpec():
            return memory_policy(spec)
        case PlacementPolicySpec():
            return placement_policy(spec)
        case RebalanceSpec():
            return rebalance(spec)
        case VmSpec():
            return _machine(spec)
        case _:
            assert_never(spec)


def _host(spec: HostSpec) -> Data:
    capacity = _given(cpu=spec.cpus, memory=format_kib(spec.memory_kib) if spec.memory_kib is not None else None)
    return _given(
        poolRef=_name(spec.pool),
        uri=spec.uri,
        migrationURI=spec.migration_uri,
        capacity=capacity or None,
        reserve={"memory": format_kib(spec.reserve_kib)} if spec.reserve_kib else None,
        schedulable=None if spec.schedulable else False,
        taints=taints(spec),
        maintenance=maintenance(spec),
    )


def _volume(spec: VolumeSpec) -> Data:
    source = spec.source
    return _given(
        storageRef=_name(spec.storage.name),
        size=format_bytes(spec.size_bytes) if spec.size_bytes is not None else None,
        format=spec.format.value,
        source={"file": source.path, "sha256": source.sha256} if source is not None else None,
        backing={"volumeRef": _name(spec.backing.name)} if spec.backing is not None else None,
    )


def _machine(spec: VmSpec) -> Data:
    boot = spec.boot
    return _given(
        poolRef=_name(spec.pool),
        runStrategy=spec.run_strategy.value if spec.run_strategy is not RunStrategy.ALWAYS else None,
        restartedAt=spec.restarted_at,
        cpu=_given(cores=spec.cores, maxCores=spec.max_cores if spec.max_cores != spec.cores else None),
        memory=_memory(spec),
        disks=[_disk(disk) for disk in spec.disks] or None,
        interfaces=[_interface(card) for card in spec.interfaces] or None,
        boot=_given(kernel=boot.kernel, initrd=boot.initrd, cmdline=boot.cmdline or None) if boot is not None else None,
        serial={"file": spec.serial} if spec.serial is not None else None,
        shutdown=_shutdown(spec.shutdown) or None,
        placement=placement(spec),
        description=spec.description or None,
    )


def _memory(spec: VmSpec) -> Data:
    return _given(
        size=format_kib(spec.memory_size),
        min=format_kib(spec.memory_min) if spec.memory_min != spec.memory_max else None,
        max=format_kib(spec.memory_max) if spec.memory_max != spec.memory_size else None,
        policyRef=_name(spec.memory_policy.name) if spec.memory_policy is not None else None,
    )


def _disk(disk: DiskSpec) -> Data:
    return _given(
        name=disk.name,
        volumeRef=_name(disk.volume.name),
        bus=disk.bus.value if disk.bus is not DiskBus.VIRTIO else None,
        mode=disk.mode.value if disk.mode is not DiskMode.RW else None,
        bootable=True if disk.bootable else None,
    )


def _interface(card: InterfaceSpec) -> Data:
    return _given(
        name=card.name,
        networkRef=_name(card.network.name),
        mac=card.mac,
        model=card.model.value if card.model is not InterfaceModel.VIRTIO else None,
    )


def _shutdown(shutdown: ShutdownSpec) -> Data:
    same = shutdown.timeout_s == _DEFAULT_SHUTDOWN.timeout_s
    return _given(
        timeout=None if same else format_duration(int(shutdown.timeout_s)),
        force=shutdown.force.value if shutdown.force is not ForceStop.NEVER else None,
    )


def _policies(kind: Kind, policies: Policies) -> Data:
    usual = DeletionPolicy.DELETE if kind is Kind.VIRTUAL_MACHINE else DeletionPolicy.RETAIN
    default = _DEFAULT_POLICIES
    update = _given(
        maxImpact=policies.max_impact.word if policies.max_impact is not default.max_impact else None,
        approval=policies.approval.value if policies.approval is not default.approval else None,
    )
    adopt = policies.adopt
    return _given(
        management=policies.management.value if policies.management is not default.management else None,
        deletionPolicy=policies.deletion.value if policies.deletion is not usual else None,
        deletionProtection=True if policies.protected else None,
        adopt=_given(uuid=adopt.uuid, name=adopt.name) if adopt is not None else None,
        driftPolicy=policies.drift.value if policies.drift is not default.drift else None,
        driftRules=[{"path": rule.path, "policy": rule.policy.value} for rule in policies.drift_rules] or None,
        updatePolicy=update or None,
    )


def _given(**fields: object) -> Data:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value is not None}


def manifest_name(ref: Ref) -> str:
    """How an object is called in the heading of a diff: kind, namespace where there is one, name."""
    return str(ref)
