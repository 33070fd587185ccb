"""Placement policies: what no single field can say, and that a pool has one."""

import pytest

from tests.unit.loader.texts import bare, loaded, one_error

DB = "name: db, matchLabels: {app: db}"


def policy(spec: str = "", name: str = "lab", pool: str = "lab") -> str:
    return bare("PlacementPolicy", f"poolRef: {{name: {pool}}}{spec}", name)


def ruled(*rules: str, more: str = "") -> str:
    """A policy of these rules, the first of them on line 8."""
    lines = "".join(f"  - {{{rule}}}\n" for rule in rules)
    return (
        "---\napiVersion: xcp.dev/v1alpha1\nkind: PlacementPolicy\nmetadata: {name: lab}\nspec:\n"
        f"  poolRef: {{name: lab}}{more}\n  rules:\n{lines}"
    )


@pytest.mark.parametrize(
    ("rule", "blamed", "message", "hint"),
    [
        (f"{DB}, keep: Apart, scope: Domain", "Domain", "the policy names no `topologyKey`", "add `topologyKey: rack`"),
        (f"{DB}, keep: Together, scope: Host", "scope", "`scope` is for machines that are kept apart", "remove it"),
        (f"{DB}, keep: Together, limit: 1", "limit", "`limit` is for machines that are kept apart", "`keep: Apart`"),
        (f"{DB}, keep: Apart, weight: 1", "weight", "a required rule has no weight", "`required: false`"),
        (f"{DB}, keep: Apart, required: true, weight: 2", "weight", "a required rule has no weight", "remove it"),
    ],
)
def test_what_a_rule_cannot_say(rule: str, blamed: str, message: str, hint: str) -> None:
    diagnostic = one_error(ruled(rule))
    assert message in diagnostic.message
    assert hint in diagnostic.hint
    place = diagnostic.place
    assert (place.file, place.line, place.text[place.column - 1 :][: place.width]) == ("0.yaml", 8, blamed)


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        (f"{DB}, keep: Apart, scope: Domain, limit: 3", "\n  topologyKey: rack"),
        (f"{DB}, keep: Apart, scope: Host, limit: 1, required: true", ""),
        (f"{DB}, keep: Together, required: false, weight: 100", ""),
        ("name: all, matchLabels: {}, keep: Apart, limit: 40", ""),
    ],
)
def test_what_a_rule_can_say(rule: str, more: str) -> None:
    found = loaded(ruled(rule, more=more))
    assert not found.diagnostics


def test_a_rule_that_says_two_things_wrong_is_told_both() -> None:
    found = loaded(ruled(f"{DB}, keep: Together, scope: Domain, limit: 2, weight: 3")).diagnostics
    assert [word for word in ("`scope`", "`limit`", "weight") if not any(word in one.message for one in found)] == []
    # Together they have no scope: that there is no topologyKey for it is no second complaint.
    assert len(found) == 3


def test_two_rules_of_one_name_blame_the_second() -> None:
    diagnostic = one_error(ruled(f"{DB}, keep: Apart", "name: db, matchLabels: {app: x}, keep: Together"))
    assert "two rules are called `db`" in diagnostic.message
    assert (diagnostic.place.line, diagnostic.place.column) == (9, 12)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("strategy: Binpack", "Binpack"),
        ("overcommit: {cpu: 0.5}", "overcommit.cpu"),
        ("overcommit: {cpu: 65}", "overcommit.cpu"),
        ("overcommit: {memory: 2}", "unknown field `memory`"),
        ("reserveFailures: 9", "reserveFailures"),
        ("reserveFailures: -1", "reserveFailures"),
        ("reserveFailures: yes", "reserveFailures"),
        ("topologyKey: 'a b'", "topologyKey"),
        (f"rules: [{{{DB}}}]", "`spec.rules[0].keep` is missing"),
        ("rules: [{name: db, keep: Apart}]", "`spec.rules[0].matchLabels` is missing"),
        (f"rules: [{{{DB}, keep: Apart, limit: 0}}]", "limit"),
        (f"rules: [{{{DB}, keep: Apart, required: false, weight: 101}}]", "weight"),
        (f"rules: [{{{DB}, keep: Away}}]", "Away"),
        (f"rules: [{{{DB}, keep: Apart, scope: Rack}}]", "Rack"),
        ("rules: [{name: Db, matchLabels: {}, keep: Apart}]", "name"),
    ],
)
def test_what_a_field_cannot_hold(spec: str, message: str) -> None:
    diagnostic = one_error(policy(f", {spec}"))
    assert message in diagnostic.message
    assert diagnostic.place.line == 5


def test_a_pool_has_one_policy() -> None:
    diagnostic = one_error(policy(name="a"), policy(name="b"))
    assert "PlacementPolicy/a and PlacementPolicy/b are both for pool lab" in diagnostic.message
    assert diagnostic.hint == "put the rules of both into one"
    assert (diagnostic.place.file, diagnostic.place.line) == ("1.yaml", 5)
    assert [(also.place.file, also.place.line) for also in diagnostic.also] == [("0.yaml", 5)]
    assert loaded(policy(name="a"), policy(name="b", pool="far")).ok


def test_each_further_policy_of_a_pool_is_told() -> None:
    found = loaded(policy(name="a"), policy(name="b"), policy(name="c")).diagnostics
    assert [one.place.file for one in found] == ["1.yaml", "2.yaml"]
    assert all(one.also[0].place.file == "0.yaml" for one in found)
