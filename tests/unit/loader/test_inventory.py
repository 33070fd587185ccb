"""What a revision changes in what is stored: put, remove, hold back, or refuse."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from xcp_reconciler.loader.inventory import (
    Budget,
    Inventory,
    Pruning,
    Revision,
    Stored,
    origins_elsewhere,
    take_inventory,
)
from xcp_reconciler.model.desired import Desired, NetworkSpec, Origin, Policies, Removal
from xcp_reconciler.model.records import HeldPrune
from xcp_reconciler.refs import Kind, ref_of

NOW = 1_000.0


def network(number: int, path: str = "web.yaml", *, owner: str = "us", protected: bool = False) -> Desired:
    return Desired(
        ref_of(Kind.NETWORK, f"net-{number:03}"),
        NetworkSpec("lab", f"10.0.{number}.0/24"),
        Policies(protected=protected),
        owner,
        origin=Origin(path, 1),
    )


def taken(
    declared: list[Desired],
    stored: list[Desired],
    *,
    paths: tuple[str, ...] = (".",),
    pruning: Pruning = Pruning.PRUNE,
    held: list[HeldPrune] | None = None,
    existing: frozenset[str] = frozenset(),
    budget: Budget | None = None,
) -> Inventory:
    revision = Revision(paths, "rev-2", "us", declared)
    known = Stored({one.ref: one for one in stored}, {one.revision: one for one in held or []}, existing)
    return take_inventory(revision, known, pruning, NOW, budget or Budget())


def test_new_and_changed_objects_are_put_and_equal_ones_are_not() -> None:
    same, before = network(1), network(2)
    after = replace(before, spec=NetworkSpec("lab", "10.9.0.0/24"))

    found = taken([same, after, network(3)], [same, before])

    assert [one.ref.name for one in found.put] == ["net-002", "net-003"]
    assert found.remove == ()


def test_an_object_whose_line_moved_is_put_so_that_errors_name_the_right_line() -> None:
    before = network(1)
    moved = replace(before, origin=Origin("web.yaml", 9))

    assert taken([moved], [before]).put == (moved,)


def test_an_object_that_was_to_be_removed_comes_back() -> None:
    going = replace(network(1), removal=Removal.DELETE)

    assert taken([network(1)], [going]).put == (network(1),)


def test_within_the_budget_what_is_not_declared_is_removed() -> None:
    found = taken([network(1)], [network(1), network(2)])

    assert [(one.ref.name, one.removal) for one in found.remove] == [("net-002", Removal.DELETE)]
    assert found.held is None


def test_the_budget_is_the_larger_of_one_and_a_tenth() -> None:
    stored = [network(number) for number in range(40)]

    assert len(taken(stored[:36], stored).remove) == 4
    above = taken(stored[:35], stored)
    assert above.remove == ()
    assert above.held == HeldPrune("rev-2", ".", tuple(one.ref for one in stored[35:]), NOW)
    assert above.budget == 4


def test_a_held_prune_is_told_once_and_replaced_by_the_next_revision() -> None:
    stored = [network(number) for number in range(3)]
    refs = tuple(one.ref for one in stored[1:])
    same = HeldPrune("rev-2", ".", refs, 5.0)
    older = HeldPrune("rev-1", ".", refs, 4.0)
    elsewhere = HeldPrune("rev-1b", "other", refs, 4.0)

    found = taken(stored[:1], stored, held=[same, older, elsewhere])
    assert found.held == same
    assert found.obsolete == ("rev-1",)

    # The very revision is within its budget by now.
    assert set(taken(stored[:2], stored, held=[same, older]).obsolete) == {"rev-1", "rev-2"}


def test_keep_removes_nothing_and_says_what_stays() -> None:
    found = taken([network(1)], [network(1), network(2)], pruning=Pruning.KEEP)

    assert (found.remove, found.held) == ((), None)
    assert [one.ref.name for one in found.left] == ["net-002"]


def test_a_source_that_declares_nothing_removes_nothing() -> None:
    assert taken([], [network(1)], budget=Budget(100)) == Inventory()


def test_only_what_the_same_source_wrote_is_removed() -> None:
    stored = [
        network(1, "one/a.yaml"),
        network(2, "one/b.yaml"),
        network(3, "onerous/c.yaml"),
        network(4, "/elsewhere/d.yaml"),
        replace(network(5), origin=None),
    ]
    declared = [network(1, "one/a.yaml")]

    found = taken(declared, stored, paths=("one",), budget=Budget(100))
    assert [one.ref.name for one in found.remove] == ["net-002"]
    whole = taken(declared, stored, budget=Budget(100))
    assert [one.ref.name for one in whole.remove] == ["net-002", "net-003"]


def test_what_is_protected_stays_and_counts_against_no_budget() -> None:
    stored = [network(1), network(2), network(3, protected=True)]

    found = taken([network(1)], stored)

    assert [one.ref.name for one in found.remove] == ["net-002"]
    assert [one.ref.name for one in found.left] == ["net-003"]


def test_an_object_that_another_file_still_declares_is_a_conflict_with_both_places() -> None:
    mine = replace(network(1, "two/web.yaml"), origin=Origin("two/web.yaml", 7))
    stored = [replace(network(1), origin=Origin("one/web.yaml", 3))]
    revision = Revision(("two",), "rev", "us", [mine])

    assert origins_elsewhere(revision, {stored[0].ref: stored[0]}) == {"one/web.yaml"}
    conflict = taken([mine], stored, paths=("two",), existing=frozenset({"one/web.yaml"})).conflicts
    assert str(conflict[0].place) == "two/web.yaml:7:1"
    assert "one/web.yaml:3" in conflict[0].message
    # The file is gone: the object has moved.
    assert taken([mine], stored, paths=("two",)).put == (mine,)


def test_an_object_of_another_owner_is_refused() -> None:
    found = taken([network(1)], [network(1, owner="them")])

    assert found.put == ()
    assert "belongs to owner `them`" in found.conflicts[0].message


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60), min_size=1), st.sampled_from(Pruning))
def test_nothing_is_lost_between_put_removed_and_left(stored: set[int], declared: set[int], pruning: Pruning) -> None:
    found = taken([network(one) for one in sorted(declared)], [network(one) for one in sorted(stored)], pruning=pruning)

    assert {one.ref for one in found.put} == {network(one).ref for one in declared - stored}
    gone = {network(one).ref for one in stored - declared}
    assert {one.ref for one in (*found.remove, *found.left)} == gone
    assert len(found.remove) <= max(1, len(stored) // 10)
    assert not found.remove or found.held is None
