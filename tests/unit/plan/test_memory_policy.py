"""A memory policy covers machines: what they count with, what is drift, and who waits for memory to be freed."""

from dataclasses import replace

import pytest

from tests.unit.plan.builders import MIB, NOW, WorldBuilder, config, seen_vm, vm_ref, vm_spec
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Act, Blocked, BlockReason, PendingReason, Steady, Wait, WaitReason
from xcp_reconciler.model.desired import HostSpec, Label, MemoryMode, MemoryPolicySpec, Policies, Removal
from xcp_reconciler.model.history import Asked, History, Intent
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.memory import GuestKnowledge, Knowledge
from xcp_reconciler.model.observed import Balloon, ObservedVm
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.balance import Balance, Doings, balance
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.policies import direct_policy, is_balanced, policy_of
from xcp_reconciler.plan.recall import tidy
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref, ref_of

WEB, DB = vm_ref(), vm_ref("db")
DIRECT = MemoryPolicySpec("lab", mode=MemoryMode.DIRECT, reserve_kib=64 * MIB)
SPEC = vm_spec(memory_size=512 * MIB, memory_max=512 * MIB)


def policy(name: str = "balanced") -> Ref:
    return ref_of(Kind.MEMORY_POLICY, name)


def covered(spec: MemoryPolicySpec = DIRECT, *, hosts: tuple[str, ...] = ("a",)) -> WorldBuilder:
    world = WorldBuilder(*hosts)
    return world.declare(policy(), spec)


def labelled(world: WorldBuilder, ref: Ref, **labels: str) -> None:
    world.desired[ref] = replace(world.desired[ref], labels=labels)


def guest(name: str, held: int, **fields: object) -> ObservedVm:
    """A running machine of 512 MiB whose guest holds so many MiB."""
    return replace(seen_vm(name, spec=SPEC, memory_actual=held * MIB, balloon=Balloon.PRESENT), **fields)  # type: ignore[arg-type]


# --- who is covered


def test_a_selector_covers_what_has_its_labels() -> None:
    world = covered(replace(DIRECT, labels=(Label("tier", "web"),))).vm(SPEC).vm(SPEC, name="db")
    labelled(world, WEB, tier="web", team="blue")
    built = world.build()
    assert is_balanced(built.declared.desired[WEB], built)
    assert not is_balanced(built.declared.desired[DB], built)


def test_the_policy_that_a_machine_names_is_stronger_than_a_selector() -> None:
    world = covered().declare(policy("other"), MemoryPolicySpec("lab", mode=MemoryMode.OFF))
    built = world.vm(replace(SPEC, memory_policy=policy("other"))).build()
    found = policy_of(built.declared.desired[WEB], replace(SPEC, memory_policy=policy("other")), built)
    assert found is not None
    assert found.ref == policy("other")
    assert not is_balanced(built.declared.desired[WEB], built)


def test_two_that_set_targets_are_one_too_many() -> None:
    built = covered().declare(policy("zealous"), DIRECT).build()
    acting = direct_policy("lab", built)
    assert acting is not None
    assert acting.ref == policy()
    assert decide(policy(), built) == Steady()
    second = decide(policy("zealous"), built)
    assert isinstance(second, Blocked)
    assert second.reason is BlockReason.INVALID
    assert "MemoryPolicy/balanced" in second.why


def test_who_may_not_be_asked_for_anything_is_not_balanced() -> None:
    built = covered().vm(SPEC, policies=Policies(max_impact=Impact.LIVE)).build()
    assert not is_balanced(built.declared.desired[WEB], built)


def test_a_machine_waits_for_the_policy_that_it_names() -> None:
    decision = decide(WEB, WorldBuilder().vm(replace(SPEC, memory_policy=policy())).shows(guest("web", 512)).build())
    assert isinstance(decision, Blocked)
    assert "MemoryPolicy/balanced is not declared" in decision.why


def test_a_policy_that_is_named_stays_until_it_is_not() -> None:
    world = covered().vm(replace(SPEC, memory_policy=policy())).shows(guest("web", 512))
    world.desired[policy()] = replace(world.desired[policy()], removal=Removal.DELETE)
    decision = decide(policy(), world.build())
    assert isinstance(decision, Blocked)
    assert decision.reason is BlockReason.IN_USE


# --- what is drift


