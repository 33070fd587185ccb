"""What the compiled reassignment kernel knows by number is what Python knows by name."""

import re
from enum import IntEnum
from pathlib import Path

import pytest

from xcp_kernels import workload
from xcp_kernels._reference import annealing, books

TEXT = (Path(workload.__file__).parent / "_books.pxd").read_text(encoding="utf-8")
NUMBERS = {name: int(value) for name, value in re.findall(r"^    ([A-Z_]+) = (-?[0-9]+)$", TEXT, re.MULTILINE)}


@pytest.mark.parametrize("words", [workload.Flaw, workload.Status, workload.Figure])
def test_enums_are_the_same(words: type[IntEnum]) -> None:
    assert {word.name: NUMBERS[word.name] for word in words} == {word.name: word.value for word in words}


def test_numbers_are_the_same() -> None:
    for module, names in (
        (workload, "BALANCE_FIELDS FIGURES"),
        (books, "NOBODY"),
        (annealing, "LUCKS SPELL DRAWS ALIKE SWAPS NEAR"),
    ):
        for name in names.split():
            assert NUMBERS[name] == getattr(module, name), name
