"""A placement policy: who goes where, what is refused with which words, and what is moved to keep its rules."""

from dataclasses import replace

from tests.unit.plan.builders import MIB, WorldBuilder, seen_vm, vm_ref, vm_spec
from xcp_reconciler.model.decision import Blocked, BlockReason, Decision, Steady, Wait, WaitReason
from xcp_reconciler.model.desired import Keep, Label, PlacementPolicySpec, PlacementRule, Policies, Scope, Strategy
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.placement import Assigned, Assignment, Unplaced
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.refs import Kind, host_ref, ref_of

POLICY = ref_of(Kind.PLACEMENT_POLICY, "lab")
APP = (Label("app", "db"),)
APART = PlacementRule("apart", APP)


def under(policy: PlacementPolicySpec, *hosts: str, racks: dict[str, str] | None = None) -> WorldBuilder:
    """A pool with this policy, on hosts of 1 GiB and 8 CPUs."""
    world = WorldBuilder(*hosts).declare(POLICY, policy)
    for host, rack in (racks or {}).items():
        world.desired[host_ref(host)] = replace(world.desired[host_ref(host)], labels={"rack": rack})
    return world


def new(world: WorldBuilder, *names: str, app: str = "db", mib: int = 256, cores: int = 1) -> WorldBuilder:
    """Machines that are to be made."""
    for name in names:
        size = mib * MIB
        world.vm(
            vm_spec(cores=cores, max_cores=cores, memory_size=size, memory_min=size, memory_max=size),
            name=name,
            home=None,
        )
        world.desired[vm_ref(name)] = replace(world.desired[vm_ref(name)], labels={"app": app})
    return world


def running(world: WorldBuilder, host: str, *names: str, app: str = "db") -> WorldBuilder:
    """Machines that run on a host, where they may be."""
    for name in names:
        world.vm(name=name, home=host).shows(seen_vm(name, host=host))
        world.desired[vm_ref(name)] = replace(world.desired[vm_ref(name)], labels={"app": app})
    return world


def placed(world: WorldBuilder) -> dict[str, Assignment]:
    return {ref.name: one for ref, one in place("lab", world.build()).items()}


def verdict(world: WorldBuilder) -> Decision:
    return decide(POLICY, world.build())


def test_spread_puts_each_where_there_is_least_and_pack_fills() -> None:
    spread = placed(new(under(PlacementPolicySpec("lab")), "one", "two"))
    assert spread == {"one": Assigned("a"), "two": Assigned("b")}
    packed = placed(new(under(PlacementPolicySpec("lab", Strategy.PACK)), "one", "two"))
    assert packed == {"one": Assigned("a"), "two": Assigned("a")}


def test_a_batch_is_placed_together_the_largest_first() -> None:
    """One after the other in the order of names the large one would find 768 MiB on either host."""
    world = new(new(under(PlacementPolicySpec("lab")), "a1", "a2"), "z", mib=1024)
    found = placed(world)
    assert found["z"] == Assigned("a")
    assert found["a1"] == found["a2"] == Assigned("b")


def test_no_more_cpus_than_the_policy_has_for_each() -> None:
    world = new(under(PlacementPolicySpec("lab", cpu_ratio=1.0), "a"), "one", "two", cores=5)
    assert placed(world) == {
        "one": Assigned("a"),
        "two": Unplaced(("a has 3 vCPUs free and 5 vCPUs is needed",)),
    }


def test_room_is_kept_for_what_a_lost_host_carries() -> None:
    """Two hosts of four places: with a host to lose, four machines in all."""
    names = ["m1", "m2", "m3", "m4", "m5"]
    found = placed(new(under(PlacementPolicySpec("lab", failures=1)), *names))
    refused = {name: one for name, one in found.items() if isinstance(one, Unplaced)}
    assert refused == {
        "m5": Unplaced(("a keeps the room for what lost hosts carry", "b keeps the room for what lost hosts carry"))
    }


def test_new_machines_are_kept_apart_by_host_and_by_domain() -> None:
    by_host = new(running(under(PlacementPolicySpec("lab", rules=(APART,))), "a", "db1"), "db2", "db3")
    found = placed(by_host)
    assert found["db2"] == Assigned("b")
    assert found["db3"] == Unplaced(
        ("a: rule apart does not allow it there", "b: rule apart does not allow it there"),
    )
    rule = replace(APART, scope=Scope.DOMAIN)
    policy = PlacementPolicySpec("lab", domain_label="rack", rules=(rule,))
    racks = {"a": "r1", "b": "r1", "c": "r2"}
    by_rack = new(running(under(policy, "a", "b", "c", racks=racks), "a", "db1"), "db2")
    assert placed(by_rack) == {"db2": Assigned("c")}


