"""Taints, tolerations and node selectors: who goes where, who stays, who has to leave, and in which words."""

from dataclasses import replace

import pytest

from tests.unit.plan.builders import MIB, SR, WorldBuilder, seen_vm, seen_volume, vm_ref, vm_spec
from xcp_reconciler.model.decision import Blocked, BlockReason, Decision, Steady, Wait, WaitReason
from xcp_reconciler.model.desired import (
    Desired,
    HostSpec,
    Keep,
    Label,
    PlacementPolicySpec,
    PlacementRule,
    Policies,
    RunStrategy,
    StorageSpec,
    Taint,
    TaintEffect,
    Toleration,
    VmSpec,
)
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.placement import Assigned, Assignment, Unplaced
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.evacuation import coming_back
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.placement.eligible import why_not
from xcp_reconciler.plan.placement.moment import moment_of
from xcp_reconciler.plan.placement.scene import Overfull, scene_of
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.refs import Kind, host_ref, ref_of

NO_SCHEDULE, NO_EXECUTE = TaintEffect
GPU = Taint("gpu", "yes", NO_SCHEDULE)
OUT = Taint("gpu", "yes", NO_EXECUTE)
TOLERANT = (Toleration("gpu", "yes"),)
FAST = (Label("disk", "ssd"),)


def tainted(world: WorldBuilder, host: str, *taints: Taint) -> WorldBuilder:
    spec = world.desired[host_ref(host)].spec
    assert isinstance(spec, HostSpec)
    world.desired[host_ref(host)] = replace(world.desired[host_ref(host)], spec=replace(spec, taints=taints))
    return world


def labelled(world: WorldBuilder, host: str, **labels: str) -> WorldBuilder:
    world.desired[host_ref(host)] = replace(world.desired[host_ref(host)], labels=labels)
    return world


def new(world: WorldBuilder, name: str = "web", volume: str | None = None, **fields: object) -> WorldBuilder:
    return world.vm(vm_spec(volume=volume, **fields), name=name, home=None)


def running(world: WorldBuilder, host: str = "a", name: str = "web", **fields: object) -> WorldBuilder:
    spec = vm_spec(volume=None, **fields)
    return world.vm(spec, name=name, home=host).shows(seen_vm(name, host=host, spec=spec))


def halted(world: WorldBuilder, host: str = "a", name: str = "web", **fields: object) -> WorldBuilder:
    spec = vm_spec(volume=None, **fields)
    return world.vm(spec, name=name, home=host).shows(seen_vm(name, host=host, spec=spec, running=False))


def placed(world: WorldBuilder) -> dict[str, Assignment]:
    return {ref.name: one for ref, one in place("lab", world.build()).items()}


def said(world: WorldBuilder, host: str = "a") -> Decision:
    return decide(host_ref(host), world.build())


# --- the rules of Kubernetes


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        (Toleration("gpu", "yes"), True),
        (Toleration("gpu", "yes", NO_SCHEDULE), True),
        (Toleration("gpu", "yes", NO_EXECUTE), False),
        (Toleration("gpu", "no"), False),
        (Toleration("gpu", ""), False),
        (Toleration("gpu"), True),
        (Toleration("gpu", effect=NO_EXECUTE), False),
        (Toleration("disk"), False),
        (Toleration("disk", "yes"), False),
        (Toleration(), True),
        (Toleration(effect=NO_SCHEDULE), True),
        (Toleration(effect=NO_EXECUTE), False),
    ],
)
def test_which_taints_a_toleration_is_for(toleration: Toleration, *, tolerated: bool) -> None:
    host = Desired(host_ref("h1"), HostSpec("lab", taints=(GPU,)), Policies(), "me")
    words = why_not(host, vm_spec(tolerations=(Toleration("other"), toleration)))
    assert words == (None if tolerated else "h1 has the taint gpu=yes:NoSchedule")


def test_a_taint_without_a_value_is_tolerated_by_a_toleration_without_one() -> None:
    host = Desired(host_ref("h1"), HostSpec("lab", taints=(Taint("gpu", "", NO_EXECUTE),)), Policies(), "me")
    assert why_not(host, vm_spec(tolerations=(Toleration("gpu", ""),))) is None
    assert why_not(host, vm_spec(tolerations=(Toleration("gpu", "yes"),))) == "h1 has the taint gpu:NoExecute"


