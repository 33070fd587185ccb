"""What says where machines are, as people and programs read it."""

from dataclasses import replace

import pytest

from tests.unit.plan.builders import NOW, WorldBuilder
from xcp_reconciler.model.desired import (
    HostSpec,
    Label,
    PlacementPolicySpec,
    PlacementRule,
    RebalanceMode,
    RebalanceSpec,
    Spec,
    Strategy,
)
from xcp_reconciler.model.placement import Drain
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.model.status import Condition, ConditionType, PlannedMove, Status, Truth
from xcp_reconciler.refs import Kind, Ref, host_ref, ref_of
from xcp_reconciler.report.describe import describe
from xcp_reconciler.report.object_list import object_data
from xcp_reconciler.report.standing import Standing, standings
from xcp_reconciler.report.tables import object_table

POLICY = ref_of(Kind.PLACEMENT_POLICY, "spread")
REBALANCE = ref_of(Kind.REBALANCE, "even")
MOVES = (
    PlannedMove("web-1", "host-a", "host-b", "memory of host-a is 40 points fuller; the score goes from 0.9 to 0.4"),
    PlannedMove("db", "host-b", "host-a", "keeps rule db"),
)
DOWN = Condition(ConditionType.STANDS_DOWN, Truth.TRUE, "HostSilent", "host-b does not answer", NOW)
PUBLISHED = Status(1, (DOWN,), moves=MOVES)


def standing(ref: Ref, spec: Spec, status: Status | None = None, *, observed: bool = True) -> Standing:
    """Where one object stands in a pool of two hosts."""
    world = WorldBuilder().declare(ref, spec).build()
    (one,) = standings(world, {ref: status} if status is not None else {}, [ref], observed=observed)
    return one


def cells(one: Standing, *, wide: bool = False) -> dict[str, str]:
    """The row of one object by the headings of its columns; no cell that is looked at has a blank in it."""
    head, row = object_table([one], WorldBuilder().build(), wide=wide).splitlines()
    starts = [head.index(word) for word in head.split()]
    ends = [*starts[1:], len(row) + 1]
    return {word: row[start:end].strip() for word, start, end in zip(head.split(), starts, ends, strict=True)}


@pytest.mark.parametrize("observed", [True, False])
def test_a_rebalance_is_listed_with_how_many_moves_it_has(*, observed: bool) -> None:
    one = standing(REBALANCE, RebalanceSpec("lab", RebalanceMode.AUTO), PUBLISHED, observed=observed)
    assert cells(one) == {
        "NAME": "even",
        "POOL": "lab",
        "MODE": "Auto",
        "MOVES": "2",
        "READY": "True" if observed else "Unknown",
        "AGE": "-",
    }
    wide = cells(standing(REBALANCE, RebalanceSpec("lab", max_moves=4, window_s=5400.0), PUBLISHED), wide=True)
    assert (wide["FOR"], wide["THRESHOLD"], wide["WINDOW"]) == ("load", "30 %", "4 in 90m")
    only = cells(standing(REBALANCE, RebalanceSpec("lab", constraints_only=True), PUBLISHED), wide=True)
    assert only["FOR"] == "constraints"


def test_no_moves_are_not_the_same_as_nobody_having_looked() -> None:
    spec = RebalanceSpec("lab")
    assert cells(standing(REBALANCE, spec, Status(1), observed=False))["MOVES"] == "0"
    assert cells(standing(REBALANCE, spec, observed=False))["MOVES"] == "-"


def test_each_move_is_described_with_its_reason() -> None:
    one = standing(REBALANCE, RebalanceSpec("lab"), PUBLISHED)
    text = describe(one, WorldBuilder().declare(REBALANCE, RebalanceSpec("lab")).build())
    moves = text[text.index("Moves") : text.index("Next")].splitlines()
    assert moves[:6] == [
        "Moves",
        "  web-1  host-a -> host-b",
        "    memory of host-a is 40 points fuller; the score goes from 0.9 to 0.4",
        "  db     host-b -> host-a",
        "    keeps rule db",
        "",
    ]
    assert "StandsDown          True" in text
    assert "HostSilent: host-b does not answer" in text
    without = describe(replace(one, status=Status(1)), WorldBuilder().declare(REBALANCE, RebalanceSpec("lab")).build())
    assert "Moves" not in without


def test_programs_are_told_the_moves_in_their_order() -> None:
    data = object_data(standing(REBALANCE, RebalanceSpec("lab"), PUBLISHED))
    assert data["spec"] == {"poolRef": {"name": "lab"}, "mode": "Recommend"}
    assert [(move["vm"], move["from"], move["to"]) for move in data["status"]["moves"]] == [
        ("web-1", "host-a", "host-b"),
        ("db", "host-b", "host-a"),
    ]
    assert data["status"]["moves"][1]["why"] == "keeps rule db"
    assert "moves" not in object_data(standing(REBALANCE, RebalanceSpec("lab"), Status(1)))["status"]


def test_a_policy_is_listed_with_its_rules() -> None:
    rules = (PlacementRule("db", (Label("app", "db"),)), PlacementRule("web", (), price=0.01))
    spec = PlacementPolicySpec("lab", Strategy.PACK, 4.5, 1, "rack", rules)
    assert cells(standing(POLICY, spec), wide=True) == {
        "NAME": "spread",
        "POOL": "lab",
        "STRATEGY": "Pack",
        "FAILURES": "1",
        "RULES": "2",
        "READY": "True",
        "OVERCOMMIT": "4.5",
        "TOPOLOGY": "rack",
        "NAMES": "db,web",
        "AGE": "-",
    }
    assert cells(standing(POLICY, PlacementPolicySpec("lab")))["RULES"] == "0"


@pytest.mark.parametrize(
    ("spec", "drained", "dead", "state"),
    [
        (HostSpec("lab"), False, False, "answers"),
        (HostSpec("lab", schedulable=False), False, False, "answers,unschedulable"),
        (HostSpec("lab", maintenance=True), False, False, "answers,maintenance"),
        (HostSpec("lab", maintenance=True), True, False, "answers,maintenance"),
        (HostSpec("lab"), True, False, "answers,evacuating"),
        (HostSpec("lab", maintenance=True), False, True, "unreachable,maintenance"),
        (HostSpec("lab", schedulable=False), False, True, "unreachable"),
    ],
)
def test_a_host_says_that_it_is_being_left(spec: HostSpec, state: str, *, drained: bool, dead: bool) -> None:
    builder = WorldBuilder().declare(host_ref("a"), spec)
    if drained:
        builder.records["a"] = HostRecord(1.0, drain=Drain("ops", NOW))
    world = (builder.dead("a") if dead else builder).build()
    (one,) = standings(world, {}, [host_ref("a")])
    assert object_table([one], world).splitlines()[1].split()[2] == state
