"""Pools with hosts in maintenance, and what is decided about their machines."""

from dataclasses import replace

from tests.unit.plan.builders import WorldBuilder, seen_vm
from xcp_reconciler.model.desired import HostSpec, VmSpec
from xcp_reconciler.model.placement import Assignment
from xcp_reconciler.plan.placement import place
from xcp_reconciler.refs import host_ref


def leaving(world: WorldBuilder, *hosts: str, batch: int = 2) -> WorldBuilder:
    """Declare a maintenance of these hosts."""
    for host in hosts:
        spec = world.desired[host_ref(host)].spec
        assert isinstance(spec, HostSpec)
        world.declare(host_ref(host), replace(spec, maintenance=True, batch=batch))
    return world


def with_machines(world: WorldBuilder, *names: str, host: str = "a", spec: VmSpec | None = None) -> WorldBuilder:
    """Machines that run on a host, where they may be."""
    for name in names:
        world.vm(spec, name=name, home=host).shows(seen_vm(name, host=host, spec=spec))
    return world


def placed(world: WorldBuilder) -> dict[str, Assignment]:
    """The assignments that change now, by the names of the machines."""
    return {ref.name: one for ref, one in place("lab", world.build()).items()}