def test_every_taint_has_to_be_tolerated_and_every_label_to_be_there() -> None:
    spec = HostSpec("lab", taints=(GPU, Taint("x", "", NO_EXECUTE), Taint("y", "", NO_SCHEDULE)))
    host = Desired(host_ref("h1"), spec, Policies(), "me", {"disk": "hdd", "zone": "z"})
    asks = vm_spec(node_selector=(*FAST, Label("rack", "r1"), Label("zone", "z")))
    assert why_not(host, replace(asks, tolerations=TOLERANT)) == "h1 has the taints x:NoExecute, y:NoSchedule"
    assert why_not(host, replace(asks, tolerations=(Toleration(),))) == "h1 has not the labels disk=ssd, rack=r1"
    assert why_not(host, vm_spec(host="h1", node_selector=FAST)) is None


# --- new machines


@pytest.mark.parametrize("taint", [GPU, OUT])
def test_nothing_new_comes_to_a_taint_that_it_does_not_tolerate(taint: Taint) -> None:
    assert placed(new(tainted(WorldBuilder(), "a", taint))) == {"web": Assigned("b")}
    assert placed(new(tainted(WorldBuilder(), "a", taint), tolerations=TOLERANT)) == {"web": Assigned("a")}


def test_a_machine_comes_only_to_hosts_with_its_labels() -> None:
    world = labelled(labelled(WorldBuilder("a", "b", "c"), "b", disk="hdd"), "c", disk="ssd", rack="r1")
    assert placed(new(world, node_selector=FAST)) == {"web": Assigned("c")}


def test_each_host_that_is_not_for_a_machine_says_why() -> None:
    world = labelled(tainted(WorldBuilder("a", "b", "c", "d"), "a", GPU), "a", disk="ssd")
    world = running(labelled(world, "c", disk="ssd"), "c", "big", memory_size=900 * MIB, memory_max=900 * MIB)
    assert placed(new(world.dead("d"), node_selector=FAST)) == {
        "web": Unplaced(
            (
                "a has the taint gpu=yes:NoSchedule",
                "b has not the label disk=ssd",
                "c has 124Mi free and 256Mi is needed",
                "d does not answer",
            )
        )
    }


def test_a_selector_and_a_local_disk_may_have_no_host_in_common() -> None:
    world = labelled(WorldBuilder("a", "b").storage(), "b", disk="ssd").volume("root").shows(seen_volume("root"))
    world.declare(SR, StorageSpec("lab", "/srv/shared", shared=False))
    assert placed(new(world, volume="root", node_selector=FAST)) == {"web": Assigned("b")}
    reasons = ("a has not the label disk=tape", "b has not the label disk=tape")
    assert placed(new(world, volume="root", node_selector=(Label("disk", "tape"),))) == {"web": Unplaced(reasons)}


def test_a_machine_that_is_not_made_yet_looks_for_another_host() -> None:
    world = tainted(WorldBuilder().vm(), "a", GPU)
    assert placed(world) == {"web": Assigned("b")}
    # Where nobody can say whether it is made already, nothing is decided anew.
    assert placed(tainted(WorldBuilder().vm(), "a", GPU).dead("a")) == {}


# --- machines that are there


def test_who_runs_on_a_host_that_gets_a_taint_stays_under_no_schedule() -> None:
    world = tainted(running(WorldBuilder()), "a", GPU)
    assert placed(world) == {}
    assert said(world) == Steady()


def test_who_runs_on_a_host_without_its_labels_stays() -> None:
    world = running(WorldBuilder(), node_selector=FAST)
    assert placed(world) == {}
    assert said(world) == Steady()


def test_who_does_not_tolerate_no_execute_leaves_and_does_not_come_back() -> None:
    world = tainted(running(running(WorldBuilder(), name="gpu", tolerations=TOLERANT)), "a", OUT)
    assert placed(world) == {"web": Assigned("b", leaving="a")}
    assert said(world) == Wait(WaitReason.MOVES, "web leaves it", on=(vm_ref(),))
    (entry,) = make_plan(world.build()).changing
    assert [(change.path, change.current, change.desired) for change in entry.changes] == [("host", "a", "b")]
    assert placed(tainted(running(WorldBuilder(), "b"), "a")) == {}


