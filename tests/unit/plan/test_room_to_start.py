"""A machine comes to a host only once its memory is seen to be free there, whatever placement thought of it."""

from tests.unit.plan.builders import MIB, NOW, WorldBuilder, config, seen_vm, vm_ref, vm_spec
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Act, Blocked, BlockReason, Wait, WaitReason
from xcp_reconciler.model.desired import HostSpec
from xcp_reconciler.model.history import Asked, History
from xcp_reconciler.model.observed import ObservedVm, PowerState
from xcp_reconciler.model.placement import Assigned, Assignment, Unplaced
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.placement import place
from xcp_reconciler.refs import Kind, ref_of

WEB, OTHER = vm_ref(), vm_ref("other")
# A host of the builder has 1 GiB, a machine 256 MiB.
GIB = 1024 * MIB


def _stranger(memory: int, host: str = "a") -> ObservedVm:
    made = config(vm_spec(), memory_size=memory, memory_target=memory)
    return ObservedVm(host, "0" * 32, "theirs", PowerState.RUNNING, made, made, memory)


def _placed(world: WorldBuilder) -> Assignment | None:
    built = world.build()
    return place("lab", built).get(WEB, built.assignments.get(WEB))


def test_a_start_wants_its_memory_to_be_seen_free() -> None:
    """A kibibyte too little is too little; with it, the machine starts."""
    halted = seen_vm(running=False)
    fits = WorldBuilder().vm().shows(halted, _stranger(768 * MIB)).build()
    decision = decide(WEB, fits)
    assert isinstance(decision, Act)
    assert isinstance(decision.steps[0].op, ops.StartVm)
    full = WorldBuilder().vm().shows(halted, _stranger(768 * MIB + 1)).build()
    decision = decide(WEB, full)
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.UNPLACED


def test_what_a_host_keeps_for_itself_is_not_free() -> None:
    """The reserve counts for a start, too."""
    world = WorldBuilder().vm().shows(seen_vm(running=False))
    world.declare(ref_of(Kind.HOST, "a"), HostSpec("lab", memory_kib=GIB, reserve_kib=800 * MIB))
    decision = decide(WEB, world.build())
    assert isinstance(decision, Blocked)
    assert "224Mi free and 256Mi is needed" in decision.why


def test_what_is_paused_holds_its_memory_already() -> None:
    """To resume it takes nothing from anybody."""
    paused = seen_vm(power=PowerState.PAUSED)
    decision = decide(WEB, WorldBuilder().vm().shows(paused, _stranger(GIB)).build())
    assert isinstance(decision, Act)
    assert isinstance(decision.steps[0].op, ops.ResumeVm)


def test_a_machine_is_not_made_where_it_could_not_start() -> None:
    """It was placed on a look that did not show the stranger."""
    decision = decide(WEB, WorldBuilder().vm().shows(_stranger(GIB)).build())
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.UNPLACED


def _neighbour(asked: Asked | None) -> WorldBuilder:
    """A neighbour that holds a gibibyte and is declared to have 256 MiB."""
    holds = config(vm_spec(), memory_size=GIB)
    other = seen_vm("other", stored=holds, live=holds, memory_actual=GIB)
    world = WorldBuilder().vm().vm(name="other").shows(seen_vm(running=False), other)
    world.histories[OTHER] = History(asked=asked)
    return world


def test_a_start_waits_for_who_gives_back() -> None:
    """What a neighbour holds above its declaration is on its way back."""
    decision = decide(WEB, _neighbour(Asked(256 * MIB, NOW - 1.0, 1)).build())
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.on) == (WaitReason.MEMORY, (OTHER,))


def test_nobody_waits_for_a_guest_that_does_not_listen() -> None:
    """It was asked, and did not follow in time, or had to be asked again."""
    for asked in (Asked(256 * MIB, NOW - 21.0, 1), Asked(256 * MIB, NOW - 1.0, 2)):
        decision = decide(WEB, _neighbour(asked).build())
        assert isinstance(decision, Blocked)
        assert decision.reason is BlockReason.UNPLACED


def test_a_machine_that_runs_moves_only_where_its_memory_is_seen_free() -> None:
    """It stays where it is, and its pool is asked again."""
    fits = WorldBuilder().vm(home="b").shows(seen_vm(), _stranger(768 * MIB, "b")).build()
    assert isinstance(decide(WEB, fits), Act)
    full = WorldBuilder().vm(home="b").shows(seen_vm(), _stranger(GIB, "b")).build()
    decision = decide(WEB, full)
    assert isinstance(decision, Wait)
    assert decision.reason is WaitReason.ASSIGNMENT


def test_a_place_is_taken_back_where_others_came_to_light() -> None:
    """A machine that is not there yet, or does not run yet, is placed anew beside all that are seen now."""
    unseen = WorldBuilder().vm().shows(_stranger(GIB))
    assert _placed(unseen) == Assigned("b")
    halted = WorldBuilder().vm().shows(seen_vm(running=False), _stranger(GIB))
    assert _placed(halted) == Assigned("b")
    pinned = WorldBuilder().vm(vm_spec(host="a")).shows(seen_vm(running=False), _stranger(GIB))
    assert isinstance(_placed(pinned), Unplaced)


def test_a_move_is_taken_back_where_others_came_to_light() -> None:
    """A machine that runs keeps the place where it runs, and waits for the other."""
    moving = WorldBuilder().vm(vm_spec(host="b"), home="b").shows(seen_vm(), _stranger(GIB, "b"))
    found = _placed(moving)
    assert isinstance(found, Assigned)
    assert found.host == "a"
    assert found.waiting


def test_only_as_many_lose_their_place_as_have_to() -> None:
    """Two do not start, and there is room for one: the other stays."""
    world = WorldBuilder("a").vm().vm(name="other")
    world.shows(seen_vm(running=False), seen_vm("other", running=False), _stranger(768 * MIB))
    built = world.build()
    placed = {**built.assignments, **place("lab", built)}
    assert sorted(type(one).__name__ for one in placed.values()) == ["Assigned", "Unplaced"]
