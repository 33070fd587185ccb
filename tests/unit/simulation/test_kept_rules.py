"""The witness of placement rules: who came to where a rule does not allow it, and what is wrong in the end."""

from dataclasses import replace

import pytest

from xcp_drivers.sim.truth import WorldTruth
from xcp_drivers.world import migrations, tamper
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import (
    Desired,
    HostSpec,
    Keep,
    Label,
    PlacementPolicySpec,
    PlacementRule,
    Policies,
    Scope,
    Spec,
    VmSpec,
)
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.refs import Kind, ref_of
from xcp_reconciler.simulation.oracles import KeptRule, Oracle, Witness
from xcp_reconciler.simulation.scenario import OWNER
from xcp_reconciler.simulation.tape import Tape
from xcp_reconciler.simulation.truth import Facts, HostSize
from xcp_reconciler.simulation.verdict import required

A, B, C = "machine a", "machine b", "machine c"
APART = KeptRule("db", frozenset({A, B}), frozenset(), {}, 1)
SMALL = VmConfig(1, 1, 2**18, 2**18)


def watched(rule: KeptRule) -> tuple[WorldTruth, Witness]:
    truth = WorldTruth((HostSize("h1", 16, 2**24), HostSize("h2", 16, 2**24)), Tape(1))
    # Before any migration that begins in a test is over.
    witness = Witness(truth, lambda: 2.0, ())
    truth.plant(0.0)
    witness.settle_in()
    witness.rules = (rule,)
    return truth, witness


def broken(witness: Witness) -> list[Oracle]:
    witness.look()
    return [violation.oracle for violation in witness.violations if violation.oracle is Oracle.RULES]


def test_who_comes_to_where_there_are_enough_is_seen() -> None:
    truth, witness = watched(APART)
    for at, name in enumerate("ab"):
        assert broken(witness) == []
        with truth.world.change(float(at)) as change:
            tamper.stranger(change, name, "h1", SMALL)
    assert broken(witness) == [Oracle.RULES]


def test_what_others_bring_together_is_not_held_against_us() -> None:
    truth, witness = watched(APART)
    with truth.world.change(1.0) as change:
        for name in "ab":
            tamper.stranger(change, name, "h1", SMALL)
    witness.others_did()
    assert broken(witness) == []


def test_who_is_on_its_way_is_at_both_ends() -> None:
    """It comes as soon as it sets off, and it has not left before the other comes."""
    for host in ("h1", "h2"):
        truth, witness = watched(APART)
        with truth.world.change(1.0) as change:
            guest = tamper.stranger(change, "a", "h1", SMALL)
            who = ref_of(Kind.VIRTUAL_MACHINE, "a")
            shared = ops.DiskTransfer.SHARED
            migrations.begin(change, ops.MigrateVm(who, "h1", "h2", guest.uuid, ops.MigrationMode.LIVE, shared))
        assert broken(witness) == []
        with truth.world.change(1.5) as change:
            tamper.stranger(change, "b", host, SMALL)
        assert broken(witness) == [Oracle.RULES]


def test_nobody_is_blamed_for_a_machine_that_is_told_where_to_be() -> None:
    truth, witness = watched(replace(APART, told=frozenset({B})))
    for name in "ab":
        with truth.world.change(1.0) as change:
            tamper.stranger(change, name, "h1", SMALL)
        assert broken(witness) == []


def facts(**running: str) -> Facts:
    return Facts({}, {}, {f"machine {name}": (host,) for name, host in running.items()}, frozenset(), {}, frozenset())


@pytest.mark.parametrize(
    ("rule", "found", "words"),
    [
        (APART, facts(a="h1", b="h2"), []),
        (APART, facts(a="h1", b="h1"), ["rule db: machine a, machine b are on h1, and 1 at most should be"]),
        (replace(APART, limit=2), facts(a="h1", b="h1"), []),
        (replace(APART, told=frozenset({A})), facts(a="h1", b="h1"), []),
        (
            replace(APART, units={"h1": "left", "h2": "left"}),
            facts(a="h1", b="h2"),
            ["rule db: machine a, machine b are on left, and 1 at most should be"],
        ),
        (replace(APART, limit=None), facts(a="h1", b="h1"), []),
        (replace(APART, limit=None), facts(a="h1", b="h2"), ["rule db: they are on h1, h2"]),
        (replace(APART, limit=None, told=frozenset({A})), facts(a="h1", b="h2"), []),
        (replace(APART, machines=frozenset({A, C})), facts(a="h1", b="h1"), []),
    ],
)
def test_what_is_wrong_in_the_end(rule: KeptRule, found: Facts, words: list[str]) -> None:
    assert rule.broken(found) == words


def test_a_policy_says_what_the_witness_watches() -> None:
    def one(kind: Kind, name: str, spec: Spec, **labels: str) -> Desired:
        return Desired(ref_of(kind, name), spec, Policies(), OWNER, labels=labels)

    vm = VmSpec("lab", 1, 1, 2**18, 2**18, 2**18)
    rules = (
        PlacementRule("db", (Label("app", "db"),), scope=Scope.DOMAIN, limit=2),
        PlacementRule("all", (), Keep.TOGETHER),
        PlacementRule("wish", (), price=1.0),
    )
    declared = (
        one(Kind.HOST, "h1", HostSpec("lab"), rack="left"),
        one(Kind.HOST, "h2", HostSpec("lab")),
        one(Kind.VIRTUAL_MACHINE, "a", replace(vm, host="h1"), app="db"),
        one(Kind.VIRTUAL_MACHINE, "b", vm, app="db"),
        one(Kind.VIRTUAL_MACHINE, "c", vm),
        one(Kind.PLACEMENT_POLICY, "lab", PlacementPolicySpec("lab", domain_label="rack", rules=rules)),
    )
    a, b, c = (f"machine {name} of {OWNER}" for name in "abc")
    assert required(declared) == (
        KeptRule("db", frozenset({a, b}), frozenset({a}), {"h1": "left"}, 2),
        KeptRule("all", frozenset({a, b, c}), frozenset({a}), {}, None),
    )