def test_who_leaves_goes_only_where_it_may_be() -> None:
    world = labelled(tainted(tainted(WorldBuilder("a", "b", "c", "d"), "a", OUT), "b", GPU), "d", disk="ssd")
    assert placed(running(world)) == {"web": Assigned("c", leaving="a")}
    assert placed(running(world, node_selector=FAST)) == {"web": Assigned("d", leaving="a")}


def test_a_tolerated_host_is_no_way_out_for_who_may_only_stay() -> None:
    """A rule takes one of two from a host with a taint: the other host with that taint takes nobody new."""
    world = tainted(tainted(WorldBuilder("a", "b", "c"), "a", GPU), "b", GPU)
    rule = PlacementRule("apart", (), Keep.APART)
    world.declare(ref_of(Kind.PLACEMENT_POLICY, "lab"), PlacementPolicySpec("lab", rules=(rule,)))
    found = placed(running(running(world, name="one"), name="two"))
    assert list(found.values()) == [Assigned("c", leaving="a")]


def test_what_cannot_leave_a_taint_is_said_with_what_keeps_it() -> None:
    world = running(running(WorldBuilder(), "b", "big", memory_size=900 * MIB, memory_max=900 * MIB), name="web")
    world = running(world, name="gpu", tolerations=TOLERANT)
    world.vm(vm_spec(host="a"), name="pinned").shows(seen_vm("pinned"))
    world.vm(name="careful", policies=Policies(max_impact=Impact.LIVE)).shows(seen_vm("careful"))
    # What nobody declared says nothing of what it tolerates.
    world.shows(seen_vm("theirs", uuid="11111111-1111-4111-8111-111111111111", stamp=None))
    world = tainted(world, "a", OUT)
    decision = said(world)
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.NOT_EVACUATED
    assert decision.why == (
        "careful: updatePolicy.maxImpact is Live; "
        "web: no other host takes it: a has the taint gpu=yes:NoExecute; b has 124Mi free and 256Mi is needed"
    )
    assert placed(world) == {}


def test_a_host_with_a_taint_that_all_tolerate_is_as_declared() -> None:
    assert said(tainted(running(WorldBuilder(), tolerations=TOLERANT), "a", OUT)) == Steady()


@pytest.mark.parametrize("taint", [GPU, OUT])
def test_a_halted_machine_starts_elsewhere(taint: Taint) -> None:
    assert placed(tainted(halted(WorldBuilder()), "a", taint)) == {"web": Assigned("b")}
    assert placed(tainted(halted(WorldBuilder(), tolerations=TOLERANT), "a", taint)) == {}
    asks = halted(labelled(WorldBuilder(), "b", disk="ssd"), node_selector=FAST)
    assert placed(asks) == {"web": Assigned("b")}


def test_a_halted_machine_that_is_not_to_run_stays() -> None:
    spec = replace(vm_spec(), run_strategy=RunStrategy.HALTED)
    world = tainted(WorldBuilder().vm(spec).shows(seen_vm(running=False)), "a", OUT)
    assert placed(world) == {}
    assert said(world) == Steady()


def test_a_halted_machine_whose_new_home_does_not_suit_any_more_gets_another() -> None:
    world = tainted(WorldBuilder("a", "b", "c"), "a", GPU)
    world.vm(home="b").shows(seen_vm(running=False))
    assert placed(world) == {}
    assert placed(tainted(world, "b", GPU)) == {"web": Assigned("c")}


def test_a_pin_counts_more_than_taints_and_labels() -> None:
    for taint in (GPU, OUT):
        asked: VmSpec = vm_spec(host="a", node_selector=FAST)
        assert placed(tainted(WorldBuilder().vm(asked, home=None), "a", taint)) == {"web": Assigned("a")}
        world = tainted(WorldBuilder().vm(asked).shows(seen_vm()), "a", taint)
        assert placed(world) == {}
        assert said(world) == Steady()


