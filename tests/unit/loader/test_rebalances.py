"""Rebalances: what one must say, and that a pool has one."""

import pytest

from tests.unit.loader.texts import bare, loaded, one_error


def rebalance(spec: str = "", name: str = "lab", pool: str = "lab") -> str:
    return bare("Rebalance", f"poolRef: {{name: {pool}}}{spec}", name)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("window: 0s", "within no time no moves are counted"),
        ("window: 3600", "window"),
        ("cooldown: soon", "cooldown"),
        ("mode: Automatic", "Automatic"),
        ("threshold: 0", "threshold"),
        ("threshold: 101", "threshold"),
        ("margin: 0", "margin"),
        ("holdRounds: 0", "holdRounds"),
        ("maxMovesPerWindow: 0", "maxMovesPerWindow"),
        ("maxConcurrent: 0", "maxConcurrent"),
        ("constraintsOnly: 1", "constraintsOnly"),
        ("rules: []", "unknown field `rules`"),
    ],
)
def test_what_it_cannot_say(spec: str, message: str) -> None:
    diagnostic = one_error(rebalance(f", {spec}"))
    assert message in diagnostic.message
    assert (diagnostic.place.file, diagnostic.place.line) == ("0.yaml", 5)


def test_a_window_of_no_time_is_told_what_to_write() -> None:
    assert one_error(rebalance(", window: 0s")).hint == "write how far back moves count, such as 1h"


def test_no_rest_is_a_choice() -> None:
    assert loaded(rebalance(", cooldown: 0s")).ok


def test_a_pool_has_one() -> None:
    diagnostic = one_error(rebalance(name="a"), rebalance(name="b"))
    assert "Rebalance/a and Rebalance/b are both for pool lab" in diagnostic.message
    assert diagnostic.hint == "keep one of them"
    assert (diagnostic.place.file, diagnostic.place.line) == ("1.yaml", 5)
    assert diagnostic.also[0].place.file == "0.yaml"
    assert loaded(rebalance(name="a"), rebalance(name="b", pool="far")).ok


def test_a_policy_and_a_rebalance_are_no_two_of_one_kind() -> None:
    assert loaded(rebalance(), bare("PlacementPolicy", "poolRef: {name: lab}", "lab")).ok