@pytest.mark.parametrize("mode", [MemoryMode.DIRECT, MemoryMode.DELEGATE])
def test_a_target_within_the_range_is_no_drift(mode: MemoryMode) -> None:
    live = config(SPEC, memory_target=300 * MIB)
    seen = guest("web", 300, live=live)
    assert decide(WEB, covered(replace(DIRECT, mode=mode)).vm(SPEC).shows(seen).build()) == Steady()
    without = decide(WEB, covered(replace(DIRECT, mode=MemoryMode.OFF)).vm(SPEC).shows(seen).build())
    assert isinstance(without, Act)


def test_what_is_stored_outside_the_range_is_mended_without_touching_the_balloon() -> None:
    seen = guest("web", 300, stored=config(SPEC, memory_target=64 * MIB))
    decision = decide(WEB, covered().vm(SPEC).shows(seen).build())
    assert isinstance(decision, Act)
    (step,) = decision.steps
    assert isinstance(step.op, ops.ReconfigureVm)
    assert step.op.settings == (ops.MemorySize(512 * MIB, 512 * MIB),)


def test_delegated_the_range_itself_is_written() -> None:
    seen = guest("web", 64, stored=config(SPEC, memory_target=64 * MIB))
    decision = decide(WEB, covered(replace(DIRECT, mode=MemoryMode.DELEGATE)).vm(SPEC).shows(seen).build())
    assert isinstance(decision, Act)
    assert [step.op for step in decision.steps] == [
        ops.SetMemoryRange(WEB, "a", seen.uuid, 128 * MIB, 512 * MIB),
    ]


def test_a_guest_that_was_left_alone_says_so() -> None:
    world = covered().vm(SPEC).shows(guest("web", 512))
    deaf = GuestKnowledge(asked=256 * MIB, deaf_until=NOW + 60)
    world.histories[policy()] = History(balance={"a": Knowledge(guests={guest("web", 512).uuid: deaf})})
    decision = decide(WEB, world.build())
    assert isinstance(decision, Steady)
    (pending,) = decision.pending
    assert pending.reason is PendingReason.GUEST_UNCOOPERATIVE
    assert decide(WEB, world.build(NOW + 61)) == Steady()


def test_no_request_is_remembered_of_a_balloon_that_a_policy_moves() -> None:
    world = covered().vm(SPEC).shows(guest("web", 300)).build()
    from_before = History(asked=_asked(512 * MIB))
    assert tidy(WEB, from_before, world).asked is None
    assert tidy(WEB, from_before, WorldBuilder("a").vm(SPEC).shows(guest("web", 300)).build()).asked is not None


# --- room


def test_overcommitted_machines_count_with_a_part_and_never_less_than_their_minimum() -> None:
    world = covered(replace(DIRECT, overcommit_ratio=2.0))
    for name in ("web", "db", "api"):
        world.vm(SPEC, name=name, home=None)
    assert sorted(place("lab", world.build())) == sorted([WEB, DB, vm_ref("api")])
    assert _placed(world) == 3
    world.declare(policy(), DIRECT)
    assert _placed(world) == 1


def test_the_reserve_of_a_policy_is_kept_from_placement() -> None:
    world = covered(replace(DIRECT, reserve_kib=600 * MIB)).vm(SPEC, home=None)
    assert _placed(world) == 0
    world.declare(ref_of(Kind.HOST, "a"), HostSpec("lab", memory_kib=2048 * MIB))
    assert _placed(world) == 1


def test_a_start_waits_until_others_have_given_back() -> None:
    world = covered(replace(DIRECT, overcommit_ratio=2.0)).vm(SPEC).vm(SPEC, name="db")
    world.shows(guest("db", 500), seen_vm("web", spec=SPEC, running=False))
    decision = decide(WEB, world.build())
    assert isinstance(decision, Wait)
    assert decision.reason is WaitReason.MEMORY
    assert decision.on == (DB,)
    # A plan counts on what will be freed.
    assert isinstance(decide(WEB, replace(world.build(), played=True)), Act)


def test_machines_to_come_take_their_turn() -> None:
    world = covered(replace(DIRECT, overcommit_ratio=2.0)).vm(SPEC).vm(SPEC, name="db")
    world.shows(seen_vm("db", spec=SPEC, running=False), seen_vm("web", spec=SPEC, running=False))
    assert isinstance(decide(DB, world.build()), Act)
    assert isinstance(decide(WEB, world.build()), Wait)