def test_a_pinned_machine_without_room_takes_none_elsewhere() -> None:
    world = running(WorldBuilder(), memory_size=900 * MIB, memory_max=900 * MIB)
    large = vm_spec(memory_size=1024 * MIB, memory_max=1024 * MIB)
    world.vm(replace(large, host="a"), name="pinned", home=None).vm(large, name="two", home=None)
    assert placed(world) == {
        "pinned": Unplaced(("a has 124Mi free and 1Gi is needed",)),
        "two": Assigned("b"),
    }


# --- on the way


def test_a_move_is_given_up_when_its_target_gets_a_taint() -> None:
    world = tainted(running(WorldBuilder("a", "b", "c")), "a", OUT)
    world.assignments[vm_ref()] = Assigned("b", leaving="a")
    assert placed(world) == {}
    assert placed(tainted(world, "b", GPU)) == {"web": Assigned("c", leaving="a")}


def test_nobody_comes_back_to_a_host_that_is_not_for_it_any_more() -> None:
    world = running(WorldBuilder(), "b")
    world.assignments[vm_ref()] = Assigned("b", origin="a")
    assert placed(world) == {"web": Assigned("a", leaving="b", origin="a")}
    assert placed(tainted(world, "a", GPU)) == {}
    assert said(world) == Steady()
    assert coming_back("a", "lab", world.build()).stays == {"web": "a has the taint gpu=yes:NoSchedule"}
    # Nor does the host wait for it while somebody else moves.
    world.assignments[vm_ref("other")] = Assigned("a", leaving="b")
    world.vm(name="other", home=None).shows(seen_vm("other", host="b"))
    assert said(world) == Steady()


def test_who_tolerates_a_taint_comes_back_to_it() -> None:
    world = tainted(running(WorldBuilder(), "b", tolerations=TOLERANT), "a", OUT)
    world.assignments[vm_ref()] = Assigned("b", origin="a")
    assert placed(world) == {"web": Assigned("a", leaving="b", origin="a")}
    assert said(world) == Wait(WaitReason.MOVES, "web comes back to it", on=(vm_ref(),))


# --- what the kernel is told


def test_machines_without_restrictions_have_no_list_of_hosts() -> None:
    """A list for each of 20,000 machines is what large pools would feel."""
    world = tainted(running(running(WorldBuilder("a", "b", "c"), "b", "plain"), name="stays"), "a", GPU)
    world = running(world, "b", "gpu", tolerations=TOLERANT)
    world = labelled(
        running(running(world, "c", "s1", node_selector=FAST), "c", "s2", node_selector=FAST), "c", disk="ssd"
    )
    moment = moment_of("lab", world.build())
    assert moment is not None
    told = {vm.name: vm for host in scene_of(moment, Overfull.BROKEN).cluster.hosts for vm in host.vms}
    assert {name: (vm.tolerates, vm.hosts) for name, vm in told.items()} == {
        "plain": ((), None),
        "gpu": ((str(GPU),), None),
        "stays": ((str(GPU),), ("b", "c", "a")),
        "s1": ((), ("c",)),
        "s2": ((), ("c",)),
    }
    assert told["s1"].hosts is told["s2"].hosts


def test_machines_that_ask_for_different_things_get_different_answers() -> None:
    world = tainted(tainted(labelled(WorldBuilder("a", "b", "c"), "c", disk="ssd", rack="r1"), "a", GPU), "b", GPU)
    world = running(running(world, "a", "on-a"), "b", "on-b")
    world = running(
        running(world, "c", "fast", node_selector=FAST), "c", "racked", node_selector=(Label("rack", "r1"),)
    )
    moment = moment_of("lab", world.build())
    assert moment is not None
    told = {vm.name: vm.hosts for host in scene_of(moment, Overfull.BROKEN).cluster.hosts for vm in host.vms}
    assert told == {"on-a": ("c", "a"), "on-b": ("c", "b"), "fast": ("c",), "racked": ("c",)}
    assert placed(new(labelled(world, "b", rack="r2"), node_selector=(Label("rack", "r2"),))) == {
        "web": Unplaced(
            ("a has the taint gpu=yes:NoSchedule", "b has the taint gpu=yes:NoSchedule", "c has not the label rack=r2")
        )
    }
