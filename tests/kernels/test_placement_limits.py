"""What the compiled placement kernel knows by number is what Python knows by name."""

import re
from enum import IntEnum
from pathlib import Path

import pytest

from xcp_kernels import pool
from xcp_kernels._reference import errand, exchange, fragments, placement, sequence, slack, standing, steepest

TEXT = (Path(pool.__file__).parent / "_world.pxd").read_text(encoding="utf-8")
NUMBERS = {name: int(value) for name, value in re.findall(r"^    ([A-Z_]+) = (-?[0-9]+)$", TEXT, re.MULTILINE)}
MACROS = dict(re.findall(r"#define XCP_([A-Z_]+) (.+)$", TEXT, re.MULTILINE))


@pytest.mark.parametrize("words", [pool.Mode, pool.Scope, pool.Flaw, pool.Status, pool.Refusal, pool.Order])
def test_enums_are_the_same(words: type[IntEnum]) -> None:
    assert {word.name: NUMBERS[word.name] for word in words} == {word.name: word.value for word in words}


def test_numbers_are_the_same() -> None:
    for module, names in (
        (pool, "NOWHERE MOST_ROWS MOST_ITEMS REFUSALS MOST_PARTS MOST_DEMANDS MOST_FAILURES MOST_STEPS"),
        (fragments, "FINE"),
        (standing, "NOBODY FREE REFRESH"),
        (errand, "MOST_ASIDE"),
        (sequence, "WINDOW MOST_ASIDE"),
        (placement, "ROUNDS"),
        (exchange, "TRIES_FOR_ITEM LEAST_TRIES MOST_TRIES DRAWS REPLACE ROTATE SWAP"),
    ):
        for name in names.split():
            assert NUMBERS[name] == getattr(module, name), name


def test_large_and_broken_numbers_are_the_same() -> None:
    for name, value in (
        ("UNLIMITED", errand.UNLIMITED),
        ("MOST_FREE", fragments.MOST_FREE),
        ("MOST_SLOTS", slack.MOST_SLOTS),
        ("MOST_AMOUNT", pool.MOST_AMOUNT),
        ("MOST_ON_HOST", pool.MOST_ON_HOST),
    ):
        assert MACROS[name] == f"(((int64_t)1) << {value.bit_length() - 1})"
        assert value == 1 << value.bit_length() - 1
    for name, broken in (
        ("MOST_PRICE", pool.MOST_PRICE),
        ("BOLDNESS", exchange.BOLDNESS),
        ("TINY_STEP", exchange.TINY),
        ("TINY", placement.TINY),
        ("ROUNDING", steepest.ROUNDING),
    ):
        assert float(MACROS[name]) == broken
