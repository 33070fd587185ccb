"""A pool from JSON: what it says, and every error with its place and what was probably meant."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xcp_reconciler.api.diagnostic import Severity
from xcp_reconciler.loader.cluster import Read, read_cluster
from xcp_reconciler.model.cluster import MOST_KIB

NEEDS = frozenset({"minKiB"})


def read(text: str) -> Read:
    return read_cluster(text.encode(), "pool.json", needs=NEEDS)


def said(text: str) -> list[str]:
    """All that is said of a text that is refused."""
    found = read(text)
    assert found.cluster is None
    return [str(one) for one in found.diagnostics]


def host(rest: str) -> str:
    return f'{{"hosts": [{{"name": "h1", "memoryKiB": 100, {rest}}}]}}'


def test_a_pool_is_read_as_it_stands() -> None:
    vms = '{"name": "a", "actualKiB": 5, "minKiB": 3, "maxKiB": 9, "demandKiB": null, "weight": 2, "active": false}'
    found = read(host(f'"reserveKiB": 7, "vms": [{vms}, {{"name": "b", "minKiB": 0}}]'))
    assert found.diagnostics == ()
    assert found.cluster is not None
    (one,) = found.cluster.hosts
    assert (one.name, one.memory, one.reserve) == ("h1", 100, 7)
    a, b = one.vms
    assert (a.name, a.actual, a.minimum, a.maximum, a.demand, a.weight, a.active) == ("a", 5, 3, 9, None, 2.0, False)
    assert (b.name, b.minimum, b.demand, b.weight, b.active) == ("b", 0, None, 1.0, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"hosts": []}', "pool.json:1:11: error: there is no host in this pool (describe at least one)"),
        ('{"hosts": [{"name": "h1"}]}', "1:12: error: `hosts[0].memoryKiB` is missing"),
        (
            host('"reserveKiB": -1'),
            "1:59: error: `hosts[0].reserveKiB` is `-1`: no memory is negative (write 0 or more)",
        ),
        (host(f'"reserveKiB": {MOST_KIB + 1}'), "is `70368744177664`, which is too large"),
        (host(f'"reserveKiB": {"9" * 5000}'), "which is too large"),
        (host('"reserveKiB": 1e3'), "`1000.0`, not a whole number of KiB (write 1000)"),
        (host('"reserveKiB": NaN'), "`nan`, not a whole number of KiB"),
        (host('"reserveKiB": true'), "is true, not a whole number of KiB"),
        (host('"reserveKib": 5'), "unknown key `reserveKib` (did you mean `reserveKiB`?)"),
        (host('"vms": {}'), "`hosts[0].vms` is a mapping, not a list"),
        (host('"vms": [{"name": "a"}]'), "`hosts[0].vms[0].minKiB` is missing"),
        (host('"vms": [3]'), "`hosts[0].vms[0]` is `3`, not a machine"),
        (host('"vms": [{"name": "", "minKiB": 1}]'), "`hosts[0].vms[0].name`"),
        (host('"vms": [{"name": "\\ud800", "minKiB": 1}]'), "not a name"),
        (host('"vms": [{"name": "a", "minKiB": 1, "weight": -1}]'), "not a number of 0 or more"),
        (host('"vms": [{"name": "a", "minKiB": 1, "active": 1}]'), "not true or false"),
        (host('"name": "h2"'), "`hosts[0].name` is there twice (remove one of them)"),
        ("[]", "this file is a list, not a pool"),
        ("{", "pool.json:1:2: error: this is not JSON"),
        ("", "this is not JSON"),
        ('{"hosts": ' + "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text: str, words: str) -> None:
    every = said(text)
    assert any(words in one for one in every), every


def test_two_of_a_name_are_shown_both() -> None:
    text = '{"hosts": [\n {"name": "h", "memoryKiB": 1},\n {"name": "h", "memoryKiB": 1}]}'
    (one,) = read(text).diagnostics
    assert (one.place.line, one.place.column, one.also[0].place.line) == (3, 11, 2)
    machines = '"vms": [{"name": "a", "minKiB": 1}, {"name": "a", "minKiB": 1}]'
    assert any("two machines of the name `a`" in one for one in said(host(machines)))


def test_what_we_do_not_know_is_left_to_others() -> None:
    found = read(host('"rackUnit": 7'))
    assert found.cluster is not None
    (one,) = found.diagnostics
    assert (one.severity, one.message) == (Severity.WARNING, "unknown key `rackUnit`; nothing is made of it")


def test_text_that_is_not_utf_8_is_refused() -> None:
    (one,) = read_cluster(b'{"hosts": "\xff"}', "pool.json", needs=NEEDS).diagnostics
    assert one.message == "byte 12 of this file is not UTF-8 text"


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("hosts", "name", "memoryKiB", "vms", "minKiB", "x")), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(JSONS, st.booleans())
def test_any_json_is_a_pool_or_has_a_reason(data: object, indented: bool) -> None:  # noqa: FBT001 - Hypothesis' way
    found = read(json.dumps({"hosts": data}, indent=1 if indented else None))
    assert (found.cluster is None) == any(one.severity is Severity.ERROR for one in found.diagnostics)
    assert all(one.place.line >= 1 for one in found.diagnostics)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_pool_or_have_a_reason(content: bytes) -> None:
    found = read_cluster(content, "pool.json", needs=NEEDS)
    assert found.cluster is not None or found.diagnostics