def test_a_rule_is_about_machines_with_its_labels_only() -> None:
    strict = PlacementPolicySpec("lab", Strategy.PACK, rules=(APART,))
    assert placed(new(running(under(strict), "a", "db1"), "web", app="web")) == {"web": Assigned("a")}


def test_new_machines_join_those_that_they_are_kept_together_with() -> None:
    rule = PlacementRule("together", APP, Keep.TOGETHER)
    world = running(under(PlacementPolicySpec("lab", rules=(rule,))), "b", "db1")
    assert placed(new(world, "db2")) == {"db2": Assigned("b")}


def test_a_halted_machine_starts_where_no_rule_is_in_the_way() -> None:
    world = running(under(PlacementPolicySpec("lab", rules=(APART,))), "a", "db1")
    world.vm(name="db2", home="a").shows(seen_vm("db2", running=False))
    assert placed(world) == {}
    world.desired[vm_ref("db2")] = replace(world.desired[vm_ref("db2")], labels={"app": "db"})
    assert placed(world) == {"db2": Assigned("b")}


def test_a_preferred_rule_gives_way_where_there_is_no_other_place() -> None:
    rule = replace(APART, price=0.5)
    world = new(under(PlacementPolicySpec("lab", rules=(rule,)), "a", "b"), "db1", "db2", "db3")
    found = placed(world)
    assert {one.host for one in found.values() if isinstance(one, Assigned)} == {"a", "b"}
    assert len(found) == 3


def test_a_broken_rule_is_mended_with_one_move() -> None:
    world = running(under(PlacementPolicySpec("lab", rules=(APART,))), "a", "db1", "db2")
    found = placed(world)
    assert list(found.values()) == [Assigned("b", leaving="a")]
    decision = verdict(world)
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.why) == (WaitReason.MOVES, "rule apart: db1, db2 are on a")
    world.assignments.update({vm_ref(name): one for name, one in found.items()})
    assert placed(world) == {}
    assert isinstance(verdict(world), Wait)


def test_a_plan_shows_the_move_that_mends_a_rule() -> None:
    world = running(under(PlacementPolicySpec("lab", rules=(APART,))), "a", "db1", "db2")
    plan = make_plan(world.build())
    (entry,) = plan.changing
    assert [(change.path, change.current, change.desired) for change in entry.changes] == [("host", "a", "b")]


def test_what_cannot_be_mended_is_said_with_what_keeps_each_machine() -> None:
    world = running(under(PlacementPolicySpec("lab", rules=(APART,))), "a", "db1", "db2", "db3")
    running(world, "b", "db4")
    careful = replace(world.desired[vm_ref("db2")], policies=Policies(max_impact=Impact.LIVE))
    world.desired[vm_ref("db2")] = careful
    assert placed(world) == {}
    decision = verdict(world)
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.RULE_BROKEN
    there = "a: rule apart does not allow it there; b: rule apart does not allow it there"
    assert decision.why == (
        "rule apart: db1, db2, db3 are on a. "
        f"db1: no other host takes it: {there}; db2: updatePolicy.maxImpact is Live; "
        f"db3: no other host takes it: {there}"
    )


def test_a_rule_that_holds_moves_nobody() -> None:
    world = running(running(under(PlacementPolicySpec("lab", rules=(APART,))), "a", "db1"), "b", "db2")
    assert placed(world) == {}
    assert verdict(world) == Steady()


def test_too_much_memory_alone_moves_nobody() -> None:
    world = running(under(PlacementPolicySpec("lab", rules=(APART,))), "a", "w1", "w2", "w3", "w4", "w5", app="web")
    running(world, "a", "db1", "db2")
    assert list(placed(world).values()) == [Assigned("b", leaving="a")]


def test_two_policies_of_a_pool_are_one_too_many() -> None:
    world = under(PlacementPolicySpec("lab"))
    other = ref_of(Kind.PLACEMENT_POLICY, "other")
    decision = decide(other, world.declare(other, PlacementPolicySpec("lab")).build())
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.INVALID
    assert verdict(world) == Steady()