def test_a_start_that_is_under_way_has_taken_its_turn() -> None:
    world = covered(replace(DIRECT, overcommit_ratio=2.0)).vm(SPEC).vm(SPEC, name="db")
    world.shows(seen_vm("db", spec=SPEC, running=False), seen_vm("web", spec=SPEC, running=False))
    world.histories[WEB] = History(intents=(Intent("StartVm", ("a",), NOW, NOW + 15),))
    assert isinstance(decide(DB, world.build()), Wait)


def test_nothing_counts_as_given_back_while_calls_of_a_process_before_may_land() -> None:
    world = covered(replace(DIRECT, overcommit_ratio=2.0)).vm(SPEC).vm(SPEC, name="db")
    world.shows(guest("db", 200), seen_vm("web", spec=SPEC, running=False))
    assert isinstance(decide(WEB, world.build()), Act)
    assert isinstance(decide(WEB, replace(world.build(), targets_from=NOW + 5)), Wait)


def test_a_call_that_may_still_land_behind_a_later_one_counts() -> None:
    """Its host would have given the memory away that the late one then gives to the guest."""
    world = covered(replace(DIRECT, overcommit_ratio=2.0)).vm(SPEC).vm(SPEC, name="db")
    world.shows(guest("db", 200), seen_vm("web", spec=SPEC, running=False))
    uuid = seen_vm("db").uuid
    assert isinstance(decide(WEB, replace(world.build(), targets={uuid: 200 * MIB})), Act)
    assert isinstance(decide(WEB, replace(world.build(), targets={uuid: 200 * MIB}, doubts={uuid: 512 * MIB})), Wait)


# --- what the balance is told


def test_the_balance_is_told_of_who_comes_and_keeps_it_free() -> None:
    world = covered(replace(DIRECT, overcommit_ratio=2.0)).vm(SPEC).vm(SPEC, name="db")
    world.shows(guest("db", 500, working_set=100 * MIB), seen_vm("web", spec=SPEC, running=False))
    found = told(world.build())
    assert found.wanted == 512 * MIB
    assert [(one.name, one.demand, one.floor, one.ceiling) for one in found.guests] == [
        ("db", 132 * MIB, 128 * MIB, 512 * MIB)
    ]
    (send,) = found.step.sends
    assert send.target <= (1024 - 64 - 512) * MIB


def test_what_others_are_declared_to_have_is_not_given_away() -> None:
    world = covered(replace(DIRECT, labels=(Label("tier", "db"),))).vm(SPEC).vm(SPEC, name="db")
    labelled(world, DB, tier="db")
    world.shows(guest("db", 300), guest("web", 200))
    assert told(world.build()).host.others == 512 * MIB


def test_machines_at_which_we_are_at_work_stand_still() -> None:
    world = covered().vm(SPEC).shows(guest("web", 512)).build()
    still = balance_of(world, Doings(busy=frozenset({WEB})))
    assert [one.migrating for one in still.guests] == [True]
    assert [one.migrating for one in told(world).guests] == [False]


def test_a_machine_that_is_about_to_move_is_guarded() -> None:
    world = covered(hosts=("a", "b")).vm(SPEC, home="b").shows(guest("web", 512))
    assert [one.migrating for one in told(world.build()).guests] == [True]
    world.declare(policy(), replace(DIRECT, migration_guard=False))
    assert [one.migrating for one in told(world.build()).guests] == [False]


def test_a_target_that_we_set_counts_as_held() -> None:
    world = covered().vm(SPEC).shows(guest("web", 300)).build()
    assert told(world).guests[0].target == 300 * MIB
    known = replace(world, targets={guest("web", 300).uuid: 400 * MIB})
    assert told(known).guests[0].target == 400 * MIB


def told(world: World) -> Balance:
    return balance_of(world, Doings())


def balance_of(world: World, doings: Doings) -> Balance:
    acting = direct_policy("lab", world)
    assert acting is not None
    found = balance(acting, "a", world, world.sights["lab"], Knowledge(), doings)
    assert found is not None
    return found


def _placed(world: WorldBuilder) -> int:
    return sum(isinstance(one, Assigned) for one in place("lab", world.build()).values())


def _asked(target: int) -> Asked:
    return Asked(target, NOW, 1)
