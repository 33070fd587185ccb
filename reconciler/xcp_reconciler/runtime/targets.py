"""How pools are reached, as the declarations say. Pure."""

from collections.abc import Mapping

from xcp_reconciler.model.desired import HostSpec, PoolSpec
from xcp_reconciler.plan.world import Declarations
from xcp_reconciler.ports.driver import HostTarget, PoolTarget
from xcp_reconciler.refs import Kind, host_ref


def targets_of(
    declared: Declarations, owner: str, folder: str, credentials: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[str, PoolTarget]]:
    """For each declared pool, its driver's name and what that needs to open it."""
    return {
        ref.name: (desired.spec.driver, _target(ref.name, desired.spec, declared, owner, folder, credentials))
        for ref, desired in declared.desired.items()
        if ref.kind is Kind.POOL and isinstance(desired.spec, PoolSpec)
    }


def _target(
    name: str,
    spec: PoolSpec,
    declared: Declarations,
    owner: str,
    folder: str,
    credentials: Mapping[str, Mapping[str, str]],
) -> PoolTarget:
    hosts = tuple(_host(host, declared) for host in declared.hosts.get(name, ()))
    return PoolTarget(name, owner, spec.endpoint, folder, hosts, credentials.get(name, {}))


def _host(name: str, declared: Declarations) -> HostTarget:
    spec = declared.desired[host_ref(name)].spec
    if not isinstance(spec, HostSpec):
        return HostTarget(name)
    return HostTarget(name, spec.uri, spec.migration_uri, spec.cpus, spec.memory_kib)
