"""Worlds whose plans are kept as golden files, rendered from the tables and calls of real drivers."""

from dataclasses import replace

from tests.unit.plan.builders import MIB, WorldBuilder, config, seen_vm, seen_volume, vm_ref, vm_spec
from xcp_drivers.sim import driver as sim
from xcp_drivers.xapi.calls import calls as xapi_calls
from xcp_drivers.xapi.impacts import TABLE as XAPI
from xcp_reconciler.api.enums import DeletionPolicy, RunStrategy
from xcp_reconciler.model.desired import HostSpec, Policies, Removal
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.plan.sight import Dialect
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, ref_of
from xcp_reconciler.report.plan_view import PlanView, PoolAnswer

SIM = Dialect("sim", sim.impacts, sim.calls)
XAPI_DIALECT = Dialect("xapi", lambda _hypervisor: XAPI, xapi_calls)


def everything() -> World:
    """A pool in which a bit of everything is to be done."""
    small = vm_spec(memory_size=512 * MIB, memory_min=256 * MIB, memory_max=512 * MIB)
    less = replace(small, memory_max=384 * MIB)
    world = WorldBuilder("host-a", "host-b").storage()
    for host in ("host-a", "host-b"):
        world.declare(ref_of(Kind.HOST, host), HostSpec("lab", memory_kib=3072 * MIB))
    world.vm(less, name="web-1", home="host-a").shows(seen_vm("web-1", host="host-a", spec=small))
    world.vm(replace(small, max_cores=4), name="web-2", home="host-a").shows(
        seen_vm("web-2", host="host-a", spec=small)
    )
    world.vm(replace(small, host="host-b"), name="web-3", home="host-a").shows(
        seen_vm("web-3", host="host-a", spec=small)
    )
    world.volume("web-4-root").vm(replace(small, disks=vm_spec(volume="web-4-root").disks), name="web-4", home=None)
    world.vm(small, name="web-5", home="host-b").shows(seen_vm("web-5", host="host-b", spec=small, running=False))
    held = Policies(max_impact=Impact.LIVE)
    world.vm(replace(small, host="host-b"), name="db-1", home="host-a", policies=held).shows(
        seen_vm("db-1", host="host-a", spec=small)
    )
    waiting = config(replace(small, max_cores=2))
    world.vm(replace(small, max_cores=2), name="db-2", home="host-b").shows(
        seen_vm("db-2", host="host-b", spec=small, stored=waiting)
    )
    world.vm(replace(small, memory_max=4096 * MIB, memory_size=4096 * MIB), name="huge", home=None)
    world.shows(seen_vm("stranger", host="host-a", spec=small, uuid="11111111-2222-3333-4444-555555555555", stamp=None))
    return world.build()


def leaving() -> World:
    """Machines and a volume on their way out, and one that is only forgotten."""
    gone = Policies(deletion=DeletionPolicy.DELETE)
    world = WorldBuilder("host-a").storage()
    world.volume("data", policies=gone, removal=Removal.DELETE).shows(seen_volume("data", host="host-a"))
    world.volume("kept", removal=Removal.DELETE).shows(seen_volume("kept", host="host-a"))
    world.vm(name="old", home="host-a", policies=gone, removal=Removal.DELETE).shows(seen_vm("old", host="host-a"))
    world.vm(vm_spec(run_strategy=RunStrategy.HALTED), name="night", home="host-a").shows(
        seen_vm("night", host="host-a")
    )
    return world.build()


def half_dark() -> World:
    """A host that does not answer: what could be on it waits."""
    world = WorldBuilder("host-a", "host-b").dead("host-b")
    world.vm(name="web", home="host-b").vm(name="other", home="host-a").shows(seen_vm("other", host="host-a"))
    world.sightings[vm_ref("web")] = ("host-b",)
    return world.build()


def in_dialect(world: World, dialect: Dialect) -> World:
    """The same world, spoken to by another driver."""
    return replace(world, sights={name: replace(sight, dialect=dialect) for name, sight in world.sights.items()})


def view_of(world: World, command: str = "xcp apply -f examples/quickstart") -> PlanView:
    """What is shown of the plan of a world."""
    sight = world.sights["lab"]
    hosts = world.declared.hosts["lab"]
    silent = tuple((host, "no route to host") for host in hosts if not sight.answers(host))
    pool = PoolAnswer("lab", sight.dialect.driver, len(hosts), silent)
    strangers = {"host-a": 1} if any(vm.stamp is None for vms in sight.vms.values() for vm in vms) else {}
    return PlanView(make_plan(world), world.identities.owner, world.declared.desired, (pool,), strangers, command)
