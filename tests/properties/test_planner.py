"""Laws of the planner over worlds that nobody thought of."""

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from tests.unit.plan.builders import IDS, MIB, NOW, WorldBuilder, config, seen_vm, seen_volume, vm_ref, vm_spec
from xcp_reconciler.api.enums import DeletionPolicy, ForceStop, RunStrategy
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Act, Gone, Steady
from xcp_reconciler.model.desired import Policies, Removal, ShutdownSpec, VmSpec
from xcp_reconciler.model.history import Asked, History, Intent
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import Balloon, HaltReason, Observed, ObservedVm, PowerState
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.effects import completed
from xcp_reconciler.plan.overlay import copies_of, put_copies
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.plan.world import World

HOSTS = ("a", "b", "c")
WEB = vm_ref()
sizes = st.integers(1, 8).map(lambda count: count * 64 * MIB)


@st.composite
def specs(draw: st.DrawFn) -> VmSpec:
    """Any valid machine of the pool."""
    size = draw(sizes)
    most = draw(st.integers(1, size // MIB)) * MIB
    cores = draw(st.integers(1, 4))
    return vm_spec(
        volume=draw(st.sampled_from([None, "root"])),
        cores=cores,
        max_cores=draw(st.integers(cores, 8)),
        memory_size=size,
        memory_min=draw(st.integers(1, most // MIB)) * MIB,
        memory_max=most,
        serial=draw(st.sampled_from([None, "/log"])),
        run_strategy=draw(st.sampled_from(list(RunStrategy))),
        restarted_at=draw(st.sampled_from([None, "2030-01-01T00:00:00Z"])),
        shutdown=ShutdownSpec(10.0, draw(st.sampled_from(list(ForceStop)))),
        host=draw(st.sampled_from([None, *HOSTS])),
        description=draw(st.sampled_from(["", "text"])),
    )


@st.composite
def copies(draw: st.DrawFn) -> ObservedVm:
    """Any copy of the machine, as declared or not."""
    spec = draw(specs())
    power = draw(st.sampled_from(list(PowerState)))
    stored = config(spec)
    live = config(draw(specs())) if power in {PowerState.RUNNING, PowerState.PAUSED} else None
    return replace(
        seen_vm(host=draw(st.sampled_from(HOSTS)), spec=spec, running=live is not None),
        power=power,
        stored=stored,
        live=live,
        memory_actual=draw(sizes) if live is not None else None,
        balloon=draw(st.sampled_from(list(Balloon))),
        halt_reason=draw(st.sampled_from(list(HaltReason))),
        stamp=draw(st.sampled_from([None, seen_vm().stamp])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> WorldBuilder:
    """A pool with the machine, its volume, and whatever happened to them."""
    spec = draw(specs())
    policies = Policies(
        deletion=draw(st.sampled_from(list(DeletionPolicy))), max_impact=draw(st.sampled_from(list(Impact)))
    )
    removal = draw(st.sampled_from([None, None, None, Removal.DELETE, Removal.ORPHAN]))
    world = WorldBuilder(*HOSTS).storage().volume("root")
    world.vm(spec, home=draw(st.sampled_from([None, *HOSTS])), policies=policies, removal=removal)
    seen = {copy.host: copy for copy in draw(st.lists(copies(), max_size=2))}
    world.shows(*seen.values())
    if draw(st.booleans()):
        world.shows(seen_volume("root"))
    for host in draw(st.lists(st.sampled_from(HOSTS), max_size=1)):
        world.dead(host)
    world.sightings[WEB] = tuple(draw(st.lists(st.sampled_from(HOSTS), max_size=1)))
    intent = Intent("StartVm", (draw(st.sampled_from(HOSTS)),), NOW - 1, NOW + draw(st.integers(-5, 5)))
    world.histories[WEB] = History(
        intents=(intent,) if draw(st.booleans()) else (),
        asked=draw(st.sampled_from([None, Asked(64 * MIB, NOW - 5, 1)])),
        shutdown_at=draw(st.sampled_from([None, NOW - 5, NOW - 50])),
        synced=draw(st.sampled_from([None, 1])),
    )
    return world


def _could_be_on_a_silent_host(world: World) -> bool:
    """Said anew, so that the planner is not its own judge."""
    sight = world.sights["lab"]
    remembered = {*world.sightings.get(WEB, ()), *(host for one in world.history(WEB).intents for host in one.hosts)}
    home = world.assignments.get(WEB)
    if isinstance(home, Assigned):
        remembered.add(home.host)
    running = {PowerState.RUNNING, PowerState.PAUSED}
    seen = [vm for vm in sight.vms.get(IDS.uuid(WEB), ()) if vm.power in running]
    return not seen and any(not sight.answers(host) for host in remembered)


@given(worlds())
def test_from_unknown_nothing_is_created_started_or_deleted(built: WorldBuilder) -> None:
    """Whatever is remembered and declared, a silent host that could hold the machine stops everything."""
    world = built.build()
    decision = decide(WEB, world)
    if _could_be_on_a_silent_host(world):
        event("unknown")
        assert not isinstance(decision, Act)
    elif isinstance(decision, Act):
        event("act")


@given(worlds())
def test_a_start_is_decided_only_where_no_copy_runs(built: WorldBuilder) -> None:
    """Nothing is ever started beside a running or paused copy."""
    world = built.build()
    decision = decide(WEB, world)
    if isinstance(decision, Act) and any(isinstance(step.op, ops.StartVm) for step in decision.steps):
        running = {PowerState.RUNNING, PowerState.PAUSED}
        assert not [vm for vm in world.sights["lab"].vms.get(IDS.uuid(WEB), ()) if vm.power in running]


@given(worlds())
def test_volumes_are_only_ever_deleted_on_request(built: WorldBuilder) -> None:
    """No declared volume loses its file, whatever becomes of its machine."""
    plan = make_plan(built.build())
    assert not [op for entry in plan.entries for op in entry.ops if isinstance(op, ops.DeleteVolume)]


@given(worlds())
def test_a_plan_played_through_leaves_nothing_to_do(built: WorldBuilder) -> None:
    """Plans end, and after one is played through the next is empty."""
    world = built.build()
    plan = make_plan(world)
    assert plan.loop == ()
    sight = world.sights["lab"].fork()
    for entry in plan.entries:
        for op in entry.ops:
            seen: tuple[Observed, ...] = completed(op, copies_of(op, sight))
            put_copies(op, sight, seen)
        if entry.host is not None:
            built.assignments[entry.ref] = Assigned(entry.host)
    gone = {entry.ref for entry in plan.entries if isinstance(entry.end, Gone)}
    again = replace(
        built.build(),
        sights={"lab": sight},
        histories={
            WEB: replace(built.histories[WEB], shutdown_at=None, restarted_at="2030-01-01T00:00:00Z", ran="uid")
        },
    )
    ended = {entry.ref: entry.end for entry in plan.entries}
    if WEB not in gone and isinstance(ended.get(WEB, Steady()), Steady):
        decision = decide(WEB, again)
        assert not isinstance(decision, Act), decision
